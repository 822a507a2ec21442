"""Old databases: after their steps they are what a fresh one is, and a step that fails leaves nothing behind."""

from pathlib import Path

import pytest

from company.clock import Clock
from company.config import shipped
from company.errors import SchemaDrift, StoreError
from company.store.gate import Store
from company.store.opening import open_store
from company.store.schema import Schema, read_migrations, shipped_schema, split
from company.store.shape import Shape
from tests.company.store.conftest import Rows

SCHEMA = shipped("schema.sql").read_text(encoding="utf-8")

#: The version before: no table pauses, no column leads.notes, no index on tasks, scores up to 10, another view.
OLD_WORDS = [
    ("    notes       TEXT NOT NULL DEFAULT '',\n", ""),
    ("DEFAULT 0 CHECK (score BETWEEN 0 AND 100)", "DEFAULT 0 CHECK (score BETWEEN 0 AND 10)"),
    ("CREATE INDEX IF NOT EXISTS tasks_by_status ON tasks (status, completed_at, id);\n", ""),
    ("SELECT status, count(*) AS experiment_count,", "SELECT status, count(*) AS how_many,"),
]

STEPS = {
    "0001_add_pauses.sql": """
        CREATE TABLE pauses (  -- with the same words as schema.sql
            scope     TEXT PRIMARY KEY,
            reason    TEXT NOT NULL DEFAULT '',
            paused_by TEXT NOT NULL,
            paused_at TEXT NOT NULL,
            until_at  TEXT
        );
        CREATE INDEX tasks_by_status ON tasks (status, completed_at, id);
    """,
    "0002_widen_scores.sqlite.sql": """
        CREATE TABLE new_leads AS SELECT * FROM leads WHERE 0;
        DROP TABLE new_leads;
        CREATE TABLE new_leads (
            id          TEXT PRIMARY KEY,
            source      TEXT NOT NULL,
            email       TEXT,
            name        TEXT,
            company     TEXT,
            phone       TEXT,
            status      TEXT NOT NULL DEFAULT 'new'
                        CHECK (status IN ('new', 'contacted', 'qualified', 'converted', 'lost')),
            score       INTEGER NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
            assigned_to TEXT,
            session_id  TEXT REFERENCES sessions (id),
            created_at  TEXT NOT NULL,
            updated_at  TEXT NOT NULL
        );
        INSERT INTO new_leads SELECT id, source, email, name, company, phone, status, score, assigned_to,
            session_id, created_at, updated_at FROM leads;
        DROP TABLE leads;
        ALTER TABLE new_leads RENAME TO leads;
        CREATE INDEX leads_by_status ON leads (status, created_at, id);
    """,
    "0002_widen_scores.postgresql.sql": """
        ALTER TABLE leads DROP CONSTRAINT leads_score_check;
        ALTER TABLE leads ADD CHECK (score BETWEEN 0 AND 100);
    """,
    "0003_add_notes.sql": "ALTER TABLE leads ADD COLUMN notes TEXT NOT NULL DEFAULT '';",
    "0004_count_experiments.sql": "-- only the view v_experiment_status changed",
}


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    for name, sql in STEPS.items():
        (folder / name).write_text(sql)
    return folder


def old_schema() -> Schema:
    text = SCHEMA
    for new, old in OLD_WORDS:
        assert new in text
        text = text.replace(new, old)
    start = text.index("CREATE TABLE IF NOT EXISTS pauses")
    return Schema(text[:start] + text[text.index("CREATE TABLE IF NOT EXISTS audit") :], ())


def shape_of(store: Store) -> Shape:
    with store._database as database:
        return store._backend.shape(database.executable)


def test_a_migrated_database_is_what_a_fresh_one_is_and_keeps_its_rows(
    empty_url: str, steps: Path, tmp_path: Path, clock: Clock, rows: Rows
) -> None:
    old = open_store(empty_url, sqlite_path=None, clock=clock, schema=old_schema())
    dialect = old.dialect
    with old.transaction() as tx:
        rows.company(tx)
        lead = {"id": "lead-1", "source": "s", "score": 10, "session_id": "job-1"}
        tx.insert("leads", {**lead, "created_at": "t", "updated_at": "t"})
    old.close()

    now = Schema(SCHEMA, read_migrations(steps, dialect))
    migrated = open_store(empty_url, sqlite_path=None, clock=clock, schema=now)
    with migrated.transaction() as tx:
        tx.update("leads", {"score": 100}, {"id": "lead-1"})
        assert tx.one("SELECT id, score, notes, session_id FROM leads") == {
            "id": "lead-1",
            "score": 100,
            "notes": "",
            "session_id": "job-1",
        }
        had = tx.all("SELECT version, name, applied_at FROM schema_migrations ORDER BY version")
    assert [(row["version"], row["name"]) for row in had] == [
        (1, "add_pauses"),
        (2, "widen_scores"),
        (3, "add_notes"),
        (4, "count_experiments"),
    ]
    assert {row["applied_at"] for row in had} == {"2026-11-25T09:00:00.000Z"}
    assert shape_of(migrated) == migrated._backend.shape_of(now)
    migrated.close()
    open_store(empty_url, sqlite_path=None, clock=clock, schema=now).close()


