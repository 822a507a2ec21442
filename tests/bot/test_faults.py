"""What goes wrong on the way in: sockets that break, a locked store, a killed bot. Nothing is lost or doubled."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.settings import LOCAL_URL_VARIABLE
from company.orders import commands
from company.orders.office import Actor, Role
from tests.bot.envelopes import Envelopes
from tests.bot.running import company, rig, run, until


def test_after_a_refresh_both_sockets_are_answered(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            before = one.slack.connections
            late = one.slack.slash("/agents", "help")
            await one.slack.refresh()
            await one.slack.deliver("slash_commands", late)
            await one.until(lambda: one.slack.connections == before + 1)
            await one.slack.deliver("slash_commands", one.slack.slash("/agents", "jobs"))
            await one.until(lambda: len(one.slack.said("response_url")) == 2)
            assert len(one.commands()) == 2

    run(story())


def test_a_socket_dropped_in_mid_command_is_replaced_and_the_command_recorded_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            message = one.slack.message("<@UBOT> add limits team:engineering")
            await one.slack.send("events_api", message)
            await one.slack.drop()
            await one.until(lambda: one.slack.connections == 2, within_s=30)
            await one.slack.deliver("events_api", message)
            await one.until(one.jobs)
            assert len(one.commands()) == len(one.jobs()) == 1

    run(story())


@pytest.mark.slow
def test_a_server_that_falls_silent_is_left(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            one.slack.is_silent = True
            await one.slack.send("slash_commands", one.slack.slash("/agents", "help"))
            await one.until(lambda: one.slack.connections >= 2, within_s=60)
            one.slack.is_silent = False
            await one.until(lambda: one.slack.is_connected)
            await one.slack.deliver("slash_commands", one.slack.slash("/agents", "jobs"))
            assert len(one.commands()) == 2

    run(story())


@pytest.mark.sqlite_only
@pytest.mark.slow
def test_while_the_store_is_locked_commands_wait_on_the_disk_and_are_acknowledged(tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as one:
            state = tmp_path / ".compound-state"
            lock = sqlite3.connect(state / "agent-service.db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            asked = time.monotonic()
            envelopes = [
                await one.slack.send(
                    "slash_commands", one.slack.slash("/work", f"fix {number} team:engineering")
                )
                for number in range(5)
            ]
            for envelope in envelopes:
                assert "books are free" in str(await one.slack.acknowledgement(envelope))
            took_s = time.monotonic() - asked
            assert (state / "bot-spool.jsonl").stat().st_size > 0
            await asyncio.sleep(max(0.0, 3.0 - took_s))  # the fault is three seconds long
            lock.execute("ROLLBACK")
            lock.close()
            await one.until(lambda: len(one.jobs()) == 5, within_s=30)
            await one.until(lambda: all(row["handled_at"] for row in one.commands()))
            assert sorted(row["command_text"] for row in one.commands()) == [
                f"/work fix {number} team:engineering" for number in range(5)
            ]
            await one.until(lambda: not (state / "bot-spool.jsonl").exists())
            assert took_s < 3.0

    run(story())


@pytest.mark.sqlite_only
@pytest.mark.slow
def test_what_waits_in_the_spool_survives_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        slack = Envelopes()
        await slack.start()
        lock: sqlite3.Connection | None = None
        async with rig(tmp_path, slack) as one:
            lock = sqlite3.connect(tmp_path / ".compound-state" / "agent-service.db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            await slack.deliver("slash_commands", slack.slash("/work", "fix it team:engineering"))
        lock.execute("ROLLBACK")
        lock.close()
        async with rig(tmp_path, slack) as one:
            await one.until(one.jobs)
            assert len(one.commands()) == len(one.jobs()) == 1
        await slack.stop()

    run(story())


@pytest.mark.sqlite_only
@pytest.mark.slow
def test_a_bot_killed_between_record_and_acknowledgement_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        slack = Envelopes()
        await slack.start()
        path = company(tmp_path)
        message = slack.message("<@UBOT> add limits team:engineering")
        process = _start_bot(path, slack)
        try:
            await until(lambda: slack.is_connected, within_s=60)
            books = sqlite3.connect(tmp_path / ".compound-state" / "agent-service.db")
            await slack.send("events_api", message)
            while not books.execute("SELECT 1 FROM user_commands").fetchone():  # the row is in: kill at once
                await asyncio.sleep(0)
            process.send_signal(signal.SIGKILL)
            process.wait()
            connections = slack.connections
            process = _start_bot(path, slack)
            await until(lambda: slack.connections > connections, within_s=60)
            for _ in range(2):
                await slack.deliver("events_api", message)
            await until(lambda: books.execute("SELECT count(*) FROM sessions").fetchone()[0] == 1)
            assert books.execute("SELECT count(*) FROM user_commands").fetchone() == (1,)
            books.close()
        finally:
            process.terminate()
            process.wait()
            await slack.stop()

    run(story())


def _start_bot(path: Path, slack: Envelopes) -> "subprocess.Popen[bytes]":
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), LOCAL_URL_VARIABLE: f"{slack.url}api/"}
    return subprocess.Popen([sys.executable, "-m", "bot", str(path)], env=env)


def test_what_was_said_while_the_socket_was_down_is_read_and_carried_out_once(tmp_path: Path) -> None:
    async def story() -> None:
        slack = Envelopes()
        await slack.start()
        slack.history = {"C1": [], "D1": []}
        async with rig(tmp_path, slack) as one:
            for channel in slack.history:
                heard = slack.message("hello there", channel=channel)
                slack.history[channel].append(heard["event"])
                await slack.deliver("events_api", heard)
            mention = slack.message("<@UBOT> before team:engineering")
            slack.history["C1"].append(mention["event"])
            await slack.deliver("events_api", mention)
            await one.until(one.jobs)
        thread = mention["event"]["ts"]
        slack.history["C1"].append(slack.message("<@UBOT> missed team:engineering")["event"])
        slack.history["C1"].append(slack.message("among people")["event"])
        slack.history["D1"].append(slack.message("missed directly team:engineering", channel="D1")["event"])
        slack.replies[thread] = [mention["event"], slack.message("missed note", thread_ts=thread)["event"]]
        for _ in range(2):
            async with rig(tmp_path, slack) as one:
                await one.until(lambda: len(one.jobs()) == 3)
                await one.until(lambda: "missed note" in str(one.commands()))
                await one.until(lambda: all(row["handled_at"] for row in one.commands()))
                texts = [row["command_text"] for row in one.commands()]
                assert len(texts) == len(set(texts)), texts
                assert "among people" not in texts
        await slack.stop()

    run(story())


def test_a_message_acknowledged_by_a_bot_that_then_died_is_carried_out_by_the_next(tmp_path: Path) -> None:
    async def story() -> None:
        slack = Envelopes()
        await slack.start()
        slack.history = {"C1": []}
        mention = slack.message("<@UBOT> half done team:engineering")
        later = slack.message("among people")
        async with rig(tmp_path, slack) as one:
            await slack.deliver("events_api", later)  # the mark lies behind the mention
            said = commands.Said(
                text=mention["event"]["text"],
                channel_id="C1",
                delivery_id=f"message:C1:{mention['event']['ts']}",
            )
            commands.record(one.bot.office(), Actor("U1", Role.NOBODY, "slack"), said)
            assert one.jobs() == []
        slack.history["C1"] = [mention["event"], later["event"]]
        async with rig(tmp_path, slack) as one:
            await one.until(one.jobs)
            await one.until(lambda: all(row["handled_at"] for row in one.commands()))
            assert len(one.commands()) == len(one.jobs()) == 1
        await slack.stop()

    run(story())
