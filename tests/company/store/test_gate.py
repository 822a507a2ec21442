"""The door to the database: transactions, locks, races, and what may be written."""

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from company.clock import Clock
from company.errors import ConstraintViolated, NestedTransaction, StoreError, StoreUnavailable, UnknownColumn
from company.store import metrics
from company.store.gate import Store
from company.store.opening import open_store
from company.work.job import JobStatus
from tests.company.store.conftest import Opener, Rows
from tests.postgresql_server import PostgresqlServer

TEAM = {"id": "team-x", "name": "X", "domain": "d", "created_at": "t", "updated_at": "t"}


def names(store: Store) -> list[str]:
    with store.reading() as tx:
        return [row["name"] for row in tx.all("SELECT name FROM teams ORDER BY id")]


def insert(store: Store, *teams: dict[str, str], first: str = "") -> None:
    with store.transaction() as tx:
        if first:
            tx.execute(first)
        for team in teams:
            tx.insert("teams", team)


def insert_and_fail(store: Store) -> None:
    with store.transaction() as tx:
        tx.insert("teams", TEAM)
        raise KeyError


def test_a_column_that_is_not_there_is_refused_by_every_write(store: Store) -> None:
    with store.transaction() as tx:
        for write in (
            lambda: tx.insert("teams", {**TEAM, "colour": "red"}),
            lambda: tx.insert_new("teams", {**TEAM, "colour": "red"}),
            lambda: tx.insert_id("metrics", {"colour": "red"}),
            lambda: tx.update("teams", {"colour": "red"}, {"id": "team-x"}),
            lambda: tx.update("teams", {"name": "Y"}, {"colour": "red"}),
            lambda: tx.delete("teams", {"colour": "red"}),
        ):
            with pytest.raises(UnknownColumn, match="has no column colour"):
                write()
    assert names(store) == []


def test_a_write_names_a_table_that_is_there_and_at_least_one_column(store: Store) -> None:
    with store.transaction() as tx:
        with pytest.raises(StoreError, match="no table nothing"):
            tx.insert("nothing", {"id": 1})
        with pytest.raises(StoreError, match="nothing named"):
            tx.delete("teams", {})
        with pytest.raises(StoreError, match="nothing named"):
            tx.update("teams", {"name": "Y"}, {})


def test_a_transaction_inside_another_raises_and_the_outer_one_goes_on(store: Store) -> None:
    with store.transaction() as tx:
        tx.insert("teams", TEAM)
        with pytest.raises(NestedTransaction), store.transaction():
            pass
        with pytest.raises(NestedTransaction), store.reading():
            pass
    with store.reading(), pytest.raises(NestedTransaction), store.transaction():
        pass
    assert names(store) == ["X"]


def test_a_failure_undoes_everything_and_frees_the_lock(any_store: Store, open_any: Opener) -> None:
    with pytest.raises(KeyError):
        insert_and_fail(any_store)
    with pytest.raises(ConstraintViolated):
        insert(any_store, TEAM, TEAM)
    with open_any().transaction() as tx:
        tx.insert("teams", {**TEAM, "id": "team-y", "name": "Y"})
    assert names(any_store) == ["Y"]


def test_a_row_that_refers_to_nothing_is_refused(any_store: Store, rows: Rows) -> None:
    with pytest.raises(ConstraintViolated), any_store.transaction() as tx:
        rows.session(tx, team_id="team-nobody")


def test_of_eight_threads_one_wins_a_conditional_update(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
    barrier = threading.Barrier(8)

    def race(racer: int) -> int:
        barrier.wait()
        with any_store.transaction() as tx:
            wanted = {"status": JobStatus.IN_PROGRESS, "phase": f"racer {racer}"}
            return tx.update("sessions", wanted, {"id": "job-1", "status": JobStatus.PENDING})

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(race, range(8)))
    assert sorted(won) == [0] * 7 + [1]
    with any_store.reading() as looking:
        assert looking.value("SELECT phase FROM sessions") == f"racer {won.index(1)}"


