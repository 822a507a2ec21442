"""Socket Mode: the websockets that the app holds, and envelopes with their acknowledgements.

A payload goes to one of them. A socket that was told to disconnect gets no more, but its answers still count. By
switch a socket is told to refresh, is closed, breaks, or falls silent (open, and answering nothing, not even pings).
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from aiohttp import WSCloseCode, WSMsgType, web

from . import ids

Json = dict[str, Any]
MOST_SOCKETS: Final = 10
#: how long a socket that was told to disconnect stays open; Slack's own time is not documented
GRACE_S: Final = 10.0


@dataclass(eq=False)
class Socket:
    """One connection of the app."""

    ws: web.WebSocketResponse
    request: web.Request
    leaving: bool = False
    silent: bool = False
    name: str = field(default_factory=lambda: uuid4().hex[:8])


class Sockets:
    """All connections."""

    def __init__(self) -> None:
        self._tickets: set[str] = set()
        self._open: list[Socket] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        #: how many there ever were, so that tests can wait for a reconnect
        self.opened = 0
        #: called when the first came or the last went
        self.on_change: Callable[[], None] = lambda: None

    def ticket(self) -> str:
        """Give the ticket for one connection."""
        ticket = secrets.token_urlsafe(18)
        self._tickets.add(ticket)
        return ticket

    @property
    def live(self) -> list[Socket]:
        """Give those that take payloads."""
        return [socket for socket in self._open if not socket.leaving]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(autoping=False, max_msg_size=4 * 1024 * 1024)
        await ws.prepare(request)
        if len(self.live) >= MOST_SOCKETS:
            await ws.send_json(_disconnect("too_many_websockets"))
            await ws.close()
            return ws
        socket = Socket(ws, request)
        self._open.append(socket)
        self.opened += 1
        self.on_change()
        try:
            await ws.send_json(self._hello(socket))
            await self._listen(socket)
        except ConnectionError:
            pass  # the app went away; what it has not acknowledged is redelivered or shown as an error
        finally:
            self._open.remove(socket)
            self.on_change()
        return ws

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.ws:
            if socket.silent:
                continue
            if message.type is WSMsgType.PING:
                await socket.ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledge(message.data)

    def _acknowledge(self, text: str) -> None:
        try:
            said = json.loads(text)
            waiting = self._waiting.get(said["envelope_id"])
        except (ValueError, KeyError, TypeError):
            return  # Slack ignores what is no acknowledgement
        if waiting is not None and not waiting.done():
            waiting.set_result(said)

    def _hello(self, socket: Socket) -> Json:
        debug = {"host": "local-slack", "build_number": 1, "approximate_connection_time": 18060}
        info = {"app_id": ids.APP}
        count = len(self.live)
        return {
            "type": "hello",
            "num_connections": count,
            "debug_info": debug | {"name": socket.name},
            "connection_info": info,
        }

    async def deliver(self, envelope: Json, within_s: float) -> Json | None:
        """Send to one connection; its acknowledgement, or None when none came in time (or there is none to send to)."""
        live = self.live
        if not live:
            return None
        socket = secrets.choice(live)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = answer
        try:
            await socket.ws.send_json(envelope)
            return await asyncio.wait_for(answer, within_s)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def disconnect(self, how: str) -> int:
        """Do to all connections what the switch says; how many there were.

        ``warning``, ``refresh_requested``, ``link_disabled`` and ``too_many_websockets`` are sent as messages and the
        socket is left open a while, ``close`` ends it in order, ``abort`` breaks it, ``silence`` mutes it.
        """
        sockets = self.live
        for socket in sockets:
            if how == "silence":
                socket.silent = True
            elif how == "abort":
                self._abort(socket)
            elif how == "close":
                socket.leaving = True
                await socket.ws.close(code=WSCloseCode.GOING_AWAY)
            else:
                await socket.ws.send_json(_disconnect(how))
                if how != "warning":
                    socket.leaving = True
                    self._later(socket)
        return len(sockets)

    def speak(self) -> None:
        """End the silence."""
        for socket in self._open:
            socket.silent = False

    def _abort(self, socket: Socket) -> None:
        socket.leaving = True
        if socket.request.transport is not None:
            socket.request.transport.abort()

    def _later(self, socket: Socket) -> None:
        async def close() -> None:
            await asyncio.sleep(GRACE_S)
            await socket.ws.close()

        task = asyncio.create_task(close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all."""
        for task in list(self._tasks):
            task.cancel()
        for socket in list(self._open):
            await socket.ws.close(code=WSCloseCode.GOING_AWAY)


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "local-slack"}}
