"""The outbox reaches Slack: everything, once, in order, in its place; whatever Slack or the network do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from company.clock import SystemClock
from company.config import Config
from company.orders import proposals, waiting
from company.orders.office import Actor, Office, Role
from company.orders.telling import ask, tell_file, tell_in_thread, tell_proposal, tell_verdict
from company.store import candidates, notes, outbox, sessions
from company.store.gate import Store
from company.store.seeding import seed
from company.work.job import JobStatus
from tests.bot.delivering_to import begin_job, delivering, is_all_told, move_job, words
from tests.bot.slack_stand_in import ADA, COMPANY, SlackStandIn
from tests.checkout import CHECKOUT
from tests.conftest import Eventually

CEO = Actor(ADA, Role.CEO, "slack")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return the shipped configuration with Ada as CEO and #company for the news."""
    from company.config import load_config, shipped

    root = tmp_path / "company"
    root.mkdir()
    text = shipped("config.yaml").read_text(encoding="utf-8")
    text = text.replace("  ceo: []", f"  ceo: [{ADA}]").replace('  channel: ""', '  channel: "#company"')
    (root / "config.yaml").write_text(text, encoding="utf-8")
    return load_config(root / "config.yaml", {})


@pytest.fixture
def office(store_path: Path, config: Config) -> Iterator[Office]:
    from company.store.opening import open_store

    store = open_store("", sqlite_path=store_path, clock=SystemClock())
    with store.transaction() as tx:
        seed(tx, config)
    yield Office(store, config, SystemClock())
    store.close()


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "agent-service.db"


def titles(slack: SlackStandIn, channel: str = COMPANY) -> list[str]:
    return [str(message["text"]) for message in slack.messages(channel)]


def test_a_job_is_one_message_edited_and_its_thread_has_the_rest(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    report = office.config.folders.reports / "r" / "report.md"
    report.parent.mkdir(parents=True)
    report.write_text("# All is well\n", encoding="utf-8")
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id=COMPANY)
        eventually(lambda: is_all_told(office))
        (card,) = local_slack.messages(COMPANY)
        move_job(office, job_id, JobStatus.IN_PROGRESS, "working")
        with office.store.transaction() as tx:
            finding = {"agent_id": "agent-backend", "source": "check: tests", "text": "2 tests fail"}
            tell_verdict(
                tx,
                job_id,
                "0",
                iteration=1,
                findings=[finding],
                checks=[("tests", "broken")],
                back_to=["agent-backend"],
            )
            tell_file(tx, job_id, os.path.relpath(report, office.config.root), "Report")
        move_job(office, job_id, JobStatus.COMPLETED, "closed", outcome="3 files changed")
        eventually(lambda: is_all_told(office))
    (now, *thread) = local_slack.messages(COMPANY)
    assert now["ts"] == card["ts"]
    assert "completed" in now["text"]
    assert "3 files changed" in str(now["blocks"])
    assert [message.get("thread_ts") for message in thread] == [card["ts"]] * 2
    assert "2 tests fail" in str(thread[0]["blocks"])
    assert thread[1]["files"][0]["title"] == "Report"
    with office.store.reading() as tx:
        session = sessions.get(tx, job_id)
    assert (session.channel_id, session.thread_ts) == (COMPANY, card["ts"])


def test_a_job_that_came_from_a_message_is_told_in_its_thread(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    said = local_slack.say(ADA, "#company", "add rate limits")
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id=COMPANY, thread_ts=said["ts"])
        eventually(lambda: is_all_told(office))
        move_job(office, job_id, JobStatus.IN_PROGRESS, "working")
        eventually(lambda: is_all_told(office))
    (reply,) = local_slack.thread({"channel": COMPANY, "ts": said["ts"]})
    assert "Add rate limits" in reply["text"]


@pytest.mark.parametrize("kind", ["reset_after", "http_500_after", "reset_before", "http_500", "ratelimited"])
def test_what_slack_may_have_taken_is_posted_once(
    office: Office, local_slack: SlackStandIn, eventually: Eventually, kind: str
) -> None:
    local_slack.fail("chat.postMessage", kind)
    with delivering(office, local_slack):
        for number in range(3):
            begin_job(office, f"Job {number}", channel_id=COMPANY)
        eventually(lambda: is_all_told(office), 30.0)
    assert sorted(titles(local_slack)) == [f"Job {number}: waits its turn" for number in range(3)]
    assert len(words(office, "sent")) == 3