def test_what_a_transaction_read_stays_true_until_it_commits(any_store: Store, rows: Rows) -> None:
    """Reading, adding and writing back loses nothing, because writers take turns from their first statement."""
    with any_store.transaction() as tx:
        rows.company(tx)

    def add_one(_: int) -> None:
        with any_store.transaction() as tx:
            count = tx.value("SELECT iteration_count FROM sessions")
            tx.update("sessions", {"iteration_count": count + 1}, {"id": "job-1"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(80)))
    with any_store.reading() as looking:
        assert looking.value("SELECT iteration_count FROM sessions") == 80


WRITER = """
import sys
from company.clock import SystemClock
from company.store import metrics
from company.store.opening import open_store
store = open_store(sys.argv[1], sqlite_path=None, clock=SystemClock())
print("ready", flush=True)
sys.stdin.readline()
for number in range(50):
    with store.transaction() as tx:
        metrics.record(tx, "agent", "another process", "number", number)
store.close()
"""


def test_two_processes_write_at_once_and_nothing_is_lost(any_store: Store, any_url: str) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", WRITER, any_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    other.stdin.write("go\n")
    other.stdin.flush()
    for number in range(50):
        with any_store.transaction() as tx:
            metrics.record(tx, "agent", "this process", "number", number)
    other.communicate(timeout=30)
    assert other.returncode == 0
    with any_store.reading() as looking:
        counted = looking.all(
            "SELECT entity_id, count(*) AS n FROM metrics GROUP BY entity_id ORDER BY entity_id"
        )
    assert counted == [{"entity_id": "another process", "n": 50}, {"entity_id": "this process", "n": 50}]


def test_reading_is_a_snapshot_and_waits_for_no_writer(any_store: Store, open_any: Opener) -> None:
    other = open_any()
    with other.transaction() as writing:
        writing.insert("teams", TEAM)
        with any_store.reading() as tx:  # the writer holds its lock meanwhile
            assert tx.value("SELECT count(*) FROM teams") == 0
    with any_store.reading() as tx:
        assert tx.value("SELECT count(*) FROM teams") == 1
        with other.transaction() as writing:
            writing.delete("teams", {"id": "team-x"})
        assert tx.value("SELECT count(*) FROM teams") == 1


def test_the_version_changes_when_anybody_commits_and_only_then(any_store: Store, open_any: Opener) -> None:
    other = open_any()
    first = any_store.version()
    assert any_store.version() == first
    with other.transaction() as tx:
        tx.insert("teams", TEAM)
    second = any_store.version()
    assert second != first
    with any_store.transaction() as tx:
        tx.update("teams", {"name": "Y"}, {"id": "team-x"})
    assert any_store.version() not in (first, second)


@pytest.mark.sqlite_only
def test_the_version_changes_when_a_plain_program_commits(store: Store, tmp_path: Path) -> None:
    before = store.version()
    with sqlite3.connect(tmp_path / "agent-service.db") as connection:
        connection.execute("INSERT INTO teams VALUES ('team-x', 'X', 'd', '', 't', 't')")
    connection.close()
    assert store.version() != before


def test_only_a_commit_that_changed_rows_is_told(store: Store) -> None:
    told: list[str] = []
    store.on_commit = lambda: told.append("told")
    with store.transaction() as tx:
        tx.value("SELECT count(*) FROM teams")
    with store.transaction() as tx:
        tx.update("teams", {"name": "Y"}, {"id": "nobody"})
    with pytest.raises(KeyError):
        insert_and_fail(store)
    assert told == []
    with store.transaction() as tx:
        tx.insert("teams", TEAM)
    assert told == ["told"]


def test_a_lock_that_does_not_come_is_named_and_nothing_is_written(any_url: str, clock: Clock) -> None:
    patient = open_store(any_url, sqlite_path=None, clock=clock)
    hasty = open_store(any_url, sqlite_path=None, clock=clock, busy_timeout_ms=50)
    try:
        with patient.transaction() as tx:
            tx.insert("teams", TEAM)
            with pytest.raises(StoreUnavailable) as refused, hasty.transaction():
                pass
        assert refused.value.reason == "locked"
        with hasty.transaction() as tx:
            tx.update("teams", {"name": "Y"}, {"id": "team-x"})
        assert names(patient) == ["Y"]
    finally:
        hasty.close()
        patient.close()


