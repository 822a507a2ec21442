"""The bot whole, through the real Bolt client, against the local Slack: what people type, press and read."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import Bot
from bot.settings import SlackSettings
from company.config import ConfigWatch
from company.orders import commands, patterns
from company.orders.office import Actor, Office, Role
from tests.bot.running import company
from tests.bot.slack_stand_in import ADA, BEN, CLEO, SlackStandIn
from tests.conftest import Eventually

Json = dict[str, Any]
TEAM = "team:engineering"
CEO = Actor(ADA, Role.CEO, "slack")


class RunningBot:
    """A bot in a thread of its own."""

    def __init__(self, folder: Path, slack: SlackStandIn, database_url: str) -> None:
        environ = {"AGENT_SERVICE_DATABASE_URL": database_url} if database_url else {}
        path = company(folder)
        text = path.read_text(encoding="utf-8").replace('  channel: ""', '  channel: "#company"')
        path.write_text(text, encoding="utf-8")
        self._watch = ConfigWatch(path, environ)
        self._settings = SlackSettings(
            base_url=slack.api_url, is_local=True, bot_token=slack.bot_token, app_token=slack.app_token
        )
        self._ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._ready.wait(30)

    @property
    def office(self) -> Office:
        return self._bot.office()

    def rows(self, sql: str) -> list[Json]:
        with self._bot.store.reading() as tx:
            return tx.all(sql)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        async def life() -> None:
            self._bot = Bot(self._watch, self._settings)
            try:
                await self._bot.start()
                self._ready.set()
                while not self._stop.is_set():
                    await asyncio.sleep(0.02)
            finally:
                await self._bot.stop()

        asyncio.run(life())


@pytest.fixture
def bot(tmp_path: Path, local_slack: SlackStandIn, database_url: str) -> Iterator[RunningBot]:
    with contextlib.closing(_Stopping(RunningBot(tmp_path / "company", local_slack, database_url))) as held:
        local_slack.wait_until_connected()
        yield held.bot


class _Stopping:
    def __init__(self, bot: RunningBot) -> None:
        self.bot = bot

    def close(self) -> None:
        self.bot.stop()


def told(slack: SlackStandIn, user: str, words: str) -> bool:
    return any(words in str(message) for message in slack.ephemerals(user))


def test_a_mention_starts_a_job_with_one_message_in_its_thread(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    said = local_slack.say(ADA, "#company", f"<@U0LOCALBOT> add rate limits {TEAM}")
    card = local_slack.wait_for_message(
        "#company", lambda one: "add rate limits" in str(one.get("blocks")), thread=said["ts"]
    )
    assert "eyes" in str(local_slack.message(said))
    [job] = bot.rows("SELECT * FROM sessions")
    assert (job["title"], job["requested_by"], job["thread_ts"]) == ("add rate limits", ADA, said["ts"])
    local_slack.say(ADA, "#company", "use the blue one", thread=said["ts"])
    eventually(lambda: bot.rows("SELECT 1 FROM session_notes WHERE body = 'use the blue one'"))
    local_slack.say(ADA, "#company", "stop it", thread=said["ts"])
    eventually(lambda: bot.rows("SELECT 1 FROM sessions WHERE status = 'stopped'"))
    eventually(lambda: "stopped" in str(local_slack.message(card)))


def test_a_slash_command_posts_the_jobs_message_and_its_buttons_work(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    assert local_slack.command(ADA, "#company", f"/work write it down {TEAM}")["acknowledged"]
    card = local_slack.wait_for_message("#company", lambda one: "write it down" in str(one.get("blocks")))
    local_slack.press(CLEO, card, "job_stop")
    eventually(lambda: told(local_slack, CLEO, "an operator or the CEO"))
    assert bot.rows("SELECT status FROM sessions") == [{"status": "pending"}]
    local_slack.press(BEN, card, "job_stop")
    eventually(lambda: bot.rows("SELECT 1 FROM sessions WHERE status = 'stopped'"))
    eventually(lambda: "job_retry" in str(local_slack.message(card)))
    local_slack.press(BEN, local_slack.message(card), "job_reject")
    view = local_slack.wait_for_view(BEN)
    local_slack.submit(BEN, view, {"reason": {"reason": "nothing came of it"}})
    eventually(lambda: bot.rows("SELECT 1 FROM rewards WHERE reward_value = -100"))
    local_slack.press(ADA, local_slack.message(card), "job_retry")
    eventually(lambda: len(bot.rows("SELECT 1 FROM sessions")) == 2)


def test_a_cross_as_a_reaction_stops_the_job(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    local_slack.command(ADA, "#company", f"/work write it down {TEAM}")
    card = local_slack.wait_for_message("#company", lambda one: "write it down" in str(one.get("blocks")))
    local_slack.react(ADA, card, "x")
    eventually(lambda: bot.rows("SELECT 1 FROM sessions WHERE status = 'stopped'"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("help", "Tell me what to do"),
        ("agents", "Senior Reviewer"),
        ("agent backend", "Database"),
        ("costs week", "in 7 days"),
        ("schedules", "starts by itself"),
        ("leads", "No leads yet"),
        ("experiments", "No experiment"),
        ("proposals", "Nothing waits"),
        ("whoami", "ceo"),
        ("hire Blog Writer as Content Writer team:marketing", "is hired"),
        ("pause marketing", "is paused"),
        ("grant @U0CLEO operator", "is operator"),
        ("jbos", "Did you mean"),
        ("fire Nobody", "no agent is called"),
        ("evaluate", "experiments decided now"),
    ],
)
def test_commands_are_answered_to_whoever_typed_them(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually, text: str, words: str
) -> None:
    assert local_slack.command(ADA, "#company", f"/agents {text}")["acknowledged"]
    eventually(lambda: told(local_slack, ADA, words))


def test_questions_in_a_direct_message_are_answered_there(bot: RunningBot, local_slack: SlackStandIn) -> None:
    local_slack.say(ADA, ADA, "how is Backend doing?")
    local_slack.wait_for_message(ADA, lambda one: "Backend" in one["text"] and one["user"] != ADA)
    local_slack.say(ADA, ADA, "what did we spend today?")
    local_slack.wait_for_message(ADA, lambda one: "$0.00 today" in one["text"])


def test_of_all_who_press_hire_one_hires_and_the_message_says_who(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    for number in range(3):
        said = commands.Said(text=f"write a blog post about {number}", intent="write blog-post")
        commands.record(bot.office, CEO, said)
    patterns.detect(bot.office, CEO)
    card = local_slack.wait_for_message("#company", lambda one: "proposal_approve" in str(one))
    local_slack.press(CLEO, card, "proposal_approve")
    eventually(lambda: told(local_slack, CLEO, "🔒"))
    local_slack.press(ADA, card, "proposal_approve")
    eventually(lambda: "is hired" in str(local_slack.message(card)))
    assert "proposal_approve" not in str(local_slack.message(card))
    local_slack.command(ADA, "#company", "/agents approve Write Blog Post")
    eventually(lambda: told(local_slack, ADA, "hired before"))
    assert len(bot.rows("SELECT 1 FROM agents WHERE name = 'Write Blog Post'")) == 1


def test_the_home_tab_shows_what_runs(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    local_slack.command(ADA, "#company", f"/work write it down {TEAM}")
    eventually(lambda: bot.rows("SELECT 1 FROM sessions"))
    local_slack.open_home(ADA)
    eventually(lambda: "write it down" in str(local_slack.home(ADA)))


def test_a_text_file_alone_is_the_priority_and_a_file_beside_words_goes_with_them(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    local_slack.upload(ADA, ADA, "exact.md", b"# Round half up\n\nCents are off.\n", text="")
    eventually(lambda: bot.rows("SELECT 1 FROM sessions WHERE title = 'Round half up'"))
    local_slack.upload(ADA, ADA, "notes.txt", b"the plan", text=f"do as the notes say {TEAM}")
    eventually(lambda: bot.rows("SELECT 1 FROM session_notes WHERE kind = 'file' AND body = 'the plan'"))


def test_a_shortcut_makes_a_message_a_job(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    said = local_slack.say(BEN, "#company", f"the footer is wrong on phones {TEAM}")
    local_slack.shortcut(ADA, "prioritise_message", said)
    eventually(lambda: bot.rows("SELECT 1 FROM sessions WHERE title = 'the footer is wrong on phones'"))


def test_where_there_is_a_ceo_nobody_pairs(
    bot: RunningBot, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    local_slack.say(CLEO, CLEO, "pair ABCD-EFGH")
    eventually(lambda: told(local_slack, CLEO, "has a CEO already"))
    assert bot.rows("SELECT command_text FROM user_commands") == [{"command_text": "pair •••"}]
