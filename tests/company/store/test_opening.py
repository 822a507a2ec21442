"""Opening: made once, checked each time, and never altered when it is not as schema.sql says."""

import hashlib
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from company.clock import Clock
from company.config import shipped
from company.errors import NewerDatabase, SchemaDrift, StoreError, StoreUnavailable
from company.store import metrics
from company.store.gate import Store
from company.store.opening import open_store
from tests.company.store.conftest import Opener, Rows

#: contract section 2, and the service's own books
TABLES = (
    *("teams", "agents", "sessions", "tasks", "experiments", "metrics", "patterns", "rewards"),
    *("lessons_learned", "user_commands", "automation_candidates", "leads", "campaigns", "content"),
    *("repositories", "llm_usage", "outbox", "schedules", "experiment_arms", "assignments", "intents"),
    *("questions", "audit", "api_tokens", "pauses", "schema_migrations"),
)
VIEWS = ("v_agent_performance", "v_active_sessions", "v_experiment_status", "v_user_command_patterns")


def test_a_new_database_has_every_table_and_view(any_store: Store) -> None:
    with any_store.reading() as tx:
        for name in (*TABLES, *VIEWS):
            assert tx.all(f"SELECT * FROM {name}") == []


def test_opening_again_finds_what_was_written(open_any: Opener, rows: Rows) -> None:
    first = open_any()
    with first.transaction() as tx:
        rows.company(tx)
    first.close()
    with open_any().reading() as tx:
        assert tx.value("SELECT id FROM sessions") == "job-1"


