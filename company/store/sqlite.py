"""SQLite, the default: one file, which anybody's ``sqlite3`` can read while the service writes it."""

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import dataset
from sqlalchemy import Connection, create_engine

from company.errors import StoreError
from company.store.schema import Schema
from company.store.shape import Part, Shape

_TOKEN = re.compile(
    r"""--[^\n]* | /\*.*?\*/ | '(?:[^']|'')*' | "(?P<quoted>(?:[^"]|"")*)" | \w+(?:\.\w+)? | \S""",
    re.VERBOSE | re.DOTALL,
)
_RULES = frozenset({"CHECK", "UNIQUE", "FOREIGN", "PRIMARY", "CONSTRAINT"})


class Sqlite:
    """An open SQLite file. It is made, with its folder, when it is not there."""

    name = "sqlite"

    def __init__(self, path: Path, *, busy_timeout_ms: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.url_safe = f"sqlite:///{path}"
        # WAL (dataset's default) lets people read while the service writes; FULL survives a power cut.
        pragmas = [f"busy_timeout={busy_timeout_ms}", "foreign_keys=ON", "synchronous=FULL"]
        self.database = dataset.Database(
            # A file of any name: only `creator` takes what a URL cannot say. The URL tells dataset that it is a file.
            "sqlite:///file",
            ensure_schema=False,
            row_type=dict,
            # A bounded pool smaller than the number of threads stalls in dataset's lock (measured with 2.0.0).
            engine_kwargs={
                "max_overflow": -1,
                # Python's own transactions begin only before a write: reads before it would be no snapshot.
                "creator": partial(sqlite3.connect, path, check_same_thread=False, isolation_level=None),
            },
            on_connect_statements=[f"PRAGMA {pragma}" for pragma in pragmas],
        )
        assert self.database.engine is not None
        self._engine = self.database.engine
        self._lock = threading.Lock()
        # data_version tells what *other* connections committed: one that never writes sees everything.
        self._watching = self._engine.connect()
        self._cursor = self._watching.connection.cursor()

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

    def has_schema(self, connection: Connection) -> bool:
        """Say whether there is a table schema_migrations."""
        found = connection.exec_driver_sql("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'")
        return found.first() is not None

    def shape(self, connection: Connection) -> Shape:
        """Read what the file is made of from the statements it was made with."""
        objects = connection.exec_driver_sql(
            "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_'"
        ).all()
        shape: dict[Part, str] = {}
        for kind, name, sql in objects:
            if kind == "table":
                shape.update(_table_parts(name, sql))
            else:
                shape[Part("", kind, name)] = " ".join(_words(sql))
        return shape

    def shape_of(self, schema: Schema) -> Shape:
        """Make ``schema`` in memory and read it."""
        engine = create_engine("sqlite://")
        try:
            with engine.connect() as connection:
                self.run(connection, schema.statements)
                return self.shape(connection)
        finally:
            engine.dispose()

    def was_checked(self, _connection: Connection, _shape: Shape, _schema: Schema) -> bool:
        """Say no: ``shape_of`` takes a few milliseconds here."""
        return False

    def note_checked(self, connection: Connection, shape: Shape, schema: Schema) -> None:
        """Remember nothing."""

    @contextmanager
    def altering(self) -> Iterator[Connection]:
        """Open a transaction with the write lock; foreign keys are checked at its end instead of at each row."""
        with self._engine.connect() as connection:
            connection.detach()  # it ends with foreign keys off: the pool must not get it back
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                tables = sorted({row[0] for row in broken})
                raise StoreError(f"after migrating, rows of {', '.join(tables)} refer to nothing")
            connection.commit()

    def run(self, connection: Connection, statements: Iterable[str]) -> None:
        """Run statements as they are."""
        for statement in statements:
            connection.exec_driver_sql(statement)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            self._watching.close()
        self.database.close()


def _table_parts(table: str, sql: str) -> Iterator[tuple[Part, str]]:
    """Take a CREATE TABLE apart: its columns and rules, each with the text it was defined by."""
    words = _words(sql)
    depth, definition = 0, list[str]()
    for place, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if (depth == 1 and word == ",") or depth == 0:
            if definition:
                yield _definition(table, definition)
            definition = []
            if word == ")":
                yield Part("", "table", table), " ".join(words[place + 1 :])
                return
        elif depth > 1 or word != "(":
            definition.append(word)


def _definition(table: str, words: list[str]) -> tuple[Part, str]:
    if words[0].upper() in _RULES:
        return Part(table, "rule", " ".join(words)), ""
    return Part(table, "column", words[0]), " ".join(words[1:])


def _words(sql: str) -> list[str]:
    """Return the words of a statement without comments; names without their quotes."""
    return [
        match[0] if match["quoted"] is None else match["quoted"]
        for match in _TOKEN.finditer(sql)
        if not match[0].startswith(("--", "/*"))
    ]