def test_threads_of_one_process_queue_for_the_lock_too(store: Store, tmp_path: Path, clock: Clock) -> None:
    hasty = open_store("", sqlite_path=tmp_path / "hasty.db", clock=clock, busy_timeout_ms=50)
    refused: list[str] = []

    def write() -> None:
        try:
            with hasty.transaction():
                pass
        except StoreUnavailable as error:
            refused.append(error.reason)

    with hasty.transaction():
        other = threading.Thread(target=write)
        other.start()
        other.join()
    hasty.close()
    assert refused == ["locked"]


@pytest.mark.parametrize(("pragma", "reason"), [("max_page_count=1", "full"), ("query_only=ON", "read_only")])
def test_a_disk_that_takes_nothing_is_named(tmp_path: Path, clock: Clock, pragma: str, reason: str) -> None:
    store = open_store("", sqlite_path=tmp_path / "a.db", clock=clock)
    with pytest.raises(StoreUnavailable) as refused:
        insert(store, {**TEAM, "description": "x" * 100_000}, first=f"PRAGMA {pragma}")
    assert refused.value.reason == reason
    assert "nothing was written" in refused.value.mend
    store.close()


def test_statements_that_are_wrong_are_not_called_unavailable(any_store: Store) -> None:
    with pytest.raises(Exception, match="connection") as raised, any_store.reading() as tx:
        tx.all("SELECT connection FROM teams")
    assert not isinstance(raised.value, StoreUnavailable)


