"""The door of the Web API: token, method, scopes, rate, faults by switch; then the method itself."""

import asyncio
import logging
from typing import Any, Final

from aiohttp import web

from .arguments import arguments_of
from .faults import Fault
from .methods import METHODS, Method
from .methods.registry import need_scope
from .refused import Refused
from .responses import respond
from .slack import Slack

Json = dict[str, Any]
log = logging.getLogger(__name__)
_BEFORE: Final = ("ratelimited", "http_500", "reset_before", "error")


class WebApi:
    """Answers ``/api/<method>`` and ``/response/<key>``."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call of a method."""
        name = request.match_info["method"]
        fault = self._slack.faults.take(name)
        if fault is not None and fault.kind in _BEFORE:
            return _broken(fault, request)
        try:
            answer = await self._done(name, request)
        except Refused as refused:
            log.info("%s refused: %s", name, refused.error)
            answer = web.json_response(refused.answer(), status=refused.status)
        except _TooMany as many:
            return _limited(many.retry_after_s)
        if fault is not None:
            await asyncio.sleep(fault.seconds if fault.kind == "slow" else 0)
            return answer if fault.kind == "slow" else _broken(fault, request)
        return answer

    async def _done(self, name: str, request: web.Request) -> web.Response:
        said = await arguments_of(request)
        method = METHODS.get(name)
        self._authorise(said, request, method)
        if method is None:
            raise Refused("unknown_method", req_method=name)
        need_scope(self._slack, *method.scopes)
        self._slack.calls[name] = self._slack.calls.get(name, 0) + 1
        place = str(said.get("channel") or "") if method.tier == "post" else ""
        wait_s = self._slack.pace.retry_after_s(method.tier, name, place, self._slack.clock.now())
        if wait_s:
            raise _TooMany(wait_s)
        answer = {"ok": True, **await method.run(self._slack, said)}
        scopes = {"X-OAuth-Scopes": ",".join(sorted(self._slack.manifest.scopes)),
                  "X-Accepted-OAuth-Scopes": ",".join(method.scopes)}  # fmt: skip
        return web.json_response(answer, headers=scopes)

    def _authorise(self, said: Json, request: web.Request, method: Method | None) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token if scheme.lower() == "bearer" and token else str(said.get("token") or "")
        said["token"] = token
        if not token:
            raise Refused("not_authed")
        known = (self._slack.credentials.bot_token, self._slack.credentials.app_token)
        if token not in known:
            raise Refused("invalid_auth")
        if method is None or method.name == "auth.test":
            return
        if method.app_token != (token == self._slack.credentials.app_token):
            raise Refused("not_allowed_token_type")

    async def response(self, request: web.Request) -> web.StreamResponse:
        """Take what the app says through a response URL."""
        fault = self._slack.faults.take("response_url")
        if fault is not None and fault.kind in _BEFORE:
            return _broken(fault, request)
        try:
            lease = self._slack.leases.spend(request.match_info["key"])
            respond(self._slack, lease, await arguments_of(request))
        except Refused as refused:
            return web.json_response(
                refused.answer(), status=refused.status if refused.status != 200 else 400
            )
        if fault is not None and fault.kind != "slow":
            return _broken(fault, request)
        await asyncio.sleep(fault.seconds if fault is not None else 0)
        return web.Response(text="ok")


class _TooMany(Exception):
    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


def _limited(retry_after_s: int) -> web.Response:
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(retry_after_s)}
    )


def _broken(fault: Fault, request: web.Request) -> web.Response:
    if fault.kind == "ratelimited":
        return _limited(max(1, int(fault.seconds)))
    if fault.kind == "error":
        return web.json_response({"ok": False, "error": fault.error})
    if fault.kind in ("reset_before", "reset_after") and request.transport is not None:
        request.transport.abort()
    return web.Response(status=500, text="")
