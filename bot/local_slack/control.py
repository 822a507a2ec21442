"""``/_control/``: what people do, and switches; for tests and the page. JSON in, JSON out; needs the page's key."""

import base64
import inspect
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from .acting import Acting
from .faults import Fault
from .load import load
from .refused import Refused
from .signed import NotLoopback
from .slack import Slack
from .workspace import Json, shown

#: what may be asked of ``Acting`` by name
ACTS: Final = (
    "say", "edit", "delete", "upload", "react", "unreact", "command", "shortcut", "press", "suggest", "submit",
    "close", "open_home", "create_channel", "invite", "leave",
)  # fmt: skip
DISCONNECTS: Final = (
    "warning", "refresh_requested", "link_disabled", "too_many_websockets", "close", "abort", "silence",
)  # fmt: skip


class Control:
    """Answers the control paths."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._acting = Acting(slack)

    def routes(self) -> list[web.RouteDef]:
        """Give the paths."""
        return [
            web.post("/_control/act/{act}", self.act),
            web.post("/_control/load", self.load),
            web.post("/_control/switch", self.switch),
            web.get("/_control/state", self.state),
            web.get("/_control/message", self.message),
        ]

    async def act(self, request: web.Request) -> web.Response:
        """Let a person do something; refusals are answered as the Web API answers them."""
        name = request.match_info["act"]
        if name not in ACTS:
            return web.json_response({"ok": False, "error": "unknown_act"}, status=404)
        try:
            said: Json = await request.json()
            if name == "upload":
                said["content"] = base64.b64decode(said["content"])
            done: Any = getattr(self._acting, name)(**said)
            answer = await done if inspect.isawaitable(done) else done
        except Refused as refused:
            return web.json_response(refused.answer())
        except (TypeError, ValueError, KeyError) as wrong:
            return web.json_response(
                {"ok": False, "error": "invalid_arguments", "detail": str(wrong)}, status=400
            )
        return web.json_response({"ok": True, **answer})

    async def load(self, request: web.Request) -> web.Response:
        """Type commands at a steady rate; see ``load.load``."""
        return web.json_response({"ok": True, **await load(self._acting, await request.json())})

    async def switch(self, request: web.Request) -> web.Response:
        """Turn switches: any of those of ``_SWITCHES``, together."""
        answer: Json = {"ok": True}
        try:
            said: Json = await request.json()
            for name, value in said.items():
                result: Any = _SWITCHES[name](self._slack, value)
                result = await result if inspect.isawaitable(result) else result
                answer |= {name: result}
        except (KeyError, TypeError, ValueError, NotLoopback) as wrong:
            return web.json_response(
                {"ok": False, "error": "invalid_switch", "detail": str(wrong)}, status=400
            )
        return web.json_response(answer)

    async def state(self, _request: web.Request) -> web.Response:
        """Give what a test asks about: messages, ephemerals, open views, connections, counts of calls."""
        slack, workspace = self._slack, self._slack.workspace
        messages = [
            message
            for kept in workspace.messages.values()
            for message in sorted(kept.values(), key=lambda m: m["ts"])
        ]
        return web.json_response({
            "ok": True, "messages": [shown(m) | {"channel": m["channel_id"]} for m in messages],
            "ephemerals": [shown(m) | {"channel": m["channel_id"], "for_user": m["for_user"]}
                           for m in workspace.ephemerals.values()],
            "views": {user: [shown(workspace.views[view_id]) for view_id in stack]
                      for user, stack in slack.stacks.items()},
            "homes": {user: shown(view) for user, view in workspace.homes.items()},
            "sockets": len(slack.sockets.live), "sockets_opened": slack.sockets.opened,
            "events_pending": slack.delivery.pending, "calls": slack.calls, "now": slack.clock.now(),
        })  # fmt: skip

    async def message(self, request: web.Request) -> web.Response:
        """Give one message, ephemerals of the person too."""
        query = request.query
        try:
            found = self._slack.workspace.any_message(query["channel"], query["ts"], query.get("user", ""))
        except Refused as refused:
            return web.json_response(refused.answer())
        return web.json_response({"ok": True, "message": shown(found)})


def _fault(slack: Slack, value: Json) -> None:
    slack.faults.add(Fault(**value))


async def _request_url(slack: Slack, url: str | None) -> bool:
    slack.signed.set(url)
    return url is None or await slack.signed.verify()


async def _disconnect(slack: Slack, how: str) -> int:
    if how not in DISCONNECTS:
        raise ValueError(f"{how!r}: one of {', '.join(DISCONNECTS)}")
    return await slack.sockets.disconnect(how)


def _set(part: str, name: str) -> Callable[[Slack, Any], None]:
    def turn(slack: Slack, value: Any) -> None:
        setattr(getattr(slack, part), name, value)

    return turn


_SWITCHES: Final[dict[str, Callable[[Slack, Any], Any]]] = {
    "fault": _fault,
    "clear_faults": lambda slack, _value: slack.faults.clear(),
    "rate_limits": _set("pace", "on"),
    "disconnect": _disconnect,
    "speak": lambda slack, _value: slack.sockets.speak(),
    "retry_scale": _set("delivery", "retry_scale"),
    "ack_s": _set("delivery", "ack_s"),
    "advance_s": lambda slack, value: slack.clock.advance(float(value)),
    "request_url": _request_url,
}
