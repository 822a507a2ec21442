"""Who somebody in Slack is: the first CEO by the code of the terminal, others by user group."""

from pathlib import Path

import pytest

from bot.app import Bot
from bot.settings import SlackSettings
from company.config import ConfigWatch
from tests.bot.envelopes import Envelopes
from tests.bot.running import company, run, until


def test_the_pairing_code_is_printed_and_makes_a_ceo(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        slack = Envelopes()
        await slack.start()
        settings = SlackSettings(
            base_url=f"{slack.url}api/", is_local=False, bot_token="xoxb-any", app_token="xapp-any"
        )
        bot = Bot(ConfigWatch(company(tmp_path), {}), settings)
        try:
            await bot.start()
            await until(lambda: slack.is_connected)
            code = next(line for line in caplog.messages if "pair " in line).partition("pair ")[2].split()[0]
            await slack.deliver("events_api", slack.message("pair AAAA-AAAA", channel="D1"))
            await until(lambda: "not the code" in str(slack.calls))
            await slack.deliver("events_api", slack.message(f"pair {code}", channel="D1"))
            await until(lambda: "You are the CEO" in str(slack.said("chat.postMessage")))
            await slack.deliver("slash_commands", slack.slash("/agents", "whoami"))
            await until(lambda: "ceo here" in str(slack.said("response_url")))
            with bot.store.reading() as tx:
                assert code not in str(tx.all("SELECT * FROM user_commands"))
        finally:
            await bot.stop()
            await slack.stop()

    run(story())


def test_roles_come_from_user_groups_too(tmp_path: Path) -> None:
    async def story() -> None:
        slack = Envelopes()
        await slack.start()
        slack.facts["usergroups.users.list"] = {"users": ["U2"]}
        path = company(tmp_path)
        path.write_text(
            path.read_text(encoding="utf-8").replace("  operator: []", "  operator: [S0OPS]"),
            encoding="utf-8",
        )
        settings = SlackSettings(
            base_url=f"{slack.url}api/", is_local=False, bot_token="xoxb-any", app_token="xapp-any"
        )
        bot = Bot(ConfigWatch(path, {}), settings)
        await bot.start()
        await until(lambda: slack.is_connected)
        for user in ("U2", "U3", "U2"):
            await slack.deliver("slash_commands", slack.slash("/agents", "whoami", user))
        await until(lambda: len(slack.said("response_url")) == 3)
        answers = sorted(str(one["text"]) for one in slack.said("response_url"))
        assert ["operator here" in one for one in answers] == [True, True, False]
        assert len(slack.said("usergroups.users.list")) == 1
        await bot.stop()
        await slack.stop()

    run(story())
