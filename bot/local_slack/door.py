"""Who may come in: this machine's own programs with a token, and the page of whoever holds the key.

The server binds loopback only. ``Host`` must name it (so that no rebound name of a web site reaches it), ``Origin``
must be its own page's where there is one, and everything that acts as a person needs the page's key.
"""

import contextlib
import hmac
from ipaddress import ip_address
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .slack import Slack

COOKIE: Final = "local_slack_key"
HEADER: Final = "X-Local-Slack-Key"
_KEYED: Final = ("/_control/", "/_page/")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_SAFETY: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class NotLoopback(Exception):
    """The address to listen on can be reached from other machines."""


def loopback(host: str) -> str:
    """Give the address to bind.

    Raises:
        NotLoopback: it is not ``127.x.x.x``, ``::1`` or ``localhost``.
    """
    if host == "localhost":
        return "127.0.0.1"
    try:
        if ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise NotLoopback(f"{host} is not a loopback address: the local Slack is for this machine alone")


def keyed(slack: Slack, request: web.Request) -> bool:
    """Tell whether a request carries the page's key: as cookie or as header."""
    given = request.headers.get(HEADER) or request.cookies.get(_cookie_name(request), "")
    return hmac.compare_digest(given.encode(), slack.credentials.page_key.encode())


def guard(slack: Slack) -> Middleware:
    """Make the middleware that every request passes."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _own(request, f"http://{request.host}"):
            return web.json_response({"ok": False, "error": "foreign_origin"}, status=403)
        if request.path.startswith(_KEYED) and not keyed(slack, request):
            return web.json_response({"ok": False, "error": "page_key_missing"}, status=403)
        answer = await handler(request)
        if not answer.prepared:
            answer.headers.update(_SAFETY)
        return answer

    return guarded


def admit(slack: Slack, request: web.Request) -> web.Response | None:
    """Exchange the key in the page's address for a cookie, so that it stands in no history."""
    if not hmac.compare_digest(request.query.get("key", "").encode(), slack.credentials.page_key.encode()):
        return None
    answer = web.Response(status=303, headers={"Location": "/"})
    # Lax, so that the address works from a terminal in a browser too; what acts is never a navigation.
    answer.set_cookie(
        _cookie_name(request), slack.credentials.page_key, httponly=True, samesite="Lax", max_age=10**8
    )
    return answer


def _cookie_name(request: web.Request) -> str:
    # Cookies know no ports: two local Slacks on one machine must not take each other's.
    return f"{COOKIE}_{request.url.port}"


def _own(request: web.Request, own_origin: str) -> bool:
    name = request.url.host or ""
    local = name == "localhost"
    with contextlib.suppress(ValueError):
        local = local or ip_address(name).is_loopback
    origin = request.headers.get("Origin")
    fetched_from = request.headers.get("Sec-Fetch-Site", "none")
    opened = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    opened = opened and (request.path == "/" or request.path.startswith("/archives/"))
    return local and origin in (None, own_origin) and (opened or fetched_from in ("none", "same-origin"))
