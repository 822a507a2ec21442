"""A quick look into the SQLite file, for whoever only reads and is gone again: ``jobs``, ``show``, tab completion.

The store's library takes 0.85 s to import here (dataset with SQLAlchemy and alembic), ``sqlite3`` 5 ms; nobody waits
a second for a completion. So a command that writes nothing may look through here, with the same statements of the
same table modules. The file is opened so that it cannot be written. What is not plainly ready to be read (no file,
an older or a newer schema, PostgreSQL) is left to ``open_store``, which knows what to do and what to say.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from company.clock import Clock, from_iso, to_iso
from company.errors import StoreUnavailable

if TYPE_CHECKING:
    from company.store.gate import Reading, Row, Store

_IN_LIST = re.compile(r"IN :(\w+)")


class Glance:
    """Stands in for a Store of which only ``reading``, ``version`` and ``close`` are used."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Clock) -> None:
        self._connection, self._clock = connection, clock
        self.url_safe = f"sqlite:///{path}"

    @contextmanager
    def reading(self) -> Iterator["Reading"]:
        """Open a snapshot to read from."""
        with _translated():
            self._connection.execute("BEGIN")
            try:
                yield cast("Reading", GlanceReading(self._connection, self._clock))
            finally:
                self._connection.execute("ROLLBACK")

    def version(self) -> int:
        """Return a mark that changes when anybody commits."""
        with _translated():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class GlanceReading:
    """The same questions as ``company.store.gate.Reading``, with the same answers (a test compares them)."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    @cached_property
    def now_iso(self) -> str:
        """The time of this snapshot."""
        return to_iso(self._clock.now())

    def seconds_since(self, moment: str) -> float:
        """Return the seconds from a stored time to this snapshot's; never less than 0."""
        return max(0.0, (from_iso(self.now_iso) - from_iso(moment)).total_seconds())

    def all(self, sql: str, /, **params: Any) -> "list[Row]":
        """Return every row of a query."""
        bound: dict[str, Any] = {}
        for name, value in params.items():
            bound |= _numbered(name, value) if isinstance(value, tuple) else {name: value}
        cursor = self._connection.execute(_IN_LIST.sub(lambda match: _in_list(match, params), sql), bound)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def one(self, sql: str, /, **params: Any) -> "Row | None":
        """Return the first row of a query, or None."""
        return next(iter(self.all(sql, **params)), None)

    def value(self, sql: str, /, **params: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.one(sql, **params)
        return None if row is None else next(iter(row.values()))


def glance(path: Path, clock: Clock, *, busy_timeout_ms: int) -> "Store | None":
    """Open the file for looking; None when it is not plainly ready to be read."""
    if not path.is_file():
        return None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error:
        return None
    try:
        connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        connection.execute("PRAGMA query_only=ON")
        row = connection.execute("SELECT COALESCE(max(version), 0) FROM schema_migrations").fetchone()
    except sqlite3.Error:
        connection.close()
        return None
    if row[0] != _shipped_version():
        connection.close()
        return None
    return cast("Store", Glance(connection, path, clock))


def _shipped_version() -> int:
    """Return the number of the newest migration; the names are checked where they are read."""
    names = (entry.name for entry in files("company.store").joinpath("migrations").iterdir())
    return max((int(name[:4]) for name in names if re.match(r"\d{4}_.*\.sql$", name)), default=0)


def _numbered(name: str, values: tuple[Any, ...]) -> dict[str, Any]:
    return {f"{name}_{number}": value for number, value in enumerate(values)}


def _in_list(match: re.Match[str], params: dict[str, Any]) -> str:
    name = match[1]
    if not isinstance(params.get(name), tuple):
        return match[0]
    return f"IN ({', '.join(f':{one}' for one in _numbered(name, params[name]))})"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable("locked" if "locked" in str(error) else "unreachable", str(error)) from error
