"""What is removed from the books, what never is, and that the room it took comes back."""

import contextlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from company.clock import to_iso
from company.errors import StoreUnavailable
from company.store import audit, metrics, outbox, questions, sessions
from company.store import upkeep as books
from company.store.gate import Store
from company.store.upkeep import ended_for_good, forget_measurements, forget_orders, forget_words, tend
from company.work.job import JobStatus
from tests.company.store.conftest import Rows
from tests.conftest import SettableClock


def say(store: Store, subject: str, key: str) -> None:
    with store.transaction() as tx:
        outbox.say(tx, kind="job", subject_id=subject, dedup_key=key, payload={})


def subjects(store: Store) -> list[str]:
    with store.reading() as tx:
        return [row["subject_id"] for row in tx.all("SELECT subject_id FROM outbox ORDER BY subject_id")]


def test_only_jobs_that_ended_for_good_are_ended(any_store: Store, rows: Rows, clock: SettableClock) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        for name in ("pending", "running", "done", "failed", "stopped", "blocked", "asking"):
            rows.session(tx, f"job-{name}")
        for name, status in (
            ("done", JobStatus.COMPLETED), ("failed", JobStatus.FAILED), ("stopped", JobStatus.STOPPED),
            ("blocked", JobStatus.BLOCKED), ("asking", JobStatus.BLOCKED),
        ):  # fmt: skip
            sessions.move(tx, f"job-{name}", JobStatus.IN_PROGRESS)
            sessions.move(tx, f"job-{name}", status)
        sessions.move(tx, "job-running", JobStatus.IN_PROGRESS)
        question = {"id": "q", "session_id": "job-asking", "agent_id": "agent-a", "question": "Which?"}
        questions.ask(tx, question)
        now = tx.now_iso
    known = [
        f"job-{name}" for name in ("pending", "running", "done", "failed", "stopped", "blocked", "asking")
    ]
    with any_store.reading() as tx:
        assert ended_for_good(tx, [*known, "job-unknown"]) == {
            "job-done": now, "job-failed": now, "job-stopped": now, "job-blocked": now
        }  # fmt: skip
        assert ended_for_good(tx, []) == {}


def test_many_ids_are_asked_about_in_turn(any_store: Store) -> None:
    with any_store.reading() as tx:
        assert ended_for_good(tx, [f"job-{number}" for number in range(1200)]) == {}


def test_old_words_go_but_those_of_jobs_that_are_still_told_of(
    any_store: Store, rows: Rows, clock: SettableClock
) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        for name in ("waiting", "done", "merging"):
            rows.session(tx, f"job-{name}")
        for name in ("done", "merging"):
            sessions.move(tx, f"job-{name}", JobStatus.IN_PROGRESS)
            sessions.move(tx, f"job-{name}", JobStatus.COMPLETED)
        sessions.annotate(tx, "job-merging", pr_state="open")
    for name in ("job-waiting", "job-done", "job-merging", "1764-claim"):
        say(any_store, name, f"{name}:1")
    clock.advance(days=31)
    say(any_store, "1765-claim", "new")
    with any_store.transaction() as tx:
        assert forget_words(tx, to_iso(clock.now().replace(day=20))) == 2
    assert subjects(any_store) == ["1765-claim", "job-merging", "job-waiting"]


def test_old_measurements_and_orders_go_and_what_experiments_rest_on_stays(
    any_store: Store, clock: SettableClock
) -> None:
    entry = {
        "actor_id": "a", "actor_role": "ceo", "surface": "terminal", "action": "pause", "entity_type": "pause",
        "entity_id": "all", "outcome": "done",
    }  # fmt: skip
    with any_store.transaction() as tx:
        for kind in ("session", "task", "experiment"):
            metrics.record(tx, kind, "x", "n", 1)
        audit.write(tx, entry)
    clock.advance(days=500)
    with any_store.transaction() as tx:
        metrics.record(tx, "task", "y", "n", 1)
        audit.write(tx, entry)
        assert forget_measurements(tx, tx.now_iso) == 2
        assert forget_orders(tx, tx.now_iso) == 1
        assert [row["entity_type"] for row in tx.all("SELECT entity_type FROM metrics ORDER BY id")] == [
            "experiment",
            "task",
        ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (x BLOB)")
        connection.executemany("INSERT INTO t VALUES (randomblob(100000))", [()] * 60)
        connection.commit()
    return path


def test_the_room_of_removed_rows_comes_back_when_it_is_worth_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "EMPTY_MIN", 1 << 20)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM t WHERE rowid > 10")
        connection.commit()
    kept = tend(file, may_rewrite=False)
    assert not kept.was_rewritten
    assert kept.after > 5_000_000
    tended = tend(file, may_rewrite=True)
    assert tended.was_rewritten
    assert tended.after < 1_500_000
    assert tend(file, may_rewrite=True).was_rewritten is False
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (10,)
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)


def test_a_little_empty_room_is_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM t WHERE rowid > 10")
        connection.commit()
    assert not tend(file, may_rewrite=True).was_rewritten


def test_the_write_ahead_log_is_emptied(file: Path) -> None:
    with closing(sqlite3.connect(file)) as holder:
        holder.execute("PRAGMA wal_autocheckpoint=0")
        holder.executemany("INSERT INTO t VALUES (randomblob(100000))", [()] * 30)
        holder.commit()
        log = file.with_name("some.db-wal")
        assert log.stat().st_size > 3_000_000
        tend(file, may_rewrite=False)
        assert log.stat().st_size == 0


def test_somebody_who_writes_is_not_disturbed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(books, "EMPTY_MIN", 0)
    monkeypatch.setattr(books, "EMPTY_SHARE", 0)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(StoreUnavailable) as refused:
            tend(file, may_rewrite=True)
        assert refused.value.reason == "locked"
        writer.execute("COMMIT")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        tend(tmp_path / "none.db", may_rewrite=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sqlite_only
def test_an_open_store_goes_on_while_its_file_is_tended(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "EMPTY_MIN", 0)
    monkeypatch.setattr(books, "EMPTY_SHARE", 0)
    stop = threading.Event()
    failures: list[Exception] = []

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                with store.transaction() as tx:
                    metrics.record(tx, "task", str(number), "n", number)
            except Exception as error:
                failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            with contextlib.suppress(
                StoreUnavailable
            ):  # a writer without a pause may keep it out: that is its right
                tend(tmp_path / "agent-service.db", may_rewrite=True)
    finally:
        stop.set()
        writer.join()
    assert failures == []