def test_a_fresh_database_needs_no_step_and_has_had_them_all(
    empty_url: str, steps: Path, clock: Clock
) -> None:
    dialect = "sqlite" if empty_url.startswith("sqlite") else "postgresql"
    now = Schema(SCHEMA, read_migrations(steps, dialect))
    store = open_store(empty_url, sqlite_path=None, clock=clock, schema=now)
    with store.reading() as tx:
        assert tx.value("SELECT max(version) FROM schema_migrations") == 4
    store.close()


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("ALTER TABLE leads ADD COLUMN colour TEXT;", "leads: column colour is not in schema.sql"),
        ("DELETE FROM nothing;", "nothing"),
    ],
)
def test_a_step_that_does_not_lead_to_schema_sql_changes_nothing(
    any_url: str, tmp_path: Path, clock: Clock, step: str, error: str
) -> None:
    store = open_store(any_url, sqlite_path=None, clock=clock)
    before, dialect = shape_of(store), store.dialect
    store.close()
    (tmp_path / "0001_wrong.sql").write_text(f"CREATE TABLE other (id TEXT);\n{step}")
    wrong = Schema(SCHEMA, read_migrations(tmp_path, dialect))
    with pytest.raises(Exception, match=error):
        open_store(any_url, sqlite_path=None, clock=clock, schema=wrong)
    store = open_store(any_url, sqlite_path=None, clock=clock)
    assert shape_of(store) == before
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM schema_migrations") == 0
    store.close()


def test_a_step_that_leaves_rows_referring_to_nothing_is_refused(
    any_url: str, tmp_path: Path, clock: Clock, rows: Rows
) -> None:
    store = open_store(any_url, sqlite_path=None, clock=clock)
    with store.transaction() as tx:
        rows.company(tx)
    dialect = store.dialect
    store.close()
    (tmp_path / "0001_wrong.sql").write_text("DELETE FROM teams;")
    wrong = Schema(SCHEMA, read_migrations(tmp_path, dialect))
    with pytest.raises(StoreError, match=r"agents"):
        open_store(any_url, sqlite_path=None, clock=clock, schema=wrong)
    store = open_store(any_url, sqlite_path=None, clock=clock)
    with store.reading() as tx:
        assert tx.value("SELECT count(*) FROM teams") == 1
    store.close()


def test_a_schema_that_changed_without_a_step_is_drift(empty_url: str, clock: Clock) -> None:
    open_store(empty_url, sqlite_path=None, clock=clock, schema=old_schema()).close()
    with pytest.raises(SchemaDrift, match="table pauses is missing"):
        open_store(empty_url, sqlite_path=None, clock=clock)


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (["0002_b.sql"], r"not numbered 1, 2, 3 …: \[2\]"),
        (["0001_a.sql", "0001_b.sql"], r"\[1, 1\]"),
        (["0001_a.sql", "0001_a.sqlite.sql"], r"\[1, 1\]"),
        (["1_a.sql"], "no name for a migration"),
        (["0001_a.mysql.sql"], "no name for a migration"),
    ],
)
def test_steps_are_numbered_without_gaps(tmp_path: Path, names: list[str], error: str) -> None:
    for name in names:
        (tmp_path / name).write_text("-- nothing")
    with pytest.raises(StoreError, match=error):
        read_migrations(tmp_path, "sqlite")


def test_what_the_product_ships_has_the_same_steps_for_both_databases() -> None:
    on_sqlite, on_postgresql = shipped_schema("sqlite"), shipped_schema("postgresql")
    steps = [(step.version, step.name) for step in on_sqlite.migrations]
    assert steps == [(step.version, step.name) for step in on_postgresql.migrations]
    assert on_sqlite.version == len(steps)
    assert on_sqlite.sql == SCHEMA
    assert len(on_sqlite.views) == 8


def test_a_semicolon_in_a_comment_or_string_ends_no_statement() -> None:
    script = "-- a; b\nSELECT ';' /* ; */; SELECT 2;\n-- the end;"
    assert list(split(script)) == ["-- a; b\nSELECT ';' /* ; */;", "SELECT 2;"]
