"""A small app on the real Bolt client, connected to a local Slack, in a loop of its own."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.slack_stand_in import SlackStandIn


class BoltApp:
    """The app, its loop in a thread, and what it heard."""

    def __init__(self, slack: SlackStandIn) -> None:
        self._slack = slack
        self.heard: list[dict[str, Any]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bolt", daemon=True)
        self._thread.start()
        self.client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        self.app = AsyncApp(client=self.client, process_before_response=True)
        self._handlers: list[AsyncSocketModeHandler] = []

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def connect(self, times: int = 1) -> "BoltApp":
        self.run(self._connect(times))
        self._slack.wait_until_connected(times)
        return self

    async def _connect(self, times: int) -> None:
        for _ in range(times):
            web = AsyncWebClient(token=self._slack.app_token, base_url=self._slack.api_url)
            handler = AsyncSocketModeHandler(self.app, self._slack.app_token, web_client=web, ping_interval=2)
            await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt's own
            self._handlers.append(handler)

    def close(self) -> None:
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _close(self) -> None:
        for handler in self._handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]
        # what the client's own close leaves running
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
