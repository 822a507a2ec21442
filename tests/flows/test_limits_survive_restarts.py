"""Time, budget, pauses, stops and retries hold across a restart; circles of dependencies are refused by name."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from company.clock import SystemClock
from company.config import load_config
from company.orders import jobs, pauses
from company.orders.office import Actor, Office, Role
from company.store import sessions, usage
from company.store.opening import open_store
from tests.conftest import SettableClock
from tests.whole_company import Company, Running, Start

CEO = Actor("ceo", Role.CEO, "terminal")
Eventually = Callable[..., None]
WAIT = (
    "import os, pathlib, subprocess, sys, time\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
    "pathlib.Path(os.environ['HOME'], 'began').touch()\n"
    "time.sleep(600)\n"
)


@pytest.fixture
def began() -> Path:
    """What the slow agent makes when it is at work."""
    return Path(os.environ["HOME"]) / "began"


def slow(company: Company) -> None:
    company.agent("backend")
    company.repository("slow", {"a.txt": "a\n"}, commands={"backend": [sys.executable, "-c", WAIT]})
    company.drop("slow.md", "---\nrepo: slow\n---\n# Take your time\n")


def quick(company: Company, *names: str) -> None:
    company.agent("backend")
    for name in names:
        company.repository(name, {"a.txt": "a\n"}, commands={"backend": ["sed", "-i", "s/$/x/", "a.txt"]})


@contextmanager
def a_daemon_that_is_killed(
    company: Company, until: Callable[[], object], eventually: Eventually
) -> Iterator[None]:
    """Run the service in a process of its own until something is so, and kill it hard."""
    service = subprocess.Popen(
        [sys.executable, "-m", "daemon.cli.main", "--config", str(company.write_config()), "up", "--no-bot"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(until, within_s=30)
        yield
    finally:
        service.send_signal(signal.SIGKILL)
        service.wait()


@contextmanager
def at_the_desk(company: Company) -> Iterator[Office]:
    """Give orders while no daemon runs."""
    config = load_config(company.root / "config.yaml", os.environ)
    store = open_store(
        config.database.url, sqlite_path=config.folders.state / "agent-service.db", clock=SystemClock()
    )
    try:
        yield Office(store, config, SystemClock())
    finally:
        store.close()


def processes_in(company: Company) -> list[psutil.Process]:
    worktrees = str(company.root / ".compound-state" / "worktrees")
    return [one for one in psutil.process_iter(["cwd"]) if str(one.info["cwd"]).startswith(worktrees)]


def only_job(office: Office) -> sessions.Session:
    with office.store.reading() as tx:
        [job] = sessions.list_sessions(tx)
    return job


def test_a_job_whose_time_is_up_is_blocked_and_its_processes_are_ended(
    company: Company, start: Start, eventually: Eventually, began: Path
) -> None:
    slow(company)
    clock = SettableClock(datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    company.configure(limits={"job_timeout_s": 7200})
    running = start(clock=clock)
    eventually(began.exists, within_s=20)
    assert processes_in(company)
    clock.advance(hours=2)
    running.daemon.wake()
    running.daemon.wake()
    assert running.job().status == "in_progress"
    clock.advance(seconds=1)
    running.daemon.wake()
    eventually(lambda: running.job().status == "blocked", within_s=10)
    running.daemon.drain()
    job = running.job()
    assert (job.outcome or "").startswith("out of time: it took longer than 2 h 0 min")
    assert [task.status.value for task in running.tasks(job.id)] == ["blocked"]
    assert running.rewards(job.id) == [-20]
    assert "out of time" in company.report(job.id)
    assert company.folders()["blocked"] == [job.priority_file]
    assert processes_in(company) == []


def test_the_time_runs_on_while_no_daemon_does(
    company: Company, start: Start, eventually: Eventually, began: Path
) -> None:
    slow(company)
    with a_daemon_that_is_killed(company, began.exists, eventually):
        pass
    assert len(processes_in(company)) >= 2, "agents outlive the daemon"
    running = start(clock=SettableClock(SystemClock().now() + timedelta(days=2)))
    eventually(lambda: running.job().status == "blocked", within_s=15)
    running.daemon.drain()
    assert (running.job().outcome or "").startswith("out of time")
    eventually(lambda: processes_in(company) == [], within_s=5)


def test_a_stop_that_was_ordered_while_no_daemon_ran_is_carried_out_at_its_start(
    company: Company, start: Start, eventually: Eventually, began: Path
) -> None:
    slow(company)
    with a_daemon_that_is_killed(company, began.exists, eventually):
        pass
    with at_the_desk(company) as office:
        stopped = jobs.stop(office, CEO, only_job(office).id)
        assert (stopped.is_changed, stopped.status.value) == (True, "in_progress")
    assert processes_in(company)
    running = start()
    eventually(lambda: running.job().status == "stopped", within_s=15)
    running.daemon.drain()
    job = running.job()
    assert job.outcome == "stopped by ceo"
    assert [task.status.value for task in running.tasks(job.id)] == ["blocked"]
    assert company.folders()["stopped"] == [job.priority_file]
    eventually(lambda: processes_in(company) == [], within_s=5)


def test_a_retry_that_was_ordered_while_no_daemon_ran_is_done_at_its_start(
    company: Company, start: Start, finish: Start
) -> None:
    quick(company, "notes")
    company.drop("notes.md", "---\nrepo: notes\n---\n# Add to the notes\n")
    first = finish()
    first.daemon.close()
    with at_the_desk(company) as office:
        original = only_job(office)
        retried = jobs.retry(office, CEO, original.id)
        assert jobs.retry(office, CEO, original.id) == replace(retried, is_new=False)
    running = finish()
    assert [(job.status, job.retry_of is not None) for job in running.jobs()] == [
        ("completed", False),
        ("completed", True),
    ]


@pytest.mark.parametrize("scope", ["all", "team:engineering", "repository:one"])
def test_a_pause_outlives_a_restart_and_holds_its_scope_only(
    company: Company, start: Start, eventually: Eventually, scope: str
) -> None:
    quick(company, "one", "two")
    first = start()
    pauses.pause(first.daemon.office(), CEO, scope)
    first.daemon.drain()
    first.daemon.close()
    company.drop("one.md", "---\nrepo: one\n---\n# Change one\n")
    company.drop("two.md", "---\nrepo: two\n---\n# Change two\n")
    running = start()
    running.daemon.drain()
    held = {job.target_repo for job in running.jobs() if job.status == "pending"}
    assert held == ({"one"} if scope == "repository:one" else {"one", "two"})
    pauses.resume(running.daemon.office(), CEO, scope)
    eventually(lambda: {job.status.value for job in running.jobs()} == {"completed"}, within_s=30)
    running.daemon.drain()


def test_jobs_that_depend_on_each_other_in_a_circle_are_refused_by_name(
    company: Company, finish: Start
) -> None:
    quick(company, "one")
    circle = [("hen", "egg"), ("egg", "chick"), ("chick", "hen")]
    for name, needed in circle:
        company.drop(f"{name}.md", f"---\nrepo: one\ndepends_on: [{needed}]\n---\n# The {name}\n")
    running = finish()
    outcomes = {job.title: job.outcome or "" for job in running.jobs()}
    assert {job.status.value for job in running.jobs()} == {"failed"}
    whole = [outcome for outcome in outcomes.values() if outcome.startswith("depends on itself")]
    assert whole
    for outcome in whole:
        assert all(name in outcome for name, _ in circle), outcome
    assert len(company.folders()["failed"]) == 3


def spend(running: Running, job_id: str, cost_usd: float) -> None:
    [task, *_] = running.tasks(job_id)
    with running.daemon.store.transaction() as tx:
        usage.record(tx, {"task_id": task.id, "model": "opus", "cost_usd": cost_usd})


def test_a_spent_day_s_budget_holds_new_work_until_the_next_day_in_the_company_s_time_zone(
    company: Company, start: Start, eventually: Eventually
) -> None:
    quick(company, "one", "two")
    company.configure(limits={"budget_usd_per_day": 5})
    clock = SettableClock(datetime(2026, 11, 25, 21, 0, tzinfo=UTC))  # 22:00 in Berlin
    first = start(clock=clock)
    company.drop("one.md", "---\nrepo: one\n---\n# Change one\n")
    first.daemon.drain()
    spend(first, first.job().id, 4.99)
    clock.advance(minutes=1)
    company.drop("two.md", "---\nrepo: two\n---\n# Change two\n")
    first.daemon.drain()
    assert [job.status for job in first.jobs()] == ["completed", "completed"]
    clock.advance(minutes=1)
    spend(first, first.jobs()[0].id, 0.02)
    company.drop("late.md", "---\nrepo: one\n---\n# Too late for today\n")
    first.daemon.drain()
    assert [job.status for job in first.jobs()] == ["completed", "completed", "pending"]
    first.daemon.close()

    running = start(clock=clock)
    running.daemon.drain()
    assert running.jobs()[-1].status == "pending", "the budget is as spent after a restart"
    clock.advance(hours=2, minutes=1)  # past midnight in Berlin, not yet in UTC
    running.daemon.wake()
    eventually(lambda: running.jobs()[-1].status == "completed", within_s=20)
    running.daemon.drain()
