"""Whatever a person does is written down once, before it is acknowledged, and carried out once."""

from pathlib import Path

import pytest

from tests.bot.envelopes import CEO, VIEWER
from tests.bot.running import Rig, rig, run


def test_every_kind_is_recorded_before_it_is_acknowledged(tmp_path: Path, database_url: str) -> None:
    async def story() -> None:
        async with rig(tmp_path, database_url=database_url) as one:
            slack = one.slack
            thread = slack.next_ts()
            kinds = [
                ("slash_commands", slack.slash("/agents", "help")),
                ("slash_commands", slack.slash("/work", "fix it team:engineering")),
                ("events_api", slack.message("<@UBOT> add limits team:engineering", ts=thread)),
                ("events_api", slack.message("jobs", channel="D1")),
                ("interactive", slack.press("job_logs", "last")),
                ("interactive", {"type": "shortcut", "callback_id": "x", "user": {"id": CEO}, "trigger_id": "t1"}),
                ("interactive", {"type": "view_submission", "user": {"id": CEO}, "team": {"id": "T1"},
                                 "view": {"id": "V1", "hash": "h", "type": "modal", "callback_id": "other"}}),
                ("events_api", slack.event({"type": "reaction_added", "user": CEO, "reaction": "x", "event_ts": "1",
                                            "item": {"type": "message", "channel": "C1", "ts": "1.1"}})),
            ]  # fmt: skip
            for count, (kind, payload) in enumerate(kinds, 1):
                await slack.deliver(kind, payload)
                rows = one.commands()
                assert len(rows) == count, payload
                assert rows[-1]["user_id"] == CEO
                assert rows[-1]["surface"] == "slack"
            await one.until(lambda: all(row["handled_at"] for row in one.commands()))

    run(story())


def test_the_raw_text_the_place_and_the_delivery_are_kept(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            ts = one.slack.next_ts()
            await one.slack.deliver("events_api", one.slack.message("<@UBOT>  Stop   &amp; think ", ts=ts))
            [row] = one.commands()
            assert (row["command_text"], row["channel_id"]) == ("<@UBOT>  Stop   &amp; think ", "C1")
            assert row["delivery_id"] == f"message:C1:{ts}"
            await one.slack.deliver("slash_commands", one.slack.slash("/agents", "costs week"))
            assert one.commands()[-1]["normalized_intent"] == "/agents costs week"
            await one.slack.deliver("events_api", one.slack.message("pair ABCD-EFGH", channel="D1"))
            assert one.commands()[-1]["command_text"] == "pair •••"

    run(story())


def test_a_redelivered_envelope_is_recorded_and_carried_out_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            message = one.slack.message("<@UBOT> add limits team:engineering")
            mention = {**message, "event_id": "EvM", "event": {**message["event"], "type": "app_mention"}}
            command = one.slack.slash("/work", "fix it team:engineering")
            for _ in range(3):
                for kind, payload in (
                    ("events_api", message), ("events_api", mention), ("slash_commands", command),
                ):  # fmt: skip
                    await one.slack.deliver(kind, payload)
            await one.until(lambda: all(row["handled_at"] for row in one.commands()))
            assert len(one.commands()) == 2
            assert len(one.jobs()) == 2

    run(story())


def test_talk_among_people_is_not_written_down(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            await one.slack.deliver("events_api", one.slack.message("did you see the game?"))
            await one.slack.deliver("events_api", one.slack.message("yes", thread_ts="5.5"))
            await one.slack.deliver("events_api", one.slack.message("edited", subtype="message_changed"))
            await one.slack.deliver(
                "events_api", one.slack.event({"type": "member_joined_channel", "user": CEO})
            )
            assert one.commands() == []

    run(story())


def test_in_the_thread_of_a_job_no_mention_is_needed(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            slack, thread = one.slack, one.slack.next_ts()
            await slack.deliver("events_api", slack.message("<@UBOT> add limits team:engineering", ts=thread))
            await one.until(one.jobs)
            await slack.deliver("events_api", slack.message("use the blue one", thread_ts=thread))
            await one.until(lambda: _notes(one) == ["use the blue one"])
            await slack.deliver("events_api", slack.message("(lunch?)", thread_ts=thread))
            await slack.deliver("events_api", slack.message("as a viewer", user=VIEWER, thread_ts=thread))
            await slack.deliver("events_api", slack.message("stop it", user=VIEWER, thread_ts=thread))
            await one.until(lambda: "🔒" in str(slack.said("chat.postEphemeral")))
            assert one.jobs()[0]["status"] == "pending"
            await slack.deliver("events_api", slack.message("stop it", thread_ts=thread))
            await one.until(lambda: one.jobs()[0]["status"] == "stopped")
            assert _notes(one) == ["use the blue one"]

    run(story())


def test_what_stood_in_the_thread_before_goes_into_the_job(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            first, asked = one.slack.next_ts(), one.slack.next_ts()
            one.slack.replies[first] = [
                {"user": "U7", "ts": first, "text": "the footer is &lt;wrong&gt; on phones"},
                {"user": CEO, "ts": asked, "text": "<@UBOT> fix that team:engineering"},
            ]
            await one.slack.deliver(
                "events_api",
                one.slack.message("<@UBOT> fix that team:engineering", ts=asked, thread_ts=first),
            )
            await one.until(one.jobs)
            assert _notes(one) == ["the footer is <wrong> on phones"]
            assert one.jobs()[0]["thread_ts"] == first

    run(story())


@pytest.mark.parametrize(
    ("text", "words"),
    [("agent nosuch", "no agent is called"), ("jbos", "Did you mean `jobs`"), ("logs", "no job")],
)
def test_who_is_refused_or_not_understood_is_answered(tmp_path: Path, text: str, words: str) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            await one.slack.deliver("slash_commands", one.slack.slash("/agents", text))
            await one.until(lambda: words in str(one.slack.said("response_url")))

    run(story())


def test_a_listener_that_fails_answers_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            await one.slack.deliver("slash_commands", one.slack.slash("/work", "fix it team:engineering"))
            await one.until(one.jobs)
            logs = tmp_path / "logs"
            logs.write_text("a file where a folder should be", encoding="utf-8")
            await one.slack.deliver("slash_commands", one.slack.slash("/agents", "logs last"))
            await one.until(lambda: "Something of mine failed" in str(one.slack.said("response_url")))
            await one.until(lambda: all(row["handled_at"] for row in one.commands()))

    run(story())


def _notes(one: Rig) -> list[str]:
    with one.bot.store.reading() as tx:
        return [row["body"] for row in tx.all("SELECT body FROM session_notes ORDER BY id")]
