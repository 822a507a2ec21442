"""HTTP mode: payloads posted to Bolt's own HTTP server, which checks their signature."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.bot.local_slack.bolt_app import BoltApp
from tests.bot.slack_stand_in import ADA, COMPANY, ActRefused, SlackStandIn

Json = dict[str, Any]


class HttpApp:
    def __init__(self, bolt: BoltApp, slack: SlackStandIn, secret: str) -> None:
        self._bolt = bolt
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        self.app = AsyncApp(client=client, signing_secret=secret, process_before_response=True)
        self._runner: web.AppRunner | None = None

    async def _start(self) -> str:
        self._runner = web.AppRunner(self.app.web_app(path="/slack/events"), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack/events"

    def start(self) -> str:
        return str(self._bolt.run(self._start()))

    def close(self) -> None:
        if self._runner is not None:
            self._bolt.run(self._runner.cleanup())
            self._bolt.run(asyncio.sleep(0))


@pytest.fixture
def http_app(bolt: BoltApp, local_slack: SlackStandIn) -> Iterator[HttpApp]:
    app = HttpApp(bolt, local_slack, local_slack.signing_secret)
    yield app
    app.close()


def test_commands_presses_and_events_arrive_signed(http_app: HttpApp, local_slack: SlackStandIn) -> None:
    heard: list[str] = []

    @http_app.app.command("/agents")
    async def agents(ack: Any, command: Json) -> None:
        heard.append(command["text"])
        await ack("hello")

    @http_app.app.action("go")
    async def pressed(ack: Any, action: Json) -> None:
        heard.append(action["value"])
        await ack()

    @http_app.app.event("message")
    async def message(event: Json) -> None:
        heard.append(event["text"])

    assert local_slack.switch(request_url=http_app.start())["request_url"]
    assert local_slack.command(ADA, COMPANY, "/agents a & b")["acknowledged"]
    assert local_slack.ephemerals(ADA)[0]["text"] == "hello"
    go = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go", "value": "7"}
    local_slack.api("chat.postMessage", channel=COMPANY, blocks=[{"type": "actions", "elements": [go]}])
    assert local_slack.press(ADA, local_slack.messages(COMPANY)[0], "go")["acknowledged"]
    local_slack.say(ADA, COMPANY, "ünïcode <3")
    local_slack.wait_until_quiet()
    assert heard == ["a &amp; b", "7", "ünïcode &lt;3"]


def test_another_secret_is_refused_by_bolt(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    app = HttpApp(bolt, local_slack, "another secret")

    @app.app.command("/agents")
    async def agents(ack: Any) -> None:
        await ack()

    try:
        assert not local_slack.switch(request_url=app.start())["request_url"]
        assert not local_slack.command(ADA, COMPANY, "/agents")["acknowledged"]
    finally:
        app.close()


def test_nothing_is_sent_off_this_machine(local_slack: SlackStandIn) -> None:
    with pytest.raises(ActRefused, match="not on loopback"):
        local_slack.switch(request_url="http://example.com/slack/events")
