"""The door to the database: every read and write passes here, inside one transaction that never nests.

The library is ``dataset`` (2.0): its Database holds the connections, the threads they belong to and the
transactions, and runs every statement. Its Table is left alone: it drops unknown keys silently, knows no
ON CONFLICT, costs 100 µs a call (SQL through ``Database.query``: 25) and reflects a table again after each
rollback (5.6 ms of the write lock). Statements are therefore SQL, built here from names that are columns and
from nothing else, and values are always bound.

Invariants:

* A writing transaction has the database's one write lock from its first statement to its end (SQLite: BEGIN
  IMMEDIATE; PostgreSQL: an advisory lock): what it read stays true until it commits, and integer ids grow in
  the order of commits. So it is kept short: no file, process or network inside.
* ``reading()`` is a snapshot and never waits for a writer.
* A failure rolls back and frees the lock; nothing runs outside a transaction (there dataset keeps locks).
"""

import functools
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Any

import dataset
import sqlalchemy
from dataset.util import ResultIter
from sqlalchemy import Connection, TextClause
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from company.clock import Clock, from_iso, to_iso
from company.errors import ConstraintViolated, NestedTransaction, StoreError, StoreUnavailable, UnknownColumn
from company.store.backend import Backend

Row = dict[str, Any]


class Reading:
    """What can be asked inside a transaction. Values come back as stored: JSON columns as text."""

    def __init__(self, database: dataset.Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @functools.cached_property
    def now_iso(self) -> str:
        """The time of this transaction: the same each time it is asked for."""
        return to_iso(self._clock.now())

    def seconds_since(self, moment: str) -> float:
        """Return the seconds from a stored time to this transaction's; never less than 0, clocks jump."""
        return max(0.0, (from_iso(self.now_iso) - from_iso(moment)).total_seconds())

    def all(self, sql: str, /, **params: Any) -> list[Row]:
        """Return every row of a query. ``:name`` is bound; a tuple belongs after IN: ``id IN :ids``."""
        return [dict(row) for row in self._run(sql, params)]

    def one(self, sql: str, /, **params: Any) -> Row | None:
        """Return the first row of a query, or None."""
        rows = self.all(sql, **params)
        return rows[0] if rows else None

    def value(self, sql: str, /, **params: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.one(sql, **params)
        return None if row is None else next(iter(row.values()))

    def _run(self, sql: str, params: Mapping[str, Any]) -> ResultIter:
        lists = tuple((name, not value) for name, value in params.items() if isinstance(value, tuple))
        bound = {name: _plain(value) for name, value in params.items()}
        with translated():
            return self._database.query(_statement(sql, lists), **bound)


class Transaction(Reading):
    """Reads and writes that stand or fall together."""

    def __init__(
        self, database: dataset.Database, clock: Clock, columns: Mapping[str, frozenset[str]]
    ) -> None:
        super().__init__(database, clock)
        self._columns = columns
        self.changed_rows = 0  #: by insert, update, delete and execute so far

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Add a row. Raises UnknownColumn, ConstraintViolated."""
        self._write(_insert_sql(table, self._known(table, row)), _stored(row))

    def insert_new(self, table: str, row: Mapping[str, Any]) -> bool:
        """Add a row unless it meets one it must differ from; say whether it was added."""
        return (
            self._write(_insert_sql(table, self._known(table, row)) + " ON CONFLICT DO NOTHING", _stored(row))
            > 0
        )

    def insert_id(self, table: str, row: Mapping[str, Any]) -> int:
        """Add a row to a table with an integer key and return that key."""
        key = self.value(_insert_sql(table, self._known(table, row)) + " RETURNING id", **_stored(row))
        self.changed_rows += 1
        return int(key)

    def update(self, table: str, changes: Mapping[str, Any], where: Mapping[str, Any]) -> int:
        """Change the rows that fit ``where`` and return how many: the count decides races.

        ``where`` is joined by AND; a tuple means one of these, None means is NULL. It is never empty.
        """
        self._known(table, changes)
        self._known(table, where)
        condition, bound = _condition(where)
        settings = ", ".join(f"{column} = :new_{column}" for column in changes)
        bound.update({f"new_{column}": value for column, value in _stored(changes).items()})
        return self._write(f"UPDATE {table} SET {settings} WHERE {condition}", bound)  # noqa: S608 - names checked

    def delete(self, table: str, where: Mapping[str, Any]) -> int:
        """Remove the rows that fit ``where`` (as in ``update``) and return how many."""
        self._known(table, where)
        condition, bound = _condition(where)
        return self._write(f"DELETE FROM {table} WHERE {condition}", bound)  # noqa: S608 - names checked

    def execute(self, sql: str, /, **params: Any) -> int:
        """Run a statement that changes rows, for what the others cannot say; return how many."""
        return self._write(sql, params)

    def _write(self, sql: str, params: Mapping[str, Any]) -> int:
        result = self._run(sql, params).result_proxy
        count = max(result.rowcount, 0) if result is not None else 0
        self.changed_rows += count
        return count

    def _known(self, table: str, row: Mapping[str, Any]) -> tuple[str, ...]:
        known = self._columns.get(table)
        if known is None:
            raise StoreError(f"no table {table}")
        for column in row:
            if column not in known:
                raise UnknownColumn(table, column)
        if not row:
            raise StoreError(f"nothing named for table {table}")
        return tuple(row)


CLOSING_S = 5.0  # how long closing waits for transactions under way


class Store:
    """The company's memory, open. Made by ``open_store``; safe to use from many threads."""

    def __init__(
        self,
        backend: Backend,
        columns: Mapping[str, frozenset[str]],
        clock: Clock,
        *,
        busy_timeout_ms: int,
    ) -> None:
        self._backend = backend
        self._database = backend.database
        self._columns = columns
        self._clock = clock
        self._busy_timeout_s = busy_timeout_ms / 1000
        # SQLite's waiting is polling with sleeps of up to 100 ms; threads of one process queue here instead.
        self._writer = threading.Lock()
        self._open = threading.local()
        self._ended = threading.Condition()
        self._under_way = 0  # transactions of all threads
        self._is_closed = False
        self.url_safe = backend.url_safe  #: where it is, without a password
        self.on_commit: Callable[[], None] | None = None  #: called after a commit that changed rows

    @property
    def dialect(self) -> str:
        """'sqlite' or 'postgresql'."""
        return self._backend.name

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open the one writing transaction of this thread; commit at the end, roll back on any exception.

        Raises NestedTransaction, and StoreUnavailable when the write lock did not come in time.
        """
        with (
            self._alone(),
            self._counted(),
            self._writing_in_turn(),
            self._begun(self._backend.begin_writing),
        ):
            tx = Transaction(self._database, self._clock, self._columns)
            yield tx
        if tx.changed_rows and self.on_commit is not None:
            self.on_commit()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Open a snapshot to read from: it waits for nobody and nobody waits for it."""
        with self._alone(), self._counted(), self._begun(self._backend.begin_reading):
            yield Reading(self._database, self._clock)

    def version(self) -> int | str:
        """Return a mark that changes when anybody commits, in this process or another. Costs microseconds."""
        with translated():
            return self._backend.version()

    def close(self) -> None:
        """Let the transactions under way come to their end, refuse those that come later, close every connection.

        A connection that is closed under a thread's statement ends the process. So one that does not come to its end
        keeps all of them open: then the process is about to leave.
        """
        with self._ended:
            self._is_closed = True
            has_ended = self._ended.wait_for(lambda: self._under_way == 0, timeout=CLOSING_S)
        if has_ended:
            self._backend.close()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._ended:
            if self._is_closed:
                raise StoreError("the store was closed")
            self._under_way += 1
        try:
            yield
        finally:
            with self._ended:
                self._under_way -= 1
                self._ended.notify_all()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if getattr(self._open, "is_open", False):
            raise NestedTransaction
        self._open.is_open = True
        try:
            yield
        finally:
            self._open.is_open = False

    @contextmanager
    def _writing_in_turn(self) -> Iterator[None]:
        if not self._writer.acquire(timeout=self._busy_timeout_s):
            raise StoreUnavailable("locked", "another thread kept the write lock")
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def _begun(self, begin: Callable[[Connection], None]) -> Iterator[None]:
        try:
            with translated(), self._database:
                begin(self._database.executable)
                yield
        finally:
            self._let_go()

    def _let_go(self) -> None:
        """Close this thread's connection where dataset kept it: when the end of the transaction failed.

        It would have the next transaction on it, which could not begin: the failed one is still open there.
        """
        kept = self._database.connections.pop(threading.get_ident(), None)
        if kept is not None:
            kept.invalidate()
            kept.close()


@contextmanager
def translated() -> Iterator[None]:
    """Give the databases' errors our names: callers know no SQLAlchemy."""
    try:
        yield
    except IntegrityError as error:
        raise ConstraintViolated(_first_line(error)) from error
    except DBAPIError as error:
        reason = unavailable_reason(error)
        if reason is None:
            raise
        raise StoreUnavailable(reason, _first_line(error)) from error


_UNAVAILABLE = {
    "database is locked": "locked",
    "database table is locked": "locked",
    "lock timeout": "locked",
    "database or disk is full": "full",
    "no space left on device": "full",
    "disk i/o error": "full",
    "readonly database": "read_only",
    "read-only transaction": "read_only",
    "unable to open database file": "unreachable",
    "file is not a database": "damaged",
    "disk image is malformed": "damaged",
}


def unavailable_reason(error: DBAPIError) -> str | None:
    """Return StoreUnavailable's reason, or None: the statement was wrong, not the database."""
    text = str(error.orig).lower()
    for words, reason in _UNAVAILABLE.items():
        if words in text:
            return reason
    # psycopg's OperationalError is what befalls a server or its connection; sqlite3's is any wrong statement too.
    is_of_server = isinstance(error, OperationalError) and not isinstance(error.orig, sqlite3.Error)
    return "unreachable" if is_of_server or error.connection_invalidated else None


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().split("\n", 1)[0]


@functools.lru_cache(maxsize=1024)
def _statement(sql: str, lists: tuple[tuple[str, bool], ...]) -> TextClause:
    """Prepare ``sql``. ``lists`` names the parameters that are lists, and says of each whether it is empty."""
    statement = sqlalchemy.text(sql)
    if not lists:
        return statement
    # PostgreSQL wants to know of what an empty list is empty: of text, as all keys that are looked up so.
    return statement.bindparams(
        *(
            sqlalchemy.bindparam(name, expanding=True, type_=sqlalchemy.String() if is_empty else None)
            for name, is_empty in lists
        )
    )


def _insert_sql(table: str, columns: tuple[str, ...]) -> str:
    values = ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608 - names were checked


def _condition(where: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    parts, bound = [], {}
    for column, value in where.items():
        if value is None:
            parts.append(f"{column} IS NULL")
            continue
        parts.append(f"{column} {'IN' if isinstance(value, tuple) else '='} :old_{column}")
        bound[f"old_{column}"] = value
    return " AND ".join(parts), bound


def _stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``row`` with tuples as lists: in a row a tuple is a JSON list, and only in a condition an IN."""
    return {column: list(value) if isinstance(value, tuple) else value for column, value in row.items()}


def _plain(value: Any) -> Any:
    """Return ``value`` as both databases take it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, bool):  # PostgreSQL takes no boolean for an INTEGER column
        return int(value)
    if isinstance(value, datetime):
        return to_iso(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        value = dict(value)
    if isinstance(value, dict | list):
        return _storable(json.dumps(value, sort_keys=True, ensure_ascii=False))
    return value


def _storable(text: str) -> str:
    """Replace what a column cannot hold: NUL (PostgreSQL) and halves of surrogate pairs (both)."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