def test_values_are_stored_the_same_way_on_both_databases(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        changes = {
            "depends_on": ("job-é", "job-2"),
            "outcome": "a NUL \0 and half a pair \ud83d and a whole one 😀",
            "cost_usd": 0.1,
            "stop_requested_at": datetime(2026, 11, 25, 9, 0, 0, 1500, tzinfo=UTC),
        }
        assert tx.update("sessions", changes, {"id": "job-1", "status": JobStatus.PENDING}) == 1
        tx.update("agents", {"is_active": False, "keywords": ["b", "a"]}, {"id": "agent-a"})
        row = tx.one("SELECT depends_on, outcome, cost_usd, stop_requested_at FROM sessions")
        assert row == {
            "depends_on": '["job-é", "job-2"]',
            "outcome": "a NUL \ufffd and half a pair ? and a whole one 😀",
            "cost_usd": 0.1,
            "stop_requested_at": "2026-11-25T09:00:00.001Z",
        }
        assert tx.one("SELECT is_active, keywords FROM agents") == {"is_active": 0, "keywords": '["b", "a"]'}


def test_an_object_is_stored_with_its_keys_in_order(any_store: Store) -> None:
    with any_store.transaction() as tx:
        row = {"entity_type": "agent", "entity_id": "a", "metric_name": "m", "metric_value": 1.0}
        key = tx.insert_id("metrics", {**row, "context": {"b": 1, "a": "é"}, "recorded_at": tx.now_iso})
        second = tx.insert_id("metrics", {**row, "recorded_at": tx.now_iso})
        assert second > key
        assert tx.value("SELECT context FROM metrics WHERE id = :id", id=key) == '{"a": "é", "b": 1}'


def test_a_tuple_means_one_of_these_and_none_means_null(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        for key in ("job-2", "job-3"):
            rows.session(tx, key)
        assert tx.update("sessions", {"phase": "a"}, {"id": ("job-1", "job-3", "job-9")}) == 2
        assert tx.update("sessions", {"phase": "b"}, {"outcome": None, "phase": "a"}) == 2
        assert tx.update("sessions", {"phase": "c"}, {"id": ()}) == 0
        assert tx.delete("sessions", {"id": ("job-2", "job-3")}) == 2
        assert tx.all("SELECT id FROM sessions WHERE id IN :ids", ids=("job-1", "job-2")) == [{"id": "job-1"}]
        assert tx.all("SELECT id FROM sessions WHERE id IN :ids", ids=()) == []
        assert tx.one("SELECT id FROM sessions WHERE id = 'job-9'") is None
        assert tx.value("SELECT id FROM sessions WHERE id = 'job-9'") is None


def test_a_row_that_meets_another_is_not_added(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        assert tx.insert_new("teams", TEAM)
        assert not tx.insert_new("teams", {**TEAM, "name": "other"})
    assert names(any_store) == ["X"]


def test_a_transaction_has_one_time_and_it_never_runs_backwards(store: Store, clock: Clock) -> None:
    with store.transaction() as tx:
        now = tx.now_iso
        clock.advance(seconds=5)  # type: ignore[attr-defined] # the tests' clock can be set
        assert tx.now_iso == now == "2026-11-25T09:00:00.000Z"
        assert tx.seconds_since("2026-11-25T08:59:58.500Z") == 1.5
        assert tx.seconds_since("2026-11-25T10:00:00.000Z") == 0.0


def test_a_commit_that_fails_leaves_nothing_behind_and_the_next_one_goes_well(
    tmp_path: Path, clock: Clock, rows: Rows
) -> None:
    """SQLite keeps a transaction open whose COMMIT failed, and its lock with it; dataset forgets about it."""
    store = open_store("", sqlite_path=tmp_path / "a.db", clock=clock)

    def fail_to_commit() -> None:
        with store.transaction() as tx:
            tx.execute("PRAGMA defer_foreign_keys=ON")  # the row below is looked at when it is committed
            rows.session(tx, team_id="team-nobody")

    with pytest.raises(ConstraintViolated):
        fail_to_commit()
    insert(store, TEAM)
    with store.reading() as looking:
        assert looking.value("SELECT count(*) FROM sessions") == 0
    assert names(store) == ["X"]
    store.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("then", ["SELECT count(*) FROM teams", ""])
def test_a_connection_that_breaks_inside_a_transaction_is_replaced(
    postgresql_url: str, clock: Clock, then: str
) -> None:
    store = open_store(postgresql_url, sqlite_path=None, clock=clock)
    other = open_store(postgresql_url, sqlite_path=None, clock=clock)

    def break_off() -> None:
        with store.transaction() as tx:
            tx.insert("teams", TEAM)
            process = tx.value("SELECT pg_backend_pid()")
            with ThreadPoolExecutor(1) as pool:
                pool.submit(end_backend, process).result()
            if then:
                tx.value(then)

    def end_backend(process: int) -> None:
        with other.reading() as tx:
            tx.value("SELECT pg_terminate_backend(:process)", process=process)

    with pytest.raises(StoreUnavailable) as refused:
        break_off()
    assert refused.value.reason == "unreachable"
    assert names(store) == []
    insert(store, TEAM)
    assert names(store) == ["X"]
    other.close()
    store.close()


@pytest.mark.postgresql
def test_a_server_that_was_restarted_is_found_again(
    postgresql_server: PostgresqlServer, postgresql_url: str, clock: Clock
) -> None:
    store = open_store(postgresql_url, sqlite_path=None, clock=clock)
    postgresql_server.stop()
    with pytest.raises(StoreUnavailable) as refused, store.transaction():
        pass
    assert refused.value.reason == "unreachable"
    with pytest.raises(StoreUnavailable):
        store.version()
    postgresql_server.start()
    with store.transaction() as tx:
        tx.insert("teams", TEAM)
    assert names(store) == ["X"]
    store.close()


def test_closing_waits_for_what_is_under_way_and_refuses_what_comes_later(store: Store) -> None:
    begun, go_on, seen = threading.Event(), threading.Event(), list[int]()

    def read() -> None:
        with store.reading() as tx:
            begun.set()
            go_on.wait(10)
            seen.append(tx.value("SELECT count(*) FROM teams"))

    reader = threading.Thread(target=read)
    reader.start()
    begun.wait(10)
    closer = threading.Thread(target=store.close)
    closer.start()
    closer.join(0.1)
    assert closer.is_alive()
    with pytest.raises(StoreError, match="closed"), store.reading():
        pass
    go_on.set()
    reader.join()
    closer.join(10)
    assert not closer.is_alive()
    assert seen == [0]
