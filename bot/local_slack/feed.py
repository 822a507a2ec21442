"""What the page is given: everything once, then each change as a server-sent event, filtered to the person shown."""

import asyncio
import contextlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from .door import admit, keyed
from .slack import Slack
from .workspace import Json, shown

PAGE: Final = Path(__file__).parent / "page"
#: changes that a page may be behind
_MOST_BEHIND: Final = 2000
#: messages of a channel that a page is given, replies too; older ones stay in the file
_MOST_SHOWN: Final = 2000


class Feed:
    """Answers the page's paths."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._open: set[tuple[str, asyncio.Queue[str | None]]] = set()
        slack.workspace.listen(self._changed)
        slack.sockets.on_change = self._connected

    def routes(self) -> list[web.RouteDef]:
        """Give the paths."""
        return [
            web.get("/", self.index),
            web.get("/archives/{channel}/{message}", self.permalink),
            web.get("/page/{name}", self.part),
            web.get("/_page/state", self.state),
            web.get("/_page/stream", self.stream),
        ]

    def _changed(self, change: Json, audience: Collection[str]) -> None:
        text = json.dumps(change, ensure_ascii=False)
        for who, queue in self._open:
            if who in audience:
                # Whoever is too far behind is cut off: the page comes back and loads all anew.
                queue.put_nowait(text if queue.qsize() < _MOST_BEHIND else None)

    def _connected(self) -> None:
        connected = bool(self._slack.sockets.live or self._slack.signed.url)
        self._changed({"kind": "connected", "connected": connected}, self._slack.workspace.users)

    async def close(self, _app: web.Application) -> None:
        """End the streams: the server leaves."""
        for _who, queue in self._open:
            queue.put_nowait(None)

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Give the page to whoever has the key; to others the way to get it."""
        admitted = admit(self._slack, request)
        if admitted is not None:
            return admitted
        if not keyed(self._slack, request):
            return web.Response(text=(PAGE / "locked.html").read_text(), content_type="text/html", status=403)
        return web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})

    async def permalink(self, request: web.Request) -> web.StreamResponse:
        """Lead from a message's address to its place on the page."""
        channel, digits = request.match_info["channel"], request.match_info["message"].removeprefix("p")
        root = request.query.get("thread_ts") or f"{digits[:-6]}.{digits[-6:]}"
        kept = self._slack.workspace.messages.get(channel, {}).get(root)
        if kept is None:
            raise web.HTTPNotFound
        return web.Response(status=303, headers={"Location": f"/#/{channel}/{root}"})

    async def part(self, request: web.Request) -> web.StreamResponse:
        """Give one of the page's files."""
        path = PAGE / request.match_info["name"]
        if path.parent != PAGE or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    async def state(self, request: web.Request) -> web.Response:
        """Give everything that one person sees."""
        user = request.query.get("user", "")
        slack, workspace = self._slack, self._slack.workspace
        if user not in workspace.users:
            return web.json_response({"ok": False, "error": "user_not_found"}, status=404)
        channels = [c for c in workspace.channels.values() if user in c["members"]]
        messages: dict[str, list[Any]] = {
            c["id"]: [shown(m) for m in list(workspace.messages[c["id"]].values())[-_MOST_SHOWN:]]
            for c in channels
        }
        for message in workspace.ephemerals.values():
            if message["for_user"] == user and message["channel_id"] in messages:
                messages[message["channel_id"]].append(shown(message))
        manifest, home = slack.manifest, workspace.homes.get(user)
        return web.json_response({
            "ok": True, "me": user, "users": list(workspace.users.values()), "channels": channels,
            "messages": messages, "home": shown(home) if home else None, "app": manifest.app_name,
            "commands": manifest.commands, "shortcuts": manifest.shortcuts, "home_tab": manifest.home_tab,
            "modals": [shown(workspace.views[view_id]) for view_id in slack.stacks.get(user, [])],
            "connected": bool(slack.sockets.live or slack.signed.url),
        })  # fmt: skip

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send changes until the page goes away."""
        answer = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await answer.prepare(request)
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        entry = (request.query.get("user", ""), queue)
        self._open.add(entry)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            try:
                await answer.write(b"retry: 1000\n\n")
                while True:
                    with contextlib.suppress(TimeoutError):
                        text = await asyncio.wait_for(queue.get(), 15)
                        if text is None:
                            break
                        await answer.write(f"data: {text}\n\n".encode())
                        continue
                    await answer.write(b": still here\n\n")
            finally:
                self._open.discard(entry)
        return answer
