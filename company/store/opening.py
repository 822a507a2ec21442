"""Open the company's memory: make the schema in a new database, and check it in one that is there."""

from pathlib import Path

import dataset

from company.clock import Clock
from company.errors import StoreError
from company.store import sqlite
from company.store.gate import Store

__all__ = ["Store", "open_store"]

BUSY_TIMEOUT_MS = 30_000  # the daemon can wait; the bot passes 1500, because Slack does not


def open_store(
    url: str, *, sqlite_path: Path | None, clock: Clock, busy_timeout_ms: int = BUSY_TIMEOUT_MS
) -> Store:
    """Open the database at ``url``; when it is empty, the SQLite file at ``sqlite_path``.

    Raises StoreUnavailable.
    """
    path = _sqlite_path(url, sqlite_path)
    database = sqlite.connect(path, busy_timeout_ms=busy_timeout_ms)
    columns = _make_sqlite(database)
    return Store(
        database,
        sqlite.Sqlite(database),
        columns,
        clock,
        url_safe=f"sqlite:///{path}",
        busy_timeout_ms=busy_timeout_ms,
    )


def _sqlite_path(url: str, sqlite_path: Path | None) -> Path:
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///"))
    if url or sqlite_path is None:
        raise StoreError(f"cannot open a database at {url!r}")
    return sqlite_path


def _make_sqlite(database: dataset.Database) -> dict[str, frozenset[str]]:
    with database:
        connection = database.executable
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        if "schema_migrations" not in sqlite.columns_by_table(connection):
            for statement in sqlite.statements(_schema()):
                connection.exec_driver_sql(statement)
        return sqlite.columns_by_table(connection)


def _schema() -> str:
    return (Path(__file__).parents[2] / "schema.sql").read_text(encoding="utf-8")
