"""A bare Socket Mode server: it sends what a test tells it to, and notes what comes back. No rules of Slack's.

For what the local Slack does not do: envelopes twice, a socket that dies or falls silent at a chosen moment, a payload
of every kind. What is said through it are Slack's own payloads.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMsgType, web

TEAM, BOT = "T1", "UBOT"
CEO, OPERATOR, VIEWER = "U1", "U2", "U3"


class Envelopes:
    """One server on loopback."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []  #: method and arguments, or 'response_url'
        self.history: dict[str, list[dict[str, Any]]] = {}  #: channel -> messages
        self.replies: dict[str, list[dict[str, Any]]] = {}  #: thread -> messages
        self.acknowledged: dict[str, Any] = {}  #: envelope -> payload of its acknowledgement
        self.acknowledged_at: dict[str, float] = {}  #: envelope -> time.perf_counter()
        self.facts: dict[str, dict[str, Any]] = {}  #: method -> what it answers beside ok
        self.is_silent = False  #: answers nothing more, not even pings
        self._sockets: list[web.WebSocketResponse] = []
        self._transports: list[asyncio.Transport] = []
        self._ts = int(time.time())
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._answer)
        app.router.add_get("/link", self._link)
        app.router.add_post("/response", self._response)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/"

    async def stop(self) -> None:
        for transport in self._transports:
            transport.abort()
        await self._runner.cleanup()

    @property
    def is_connected(self) -> bool:
        return bool(self._sockets) and not self._sockets[-1].closed

    @property
    def connections(self) -> int:
        return len(self._sockets)

    # ── what Slack does ──

    async def send(self, kind: str, payload: Mapping[str, Any], *, envelope_id: str | None = None) -> str:
        """Send an envelope through the newest socket; return its id."""
        known = envelope_id or str(uuid.uuid4())
        await self._sockets[-1].send_json({"envelope_id": known, "type": kind, "payload": payload})
        return known

    async def acknowledgement(self, envelope_id: str, within_s: float = 10.0) -> Any:
        """Return the payload of the acknowledgement, once it has come."""
        deadline = time.monotonic() + within_s
        while envelope_id not in self.acknowledged:
            assert time.monotonic() < deadline, "not acknowledged"
            await asyncio.sleep(0.005)
        return self.acknowledged[envelope_id]

    async def deliver(self, kind: str, payload: Mapping[str, Any]) -> Any:
        """Send an envelope and wait for its acknowledgement."""
        return await self.acknowledgement(await self.send(kind, payload))

    async def refresh(self) -> None:
        """Tell the client to connect anew, and leave the old socket open, as Slack does."""
        await self._sockets[-1].send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def drop(self) -> None:
        """Break the newest socket without a word."""
        self._transports[-1].abort()

    # ── what people do ──

    def slash(self, name: str, text: str, user: str = CEO, *, trigger: str | None = None) -> dict[str, Any]:
        return {
            "command": name, "text": text, "user_id": user, "team_id": TEAM, "channel_id": "C1",
            "trigger_id": trigger or str(uuid.uuid4()), "response_url": f"{self.url}response",
        }  # fmt: skip

    def message(self, text: str, user: str = CEO, channel: str = "C1", **more: Any) -> dict[str, Any]:
        ts = more.pop("ts", None) or self.next_ts()
        kind = "im" if channel.startswith("D") else "channel"
        event = {
            "type": "message", "channel": channel, "channel_type": kind, "user": user, "text": text, "ts": ts, **more,
        }  # fmt: skip
        return self.event(event)

    def event(self, event: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "event_callback", "team_id": TEAM, "event_id": str(uuid.uuid4()), "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        }  # fmt: skip

    def press(self, action_id: str, value: str, user: str = CEO, **more: Any) -> dict[str, Any]:
        return {
            "type": "block_actions", "user": {"id": user, "team_id": TEAM}, "team": {"id": TEAM},
            "channel": {"id": "C1"}, "message": {"ts": "9.9"}, "trigger_id": str(uuid.uuid4()),
            "response_url": f"{self.url}response",
            "actions": [{"type": "button", "action_id": action_id, "value": value}],
            **more,
        }  # fmt: skip

    def next_ts(self) -> str:
        self._ts += 1
        return f"{self._ts}.000100"

    def said(self, method: str) -> list[dict[str, Any]]:
        """Return what was sent by a method, or 'response_url'."""
        return [arguments for name, arguments in self.calls if name == method]

    # ── the server ──

    async def _answer(self, request: web.Request) -> web.Response:
        method, arguments = request.match_info["method"], dict(request.query)
        if request.can_read_body:
            if request.content_type == "application/json":
                arguments |= await request.json()
            else:
                arguments |= dict(await request.post())  # type: ignore[arg-type] # no files are sent here
        self.calls.append((method, arguments))
        return web.json_response({"ok": True, **self._facts(method, arguments)})

    def _facts(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        newer = [
            one
            for one in self.history.get(arguments.get("channel", ""), [])
            if one["ts"] > arguments.get("oldest", "")
        ]
        known: dict[str, dict[str, Any]] = {
            "auth.test": {"team_id": TEAM, "user_id": BOT, "bot_id": "B1", "team": "Acme", "user": "agents"},
            "apps.connections.open": {"url": f"{self.url.replace('http', 'ws')}link"},
            "users.list": {"members": [{"id": one} for one in (CEO, OPERATOR, VIEWER)]},
            "users.conversations": {"channels": [{"id": one, "is_im": one[0] == "D"} for one in self.history]},
            "conversations.history": {"messages": newer[::-1]},
            "conversations.replies": {"messages": self.replies.get(arguments.get("ts", ""), [])},
            "conversations.open": {"channel": {"id": f"D{arguments.get('users')}"}},
            "chat.postMessage": {"channel": arguments.get("channel"), "ts": self.next_ts()},
        }  # fmt: skip
        return self.facts.get(method) or known.get(method, {})

    async def _response(self, request: web.Request) -> web.Response:
        self.calls.append(("response_url", await request.json()))
        return web.Response(text="ok")

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        assert request.transport is not None
        self._transports.append(request.transport)
        self._sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        async for message in socket:
            if self.is_silent:
                continue
            if message.type == WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                answer = json.loads(message.data)
                self.acknowledged[answer["envelope_id"]] = answer.get("payload")
                self.acknowledged_at[answer["envelope_id"]] = time.perf_counter()
        return socket
