"""Socket Mode as we use it: the client that reconnects in time, and a word when it has connected.

The aiohttp client with ``ping_interval=2``: of the SDK's four it alone answers at once after a refresh, and notices a
silent server within three seconds. The handler of Bolt is not used because it hides the client's connecting.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.trouble import SLACK_TROUBLE

log = logging.getLogger(__name__)

PING_S: Final = 2.0
BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # before the next try to connect at all


class WatchedClient(SocketModeClient):
    """Says when a connection stands: then what was said before it is read from the histories."""

    on_connected: Callable[[], None] | None = None

    async def connect(self) -> None:
        """Connect, or connect again."""
        await super().connect()  # type: ignore[no-untyped-call] # the SDK's
        if self.on_connected is not None:
            self.on_connected()


class Socket:
    """The connection to Slack, and what hands its envelopes to the app."""

    def __init__(
        self, app: AsyncApp, *, app_token: str, base_url: str, on_connected: Callable[[], None]
    ) -> None:
        self._app = app
        self._client = WatchedClient(
            app_token=app_token,
            web_client=AsyncWebClient(token=app_token, base_url=base_url),
            ping_interval=PING_S,
            logger=logging.getLogger("bot.socket.client"),
        )
        self._client.on_connected = on_connected
        self._client.socket_mode_request_listeners.append(self._handle)

    async def connect(self) -> None:
        """Connect, however long it takes; afterwards the client keeps itself connected."""
        for attempt in range(1_000_000):
            try:
                await self._client.connect()
                return
            except SLACK_TROUBLE as trouble:
                wait_s = BACK_OFF_S[min(attempt, len(BACK_OFF_S) - 1)]
                log.warning("no connection to Slack (%s); again in %g s", trouble, wait_s)
                await asyncio.sleep(wait_s)

    async def close(self) -> None:
        """Disconnect."""
        await self._client.close()  # type: ignore[no-untyped-call] # the SDK's

    async def _handle(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        started = time.time()
        response = await run_async_bolt_app(self._app, request)
        try:
            await send_async_response(client, request, response, started)
        except (
            ConnectionError,
            RuntimeError,
        ) as gone:  # the connection it came by is gone: Slack sends it again
            log.warning("an acknowledgement did not get through: %s", gone)
