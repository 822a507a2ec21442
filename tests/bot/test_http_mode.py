"""HTTP mode: Slack calls the bot, and only what is signed by Slack is heard."""

import hashlib
import hmac
import json
import socket
import time
from pathlib import Path
from urllib.parse import urlencode

import aiohttp

from bot.app import Bot
from bot.settings import SlackSettings
from company.config import ConfigWatch
from tests.bot.envelopes import Envelopes
from tests.bot.running import company, run, until

SECRET = "f00d" * 8


def signed(body: str, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def test_what_slack_signed_is_recorded_and_answered_and_nothing_else_is(tmp_path: Path) -> None:
    async def story() -> None:
        slack = Envelopes()
        await slack.start()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        path = company(tmp_path)
        text = path.read_text(encoding="utf-8")
        text = text.replace("mode: socket", "mode: http").replace("http_port: 3031", f"http_port: {port}")
        path.write_text(text, encoding="utf-8")
        watch = ConfigWatch(path, {})
        settings = SlackSettings(
            base_url=f"{slack.url}api/", is_local=False, bot_token="xoxb-any", signing_secret=SECRET
        )
        bot = Bot(watch, settings)
        await bot.start()
        url = f"http://127.0.0.1:{port}/slack/events"

        def recorded() -> list[str]:
            with bot.store.reading() as tx:
                return [row["command_text"] for row in tx.all("SELECT command_text FROM user_commands")]

        async with aiohttp.ClientSession() as web:
            command = urlencode(slack.slash("/agents", "whoami"))
            async with web.post(url, data=command, headers=signed(command)) as answer:
                assert answer.status == 200
            await until(lambda: "nobody here" in str(slack.said("response_url")))
            assert recorded() == ["/agents whoami"]
            for headers in (
                signed(command, secret="another"),
                signed(command, at=time.time() - 600),
                {"Content-Type": "application/x-www-form-urlencoded"},
            ):
                async with web.post(url, data=command, headers=headers) as answer:
                    assert answer.status == 401
            hello = json.dumps({"type": "url_verification", "challenge": "abc"})
            headers = {**signed(hello), "Content-Type": "application/json"}
            async with web.post(url, data=hello, headers=headers) as answer:
                assert "abc" in await answer.text()
        assert recorded() == ["/agents whoami"]
        await bot.stop()
        await slack.stop()

    run(story())
