"""Admission over a real store and a real folder."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from company.clock import to_iso
from company.ids import new_id
from company.orders import jobs, pauses
from company.orders.office import Actor, Office, Role
from company.store import outbox, sessions, tasks, usage
from company.store.gate import Store
from company.store.opening import open_store
from company.store.sessions import Session
from company.work.job import JobStatus
from daemon.intake.admitting import Admitting
from daemon.intake.inbox import Inbox
from tests.conftest import SettableClock

CEO = Actor("ana", Role.CEO, "terminal")
FOLDER_ACTOR = Actor("priorities", Role.OPERATOR, "file")
Sessions = Callable[[], list[Session]]


def order(office: Office, title: str, **front: object) -> str:
    """Start a job as a dropped file does; return its id."""
    settings = "".join(f"{key}: {value}\n" for key, value in front.items())
    text = f"---\n{settings}---\n# {title}\n\nDo it.\n" if settings else f"# {title}\n\nDo it.\n"
    request = jobs.StartRequest(content=text.encode(), name=f"{title.lower()}.md")
    return jobs.start(office, FOLDER_ACTOR, request).job_id


def limited(office: Office, **limits: object) -> Office:
    changed = office.config.limits.model_copy(update=limits)
    return Office(office.store, office.config.model_copy(update={"limits": changed}), office.clock)


def end(store: Store, job_id: str, status: JobStatus) -> None:
    with store.transaction() as tx:
        assert sessions.move(tx, job_id, status, outcome="as the test wants it")


@pytest.fixture
def started() -> list[str]:
    return []


@pytest.fixture
def admitting(office: Office, inbox: Inbox, started: list[str]) -> Admitting:
    return Admitting(lambda: office, inbox, started.append)


def test_a_waiting_job_is_moved_to_running_and_started(
    admitting: Admitting, office: Office, inbox: Inbox, started: list[str], all_sessions: Sessions
) -> None:
    job_id = order(office, "Login")
    assert admitting.pass_once() == (job_id,)

    [session] = all_sessions()
    assert (session.status, session.started_at) == ("in_progress", to_iso(office.clock.now()))
    assert (inbox.folder / "running" / session.priority_file).read_text() == session.priority_text
    assert started == [job_id]
    assert admitting.pass_once() == ()


def test_nothing_waiting_is_no_write(admitting: Admitting, store: Store) -> None:
    version = store.version()
    assert admitting.pass_once() == ()
    assert store.version() == version


def test_limits_are_filled_and_freed(office: Office, inbox: Inbox, started: list[str], store: Store) -> None:
    small = limited(office, jobs_at_once=2)
    admitting = Admitting(lambda: small, inbox, started.append)
    first, second, third = (order(office, f"Task {number}") for number in range(3))

    assert admitting.pass_once() == tuple(sorted((first, second, third))[:2])
    assert admitting.pass_once() == ()
    end(store, started[0], JobStatus.COMPLETED)
    assert len(admitting.pass_once()) == 1
    assert sorted(started) == sorted((first, second, third))


def test_a_dependency_is_meant_by_its_file_or_its_id(
    admitting: Admitting, office: Office, store: Store, clock: SettableClock
) -> None:
    by_name = order(office, "Third", depends_on="[first.md]")
    first = order(office, "First")
    by_id = order(office, "Second", depends_on=f"[{first}]")

    assert admitting.pass_once() == (first,)
    end(store, first, JobStatus.COMPLETED)
    assert sorted(admitting.pass_once()) == sorted((by_name, by_id))


def test_a_job_that_can_never_start_fails_with_the_reason(
    admitting: Admitting, office: Office, inbox: Inbox, store: Store, started: list[str], clock: SettableClock
) -> None:
    lost = order(office, "Lost", depends_on="[nowhere.md]")
    assert admitting.pass_once() == ()
    clock.advance(seconds=60)
    assert admitting.pass_once() == ()

    with store.reading() as tx:
        session = sessions.get(tx, lost)
        words = outbox.of_subject(tx, lost, "job")
    assert (session.status, session.exit_code, session.phase) == ("failed", 1, "closed")
    assert session.outcome == "depends on nowhere.md, and there is no such job"
    assert words[-1].payload["outcome"] == session.outcome
    assert (inbox.folder / "failed" / session.priority_file).exists()
    assert started == []


def test_a_slip_in_a_dependency_is_answered_with_the_name_that_was_meant(
    admitting: Admitting, office: Office, store: Store, clock: SettableClock
) -> None:
    order(office, "First")
    lost = order(office, "Lost", depends_on="[frist.md]")
    clock.advance(seconds=60)
    admitting.pass_once()
    with store.reading() as tx:
        outcome = sessions.get(tx, lost).outcome
    assert outcome == "depends on frist.md, and there is no such job; did you mean first.md?"


def test_what_depends_on_a_failed_job_fails_after_it(
    admitting: Admitting, office: Office, store: Store, all_sessions: Sessions
) -> None:
    first = order(office, "First")
    second = order(office, "Second", depends_on=f"[{first}]")
    order(office, "Third", depends_on=f"[{second}]")
    admitting.pass_once()
    end(store, first, JobStatus.FAILED)

    admitting.pass_once()
    admitting.pass_once()

    assert {one.title: one.outcome for one in all_sessions() if one.id != first} == {
        "Second": f"depends on {first}, which failed",
        "Third": f"depends on {second}, which failed",
    }


def test_a_paused_company_admits_nothing_until_it_is_resumed_or_the_pause_ends(
    admitting: Admitting, office: Office, clock: SettableClock
) -> None:
    first = order(office, "First")
    pauses.pause(office, CEO)
    assert admitting.pass_once() == ()
    pauses.resume(office, CEO)
    assert admitting.pass_once() == (first,)

    second = order(office, "Second")
    pauses.pause(office, CEO, until=clock.now() + timedelta(hours=1))
    assert admitting.pass_once() == ()
    clock.advance(hours=1)
    assert admitting.pass_once() == (second,)


def test_a_spent_budget_stops_new_work_until_midnight_where_the_company_lives(
    office: Office, inbox: Inbox, store: Store, started: list[str], clock: SettableClock
) -> None:
    settings = limited(office, budget_usd_per_day=5.0)
    lives = settings.config.company.model_copy(
        update={"time_zone": "Pacific/Auckland"}
    )  # 22:00 there at 09:00 UTC
    there = Office(store, settings.config.model_copy(update={"company": lives}), clock)
    admitting = Admitting(lambda: there, inbox, started.append)
    first = order(office, "First")
    assert admitting.pass_once() == (first,)
    with store.transaction() as tx:
        task_id = new_id("task")
        row = {"id": task_id, "session_id": first, "agent_id": "agent-backend", "task_description": "x"}
        tasks.insert(tx, row)
        usage.record(tx, {"task_id": task_id, "model": "sonnet", "cost_usd": 5.5})

    second = order(office, "Second")
    assert admitting.pass_once() == ()
    clock.advance(hours=1, minutes=59)
    assert admitting.pass_once() == ()
    clock.advance(minutes=1)
    assert admitting.pass_once() == (second,)


def test_a_start_that_fails_is_tried_again_and_costs_nobody_else(office: Office, inbox: Inbox) -> None:
    refusing: set[str] = set()
    started: list[str] = []

    def start(job_id: str) -> None:
        if job_id in refusing:
            raise OSError("no space left on device")
        started.append(job_id)

    admitting = Admitting(lambda: office, inbox, start)
    job_ids = {order(office, "First"), order(office, "Second")}
    refusing.add(min(job_ids))
    assert set(admitting.pass_once()) == job_ids
    assert started == [max(job_ids)]

    refusing.clear()
    admitting.pass_once()
    admitting.pass_once()
    assert sorted(started) == sorted(job_ids)


def test_after_a_crash_between_the_commit_and_the_start_the_job_is_started(
    admitting: Admitting, office: Office, store: Store, started: list[str]
) -> None:
    job_id = order(office, "First")
    with store.transaction() as tx:
        sessions.move(tx, job_id, JobStatus.IN_PROGRESS)

    assert admitting.start_again() == (job_id,)
    assert started == [job_id]


def test_two_hosts_that_admit_at_once_keep_the_limits_together(
    office: Office, inbox: Inbox, store: Store, database_url: str, tmp_path: Path, all_sessions: Sessions
) -> None:
    for number in range(12):
        order(office, f"Task {number}")
    stores = [
        open_store(database_url, sqlite_path=tmp_path / "agent-service.db", clock=office.clock)
        for _ in range(4)
    ]
    small = limited(office, jobs_at_once=5)
    ready = threading.Barrier(len(stores))
    started: list[str] = []

    def admit(own: Store) -> None:
        host = Admitting(lambda: Office(own, small.config, small.clock), inbox, started.append)
        ready.wait()
        host.pass_once()

    hosts = [threading.Thread(target=admit, args=(own,)) for own in stores]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join()
    for own in stores:
        own.close()

    assert len(started) == len(set(started)) == 5
    assert Counter(one.status for one in all_sessions()) == {"in_progress": 5, "pending": 7}
