"""The quick look gives the same answers as the store, writes nothing, and leaves what it is not sure of alone."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from company.clock import Clock
from company.config import load_config, shipped
from company.errors import StoreUnavailable
from company.orders import evaluations, schedules
from company.orders.office import Office
from company.store import agents, audit, candidates, lookups, outbox, sessions, tasks
from company.store.gate import Store
from company.store.glance import glance
from company.store.opening import open_store
from company.store.seeding import seed
from company.work.job import JobStatus

if TYPE_CHECKING:
    from company.store.gate import Reading


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "agent-service.db"


@pytest.fixture
def full(path: Path, clock: Clock, tmp_path: Path) -> Store:
    """A SQLite store (whatever the suite runs on) with a company and some jobs in it."""
    store = open_store("", sqlite_path=path, clock=clock)
    config_path = tmp_path / "config.yaml"
    config_path.write_bytes(shipped("config.yaml").read_bytes())
    with store.transaction() as tx:
        seed(tx, load_config(config_path, {}))
        for number in range(5):
            row = {
                "id": f"job-176406120000{number}-abcdef{number}",
                "team_id": "team-engineering",
                "title": f"Job {number}",
                "priority_file": "a.md",
                "priority_text": "# A",
                "start_key": f"file:x:{number}",
                "requested_by": "ana",
            }
            assert sessions.insert_pending(tx, row)
        assert sessions.move(tx, "job-1764061200001-abcdef1", JobStatus.IN_PROGRESS)
    return store


@pytest.fixture
def quick(full: Store, path: Path, clock: Clock) -> Any:
    looked = glance(path, clock, busy_timeout_ms=100)
    assert looked is not None
    yield looked
    looked.close()
    full.close()


QUESTIONS: list[Callable[["Reading"], object]] = [
    lambda tx: sessions.list_sessions(tx, limit=3),
    lambda tx: sessions.list_sessions(tx, (JobStatus.PENDING, JobStatus.FAILED)),
    lambda tx: sessions.pending_and_running(tx),
    lambda tx: sessions.get(tx, "job-1764061200001-abcdef1"),
    lambda tx: lookups.job_ids_like(tx, "abcdef3", 5),
    lambda tx: lookups.newest_job_id(tx),
    lambda tx: agents.list_agents(tx, include_inactive=True),
    lambda tx: agents.list_agents(tx, domain="marketing"),
    lambda tx: tasks.of_session(tx, "job-1764061200001-abcdef1"),
    lambda tx: audit.newest(tx),
    lambda tx: candidates.list_candidates(tx, include_decided=True),
    lambda tx: outbox.of_subject(tx, "nothing"),
    lambda tx: tx.value("SELECT count(*) FROM sessions WHERE id IN :ids", ids=()),
    lambda tx: tx.one("SELECT 1 AS a WHERE 1 = 0"),
    lambda tx: (tx.now_iso, tx.seconds_since("2026-11-25T08:59:00.000Z")),
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answers_are_the_stores(
    full: Store, quick: Store, question: Callable[["Reading"], object]
) -> None:
    with full.reading() as tx:
        expected = question(tx)
    with quick.reading() as tx:
        assert question(tx) == expected


def test_whole_evaluations_are_the_same(full: Store, quick: Store, clock: Clock, tmp_path: Path) -> None:
    config = load_config(tmp_path / "config.yaml", {})
    slow, fast = Office(full, config, clock), Office(quick, config, clock)
    assert evaluations.agent_evaluations(fast) == evaluations.agent_evaluations(slow)
    assert schedules.list_schedules(fast) == schedules.list_schedules(slow)


def test_a_look_is_a_snapshot_and_the_next_sees_what_was_committed(full: Store, quick: Store) -> None:
    before = quick.version()
    with quick.reading() as tx:
        count = len(sessions.list_sessions(tx))
        with full.transaction() as writing:
            writing.update("sessions", {"title": "Other"}, {"id": "job-1764061200000-abcdef0"})
        assert [one.title for one in sessions.list_sessions(tx) if one.title == "Other"] == []
        assert len(sessions.list_sessions(tx)) == count
    assert quick.version() != before
    with quick.reading() as tx:
        assert sessions.get(tx, "job-1764061200000-abcdef0").title == "Other"


def test_nothing_can_be_written(quick: Store) -> None:
    with pytest.raises(StoreUnavailable), quick.reading() as tx:
        tx.all("DELETE FROM sessions RETURNING id")


def test_what_is_not_plainly_ready_is_left_to_the_store(tmp_path: Path, clock: Clock) -> None:
    assert glance(tmp_path / "nowhere.db", clock, busy_timeout_ms=100) is None
    (tmp_path / "text.db").write_text("this is no database" * 100, encoding="utf-8")
    assert glance(tmp_path / "text.db", clock, busy_timeout_ms=100) is None
    empty = sqlite3.connect(tmp_path / "empty.db")
    empty.execute("CREATE TABLE x (y)")
    empty.close()
    assert glance(tmp_path / "empty.db", clock, busy_timeout_ms=100) is None


def test_a_newer_schema_is_left_to_the_store(full: Store, path: Path, clock: Clock) -> None:
    with full.transaction() as tx:
        tx.insert("schema_migrations", {"version": 9999, "name": "later", "applied_at": tx.now_iso})
    full.close()
    assert glance(path, clock, busy_timeout_ms=100) is None
