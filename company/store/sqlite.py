"""SQLite, the default: one file, which anybody's ``sqlite3`` can read while the service writes it."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import dataset
from sqlalchemy import Connection, event


def connect(path: Path, *, busy_timeout_ms: int) -> dataset.Database:
    """Open the file, made with its folder when it is not there.

    WAL lets people read while the service writes; FULL makes a commit survive a power cut.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = dataset.Database(
        f"sqlite:///{path}",
        ensure_schema=False,
        row_type=dict,
        # A bounded pool smaller than the number of threads stalls in dataset's lock (measured with 2.0.0).
        engine_kwargs={"max_overflow": -1},
        on_connect_statements=[
            f"PRAGMA busy_timeout={busy_timeout_ms}",
            "PRAGMA foreign_keys=ON",
            "PRAGMA synchronous=FULL",
        ],
    )
    assert database.engine is not None
    event.listen(database.engine, "connect", _begin_by_hand)
    return database


def _begin_by_hand(connection: sqlite3.Connection, _record: object) -> None:
    # Python's driver begins only before a write, so reads before it are no snapshot and take no lock.
    connection.isolation_level = None


class Sqlite:
    """The dialect of an open SQLite file."""

    name = "sqlite"

    def __init__(self, database: dataset.Database) -> None:
        assert database.engine is not None
        self._lock = threading.Lock()
        # data_version tells what *other* connections committed: one that never writes sees everything.
        self._watching = database.engine.raw_connection()
        self._cursor = self._watching.cursor()

    def begin_writing(self, connection: Connection) -> None:
        """Take the write lock now, not at the first write: what is read then stays true."""
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def begin_reading(self, connection: Connection) -> None:
        """Begin; the first read makes the snapshot."""
        connection.exec_driver_sql("BEGIN")

    def version(self) -> int:
        """Return ``PRAGMA data_version`` (2.4 µs)."""
        with self._lock:
            row = self._cursor.execute("PRAGMA data_version").fetchone()
            return int(row[0])

    def close(self) -> None:
        """Give the watching connection back."""
        with self._lock:
            self._cursor.close()
            self._watching.close()


def statements(script: str) -> Iterator[str]:
    """Split an SQL script. ``executescript`` will not do: it commits before it begins."""
    gathered = ""
    for piece in script.split(";"):
        gathered += piece + ";"
        if sqlite3.complete_statement(gathered):
            yield gathered.strip()
            gathered = ""


def columns_by_table(connection: Connection) -> dict[str, frozenset[str]]:
    """Name the columns of each table of the open database."""
    rows = connection.exec_driver_sql(
        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'"
    ).all()
    tables: dict[str, set[str]] = {}
    for table, column in rows:
        tables.setdefault(table, set()).add(column)
    return {table: frozenset(columns) for table, columns in tables.items()}