def test_a_file_of_any_name_is_opened(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "a folder" / "what? 100%20 #1; é.db"
    open_store("", sqlite_path=path, clock=clock).close()
    assert path.exists()


def test_the_files_pragmas_are_those_of_the_design(tmp_path: Path, clock: Clock) -> None:
    store = open_store("", sqlite_path=tmp_path / "a.db", clock=clock, busy_timeout_ms=1234)
    with store.transaction() as tx:
        asked = {name: tx.value(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")}
        assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        assert tx.value("PRAGMA busy_timeout") == 1234
    store.close()


def test_a_password_is_not_shown(postgresql_url: str, clock: Clock) -> None:
    url = postgresql_url.replace("postgres@", "postgres:s3cret@")
    store = open_store(url, sqlite_path=None, clock=clock)
    assert "s3cret" not in store.url_safe
    assert store.dialect == "postgresql"
    store.close()


def test_what_is_no_database_is_refused(tmp_path: Path, clock: Clock) -> None:
    for url in ("mysql://x/y", "nonsense"):
        with pytest.raises(StoreError, match="a database is postgresql"):
            open_store(url, sqlite_path=tmp_path / "a.db", clock=clock)
    (tmp_path / "a file").touch()
    for url, path in (
        ("", tmp_path),
        ("", tmp_path / "a file" / "a.db"),
        (f"postgresql://u@/x?host={tmp_path}", None),
    ):
        with pytest.raises(StoreUnavailable) as refused:
            open_store(url, sqlite_path=path, clock=clock)
        assert refused.value.reason == "unreachable"


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "a.db"
    path.write_text("# notes of mine, longer than the header of a database\n" * 50)
    with pytest.raises(StoreUnavailable, match="file is not a database") as refused:
        open_store("", sqlite_path=path, clock=clock)
    assert refused.value.reason == "damaged"
    assert path.read_text().startswith("# notes of mine")


OPENER = """
import sys
from company.clock import SystemClock
from company.store.opening import open_store
print("ready", flush=True)
sys.stdin.readline()
open_store(sys.argv[1], sqlite_path=None, clock=SystemClock()).close()
"""


def test_processes_that_open_a_new_database_at_once_make_it_once(empty_url: str, clock: Clock) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", OPENER, empty_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    other.stdin.write("go\n")
    other.stdin.flush()
    open_store(empty_url, sqlite_path=None, clock=clock).close()
    other.communicate(timeout=30)
    assert other.returncode == 0


def test_the_sqlite3_shell_reads_the_view_while_the_service_writes(
    tmp_path: Path, clock: Clock, rows: Rows
) -> None:
    path = tmp_path / "agent-service.db"
    store = open_store("", sqlite_path=path, clock=clock)
    with store.transaction() as tx:
        rows.company(tx)
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            with store.transaction() as tx:
                metrics.record(tx, "agent", "agent-a", "m", 1.0)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            assert look(path) == [("agent-a", 0.0)]
    finally:
        is_over.set()
        writer.join()
    with store.transaction() as tx:  # a writer that holds its lock is no obstacle either
        metrics.record(tx, "agent", "agent-a", "m", 1.0)
        assert look(path) == [("agent-a", 0.0)]
    store.close()


def look(path: Path) -> list[tuple[str, float]]:
    """Look as anybody's shell does: no timeout, no pragmas."""
    connection = sqlite3.connect(path, timeout=0)
    try:
        return connection.execute("SELECT agent_id, success_rate_pct FROM v_agent_performance").fetchall()
    finally:
        connection.close()


DRIFTS = {
    "a table that is gone": ("DROP TABLE api_tokens", ["table api_tokens is missing"]),
    "a table too many": ("CREATE TABLE notes (id TEXT)", ["table notes is not in schema.sql"]),
    "a column too many": (
        "ALTER TABLE leads ADD COLUMN colour TEXT",
        ["table leads: column colour is not in schema.sql"],
    ),
    "a column that is gone": (
        "ALTER TABLE leads DROP COLUMN phone",
        ["table leads: column phone is missing"],
    ),
    "an index that is gone": ("DROP INDEX leads_by_status", ["index leads_by_status is missing"]),
    "an index too many": (
        "CREATE INDEX mine ON leads (email)",
        ["index mine is not in schema.sql"],
    ),
    "a view that is gone": ("DROP VIEW v_active_sessions", ["view v_active_sessions is missing"]),
    "a view that differs": (
        "DROP VIEW v_experiment_status; CREATE VIEW v_experiment_status AS SELECT status FROM experiments",
        ["view v_experiment_status is ("],
    ),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_is_named_and_nothing_is_altered(
    name: str, any_url: str, open_any: Opener, clock: Clock
) -> None:
    change, expected = DRIFTS[name]
    alter(open_any, change)
    refuse_drift(any_url, clock, expected)


#: what only a table made anew can differ in: (words of schema.sql, words instead, what is named)
DEFINITIONS = [
    (
        "phone       TEXT",
        "phone       INTEGER",
        "table leads: column phone is (INTEGER), schema.sql says (TEXT)",
    ),
    (
        "source      TEXT NOT NULL",
        "source      TEXT",
        "table leads: column source is (TEXT), schema.sql says",
    ),
    (
        "CHECK (score BETWEEN 0 AND 100)",
        "CHECK (score BETWEEN 0 AND 9)",
        "table leads: column score is (INTEGER NOT NULL DEFAULT 0 CHECK ( score BETWEEN 0 AND 9 ))",
    ),
    ("DEFAULT 'new'", "DEFAULT 'lost'", "table leads: column status is (TEXT NOT NULL DEFAULT 'lost'"),
    (
        "session_id  TEXT REFERENCES sessions (id)",
        "session_id  TEXT",
        "table leads: column session_id is (TEXT), schema.sql says (TEXT REFERENCES sessions ( id ))",
    ),
]


@pytest.mark.parametrize(("words", "instead", "named"), DEFINITIONS)
def test_a_column_that_is_defined_otherwise_is_named(
    tmp_path: Path, clock: Clock, words: str, instead: str, named: str
) -> None:
    path = tmp_path / "a.db"
    leads = shipped("schema.sql").read_text()
    start = leads.index("CREATE TABLE IF NOT EXISTS leads")
    before, leads = leads[:start], leads[start:]
    assert words in leads
    with sqlite3.connect(path) as connection:
        connection.executescript(before + leads.replace(words, instead, 1))
    connection.close()
    refuse_drift(f"sqlite:///{path}", clock, [named])


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("ALTER TABLE app.leads ALTER phone TYPE integer USING 0", "table leads: column phone is (integer)"),
        ("ALTER TABLE app.leads ALTER source DROP NOT NULL", "table leads: column source is (text C), sch"),
        (
            "ALTER TABLE app.leads ALTER status SET DEFAULT 'lost'",
            "table leads: column status is (text C NOT",
        ),
        ("ALTER TABLE app.leads DROP CONSTRAINT leads_score_check", "table leads: rule CHECK (((score >= 0)"),
        (
            "ALTER TABLE app.content DROP CONSTRAINT content_session_id_file_path_key",
            "rule UNIQUE (session_id",
        ),
        (
            "DROP FUNCTION app.round(double precision, integer) CASCADE",
            "function round(value double precision",
        ),
    ],
)
def test_postgresqls_rules_are_looked_at_one_by_one(
    postgresql_url: str, clock: Clock, change: str, named: str
) -> None:
    store = open_store(postgresql_url, sqlite_path=None, clock=clock)
    with store.transaction() as tx:
        tx.execute(change)
    store.close()
    with pytest.raises(SchemaDrift, match="the database differs") as refused:
        open_store(postgresql_url, sqlite_path=None, clock=clock)
    assert any(named in line for line in refused.value.differences), refused.value.differences


@pytest.mark.postgresql
def test_postgresql_makes_the_schema_to_compare_only_when_it_does_not_know_it(
    postgresql_url: str, clock: Clock
) -> None:
    """Making it leaves dead rows in the catalogs, and a command line opens the database again and again."""

    def take_number() -> int:
        opened = open_store(postgresql_url, sqlite_path=None, clock=clock)
        with closing(opened), opened.transaction() as tx:
            return int(tx.value("SELECT pg_current_xact_id()::text"))

    first = take_number()
    assert take_number() == first + 1


def test_a_database_of_somebody_else_is_refused_and_kept(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (id INTEGER)")
    connection.close()
    refuse_drift(f"sqlite:///{path}", clock, ["table recipes is not in schema.sql", "table teams is missing"])


def test_a_database_without_its_books_is_not_filled_up(any_url: str, open_any: Opener, clock: Clock) -> None:
    alter(open_any, "DROP TABLE schema_migrations")
    refuse_drift(any_url, clock, ["table schema_migrations is missing"])


def test_a_database_of_a_later_version_is_refused(any_url: str, open_any: Opener, clock: Clock) -> None:
    alter(open_any, "INSERT INTO schema_migrations VALUES (9999, 'from_the_future', 't')")
    with pytest.raises(NewerDatabase, match="has had migration 9999") as refused:
        open_store(any_url, sqlite_path=None, clock=clock)
    assert "nothing was changed" in refused.value.mend


def alter(open_any: Opener, change: str) -> None:
    store = open_any()
    with store.transaction() as tx:
        for statement in change.split("; "):
            tx.execute(statement)
    store.close()


def refuse_drift(url: str, clock: Clock, expected: list[str]) -> None:
    before = digest(url)
    with pytest.raises(SchemaDrift) as refused:
        open_store(url, sqlite_path=None, clock=clock)
    differences = refused.value.differences
    for start in expected:
        assert any(line.startswith(start) for line in differences), differences
    if "table teams is missing" not in expected:
        assert len(differences) == len(expected), differences
    assert "nothing was changed" in refused.value.mend
    assert digest(url) == before


def digest(url: str) -> str:
    """Return what is in an SQLite file, whole; '' for a server's database, which is looked at by its refusal."""
    if not url.startswith("sqlite"):
        return ""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
    finally:
        connection.close()
