"""Puts one local Slack together and lets it listen."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

from .clock import Clock
from .control import Control
from .credentials import Credentials, credentials_of
from .delivery import Delivery
from .door import guard, keyed, loopback
from .faults import Faults
from .feed import Feed
from .leases import Leases
from .manifest import read_manifest
from .pace import Pace
from .records import Records
from .sharing import MOST_BYTES, receive
from .signed import SignedRequests
from .slack import Slack
from .sockets import Sockets
from .web_api import WebApi
from .workspace import Workspace

#: pictures that a browser shows as they are; text is shown as text, other files are downloaded
_SHOWN: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")


class LocalSlack:
    """One local Slack: ``await start()``, ``await close()``; ``running_in_thread`` for whoever has no loop to spare."""

    def __init__(
        self,
        *,
        state: Path,
        manifest: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        rate_limits: bool = True,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._host = loopback(host)
        self._port = port
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        (state / "files").mkdir(exist_ok=True, mode=0o700)
        self._records = Records(state / "local-slack.db")
        self.slack = self._built(state, manifest, credentials_of(state, environment), rate_limits)
        self._runner: web.AppRunner | None = None

    def _built(self, state: Path, manifest: Path, credentials: Credentials, rate_limits: bool) -> Slack:
        clock, app = Clock(), read_manifest(manifest)
        workspace = Workspace(self._records, app, clock)
        sockets, signed = Sockets(), SignedRequests(credentials.signing_secret, clock)
        return Slack(
            credentials=credentials,
            manifest=app,
            clock=clock,
            workspace=workspace,
            leases=Leases(clock),
            sockets=sockets,
            signed=signed,
            delivery=Delivery(workspace, sockets, signed, clock),
            faults=Faults(),
            pace=Pace(rate_limits),
            files=state / "files",
        )

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[guard(self.slack)], client_max_size=2 * MOST_BYTES)
        api, control, feed = WebApi(self.slack), Control(self.slack), Feed(self.slack)
        app.router.add_route("GET", "/api/{method}", api.call)
        app.router.add_route("POST", "/api/{method}", api.call)
        app.router.add_post("/response/{key}", api.response)
        app.router.add_get("/link/", self.slack.sockets.serve)
        app.router.add_post("/upload/v1/{file_id}", self._upload)
        app.router.add_get("/files-pri/{file_id}/{name}", self._download)
        app.add_routes([*control.routes(), *feed.routes()])
        app.on_shutdown.append(feed.close)
        return app

    async def start(self) -> str:
        """Listen; the address, without a final slash.

        Raises:
            OSError: the port is taken.
        """
        self._runner = web.AppRunner(
            self._application(), access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        port = self._runner.addresses[0][1]
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.slack.url = f"http://{shown}:{port}"
        return self.slack.url

    @property
    def page_url(self) -> str:
        """The address to open in a browser, with the key that it asks for once."""
        return f"{self.slack.url}/?key={self.slack.credentials.page_key}"

    async def close(self) -> None:
        """Stop listening and let go of everything."""
        await self.slack.delivery.close()
        await self.slack.sockets.close()
        await self.slack.signed.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._records.close()

    async def _upload(self, request: web.Request) -> web.Response:
        return await receive(self.slack, request)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        app = token == self.slack.credentials.bot_token and "files:read" in self.slack.manifest.scopes
        if not app and not keyed(self.slack, request):
            raise web.HTTPForbidden
        file = self.slack.workspace.files.get(request.match_info["file_id"])
        path = self.slack.files / request.match_info["file_id"]
        if file is None or not path.is_file():
            raise web.HTTPNotFound
        kind = file["mimetype"] if file["mimetype"] in _SHOWN else "application/octet-stream"
        kind = "text/plain; charset=utf-8" if file.get("is_text") else kind
        inline = kind != "application/octet-stream" and "download" not in request.query
        disposition = "inline" if inline else "attachment"
        return web.Response(
            body=await asyncio.to_thread(path.read_bytes),
            headers={"Content-Type": kind, "Content-Disposition": disposition},
        )


@contextlib.contextmanager
def running_in_thread(local: LocalSlack) -> Iterator[str]:
    """Run it in a thread of its own, and give the address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="local-slack", daemon=True)
    thread.start()

    try:
        yield asyncio.run_coroutine_threadsafe(local.start(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(local.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