@pytest.mark.slow
def test_slack_may_be_down_for_a_while(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    local_slack.fail("*", "http_500_after", times=4)
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id=COMPANY)
        with office.store.transaction() as tx:
            tell_in_thread(tx, job_id, "delivered", "closed", {"files": ["a.py"], "branch": "b"})
        eventually(lambda: is_all_told(office), 60.0)
    first, second = local_slack.messages(COMPANY)
    assert second["thread_ts"] == first["ts"]


@pytest.mark.slow
def test_two_deliverers_post_once(office: Office, local_slack: SlackStandIn, eventually: Eventually) -> None:
    with delivering(office, local_slack, name="one"), delivering(office, local_slack, name="two"):
        for number in range(12):
            begin_job(office, f"Job {number}", channel_id=COMPANY)
        eventually(lambda: is_all_told(office), 40.0)
    assert sorted(titles(local_slack)) == sorted(f"Job {number}: waits its turn" for number in range(12))


def test_a_channel_that_does_not_take_it_is_no_end(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id="C0NOWHERE")
        eventually(lambda: is_all_told(office))
    assert titles(local_slack) == ["Add rate limits: waits its turn"]
    with office.store.reading() as tx:
        assert sessions.get(tx, job_id).channel_id == COMPANY


def test_what_slack_will_never_take_is_given_up_and_shown(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    local_slack.fail("chat.postMessage", "error", error="msg_blocks_too_long")
    with delivering(office, local_slack):
        begin_job(office, "One", channel_id=COMPANY)
        eventually(lambda: words(office, "dead"))
        begin_job(office, "Two", channel_id=COMPANY)
        eventually(lambda: is_all_told(office))
        with office.store.transaction() as tx:
            (dead,) = outbox.dead(tx)
            assert dead.last_error == "msg_blocks_too_long"
            assert outbox.retry_dead(tx, [dead.id]) == 1
        eventually(lambda: is_all_told(office))
    assert titles(local_slack) == ["Two: waits its turn", "One: waits its turn"]


def test_a_deleted_message_is_posted_anew(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id=COMPANY)
        eventually(lambda: is_all_told(office))
        (card,) = local_slack.messages(COMPANY)
        local_slack.api("chat.delete", channel=COMPANY, ts=card["ts"])
        move_job(office, job_id, JobStatus.IN_PROGRESS, "working")
        eventually(lambda: is_all_told(office))
        # It is found gone, forgotten and posted anew: in between nothing waits.
        eventually(lambda: any("Add rate limits" in text for text in titles(local_slack)), 30.0)


def test_an_edit_that_ended_without_an_answer_is_made_again(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id=COMPANY)
        eventually(lambda: is_all_told(office))
        local_slack.fail("chat.update", "reset_before")
        move_job(office, job_id, JobStatus.STOPPED, "closed", outcome="stopped by Ada")
        eventually(lambda: is_all_told(office), 30.0)
    assert "stopped" in titles(local_slack)[0]


def test_a_file_is_shared_once_though_its_answer_was_lost(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    report = office.config.folders.reports / "report.md"
    report.parent.mkdir(parents=True)
    report.write_text("# All is well\n", encoding="utf-8")
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id=COMPANY)
        eventually(lambda: is_all_told(office))
        local_slack.fail("files.completeUploadExternal", "reset_after")
        with office.store.transaction() as tx:
            tell_file(tx, job_id, os.path.relpath(report, office.config.root), "Report")
            tell_file(tx, job_id, "../outside.md", "Not ours")
        eventually(lambda: is_all_told(office), 30.0)
    assert len([m for m in local_slack.messages(COMPANY) if m.get("files")]) == 1
    assert [word.last_error for word in words(office, "superseded")] == [
        "the file is gone, empty or too long"
    ]


def test_a_muted_thread_hears_the_end_and_not_the_way_there(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id=COMPANY)
        with office.store.transaction() as tx:
            notes.mute(tx, job_id, by=ADA)
            tell_verdict(tx, job_id, "0", iteration=1, findings=[], checks=[], back_to=[])
            tell_in_thread(tx, job_id, "delivered", "closed", {"files": ["a.py"], "branch": "b"})
        eventually(lambda: is_all_told(office))
    _, only = local_slack.messages(COMPANY)
    assert "a.py" in str(only["blocks"])


def test_a_proposal_shows_who_decided_on_its_one_message(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    with delivering(office, local_slack):
        with office.store.transaction() as tx:
            candidates.propose(tx, {**PROPOSED, "proposed_team_id": "team-marketing"})
            found = candidates.find_by_intent(tx, "write blog")
            assert found is not None
            tell_proposal(tx, found.id, "proposed")
        eventually(lambda: is_all_told(office))
        (card,) = local_slack.messages(COMPANY)
        assert "Hire Blog Writer" in str(card["blocks"])
        proposals.approve(office, CEO, found.id)
        proposals.dismiss(office, Actor("U0BEN", Role.CEO, "slack"), found.id)
        eventually(lambda: is_all_told(office))
    (now,) = local_slack.messages(COMPANY)
    assert f"<@{ADA}>" in str(now["blocks"])
    assert "is hired" in str(now["blocks"])
    assert "button" not in str(now["blocks"])


PROPOSED = {
    "normalized_intent": "write blog",
    "pattern_description": "asked for 3 times",
    "occurrence_count": 3,
    "sample_commands": ["write a blog post", "write the blog"],
    "confidence_score": 0.9,
    "proposed_agent_name": "Blog Writer",
    "proposed_role": "Writes the blog",
}


def test_a_question_is_asked_in_the_jobs_thread_and_chased_there(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    with delivering(office, local_slack):
        job_id = begin_job(office, "Add rate limits", channel_id=COMPANY)
        asked_at = "2026-01-01T09:00:00.000Z"
        with office.store.transaction() as tx:
            row = {
                "id": "question-1", "session_id": job_id, "agent_id": "agent-backend", "question": "Redis or memory?",
                "options": ["Redis", "memory"], "default_answer": "memory", "asked_at": asked_at,
            }  # fmt: skip
            assert ask(tx, row)
            assert not ask(tx, row)
        eventually(lambda: is_all_told(office))
        card, question = local_slack.messages(COMPANY)
        assert "waits for your answer" in local_slack.message(card)["text"]
        assert question["thread_ts"] == card["ts"]
        assert [one["text"]["text"] for one in question["blocks"][1]["elements"]] == ["Redis", "memory"]
        assert waiting.chase(office) == 1
        assert waiting.chase(office) == 0
        eventually(lambda: is_all_told(office))
    assert "Nobody answered in time: “memory”" in str(local_slack.message(question)["blocks"])


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before_post", "after_post"])
def test_kill_9_around_the_post_loses_nothing_and_doubles_nothing(
    office: Office, store_path: Path, local_slack: SlackStandIn, eventually: Eventually, moment: str
) -> None:
    """A deliverer of its own process is killed while Slack keeps its answer back: after it took the post, or before."""
    local_slack.fail("chat.postMessage", "slow", seconds=5.0)
    begin_job(office, "Add rate limits", channel_id=COMPANY)
    code = [
        sys.executable,
        "-m",
        "tests.bot.deliver_once",
        str(office.config.path),
        str(store_path),
        local_slack.api_url,
    ]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "SLACK_BOT_TOKEN": local_slack.bot_token}
    child = subprocess.Popen(code, cwd=CHECKOUT, env=environment)
    try:
        if moment == "after_post":
            eventually(lambda: local_slack.messages(COMPANY), 30.0)
        else:
            eventually(lambda: words(office, "claimed"), 30.0)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=10)
    assert len(words(office, "claimed")) == 1
    with delivering(office, local_slack, look_again_s=6.0):
        eventually(lambda: is_all_told(office), 60.0)
    assert titles(local_slack) == ["Add rate limits: waits its turn"]


def test_it_hears_of_new_words_at_once(
    office: Office, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    with delivering(office, local_slack):
        begin_job(office, "First", channel_id=COMPANY)
        eventually(lambda: is_all_told(office))
        began = time.monotonic()
        begin_job(office, "Second", channel_id=COMPANY)
        eventually(lambda: len(local_slack.messages(COMPANY)) == 2)
        took_s = time.monotonic() - began
    assert took_s < 2.0  # 0.2 s between two looks and a post; a loaded machine takes longer


def test_old_news_are_none(office: Office, local_slack: SlackStandIn, eventually: Eventually) -> None:
    begin_job(office, "Long ago", channel_id=COMPANY)
    with office.store.transaction() as tx:
        tx.execute("UPDATE outbox SET created_at = '2026-01-01T00:00:00.000Z'")
    with delivering(office, local_slack):
        begin_job(office, "Now", channel_id=COMPANY)
        eventually(lambda: is_all_told(office))
    assert titles(local_slack) == ["Now: waits its turn"]


def test_news_go_to_the_first_ceo_where_no_channel_is_named(
    store: Store, config: Config, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    lone = Office(
        store,
        config.model_copy(update={"slack": config.slack.model_copy(update={"channel": ""})}),
        SystemClock(),
    )
    with store.transaction() as tx:
        seed(tx, config)
    with delivering(lone, local_slack):
        begin_job(lone, "From a file")
        eventually(lambda: is_all_told(lone))
    assert titles(local_slack, ADA) == ["From a file: waits its turn"]
