"""Open the company's memory: make the schema in a new database, migrate an old one, check every one.

A database that differs from schema.sql is refused with each difference named, and nothing of it is changed; one that a
later version has migrated is refused too.
"""

from pathlib import Path

from sqlalchemy import Connection

from company.clock import Clock, to_iso
from company.errors import NewerDatabase, SchemaDrift, StoreError, StoreUnavailable
from company.store.backend import Backend
from company.store.gate import Store, translated
from company.store.schema import Schema, shipped_schema, split
from company.store.shape import Shape, columns_by_table, differences

__all__ = ["Store", "open_store"]

BUSY_TIMEOUT_MS = 30_000  # the daemon can wait; the bot passes 1500, because Slack does not


def open_store(
    url: str,
    *,
    sqlite_path: Path | None,
    clock: Clock,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    schema: Schema | None = None,
) -> Store:
    """Open the database at ``url``; when it is empty, the SQLite file at ``sqlite_path``.

    ``schema`` is what the product ships unless told otherwise. Raises StoreUnavailable, SchemaDrift, NewerDatabase.
    """
    try:
        with translated():
            backend = _connect(url, sqlite_path, busy_timeout_ms)
    except OSError as error:  # its folder cannot be made
        raise StoreUnavailable("unreachable", str(error)) from error
    try:
        with translated():
            shape = _ready(backend, schema or shipped_schema(backend.name), clock)
        return Store(backend, columns_by_table(shape), clock, busy_timeout_ms=busy_timeout_ms)
    except BaseException:
        backend.close()
        raise


def _connect(url: str, sqlite_path: Path | None, busy_timeout_ms: int) -> Backend:
    if url.startswith("postgres"):
        from company.store.postgres import Postgres, check_driver

        check_driver()
        return Postgres(url, busy_timeout_ms=busy_timeout_ms)
    from company.store.sqlite import Sqlite

    if url.startswith("sqlite:///"):
        return Sqlite(Path(url.removeprefix("sqlite:///")), busy_timeout_ms=busy_timeout_ms)
    if url or sqlite_path is None:
        raise StoreError("a database is postgresql://… or sqlite:///…")
    return Sqlite(sqlite_path, busy_timeout_ms=busy_timeout_ms)


def _ready(backend: Backend, schema: Schema, clock: Clock) -> Shape:
    """Bring the database to ``schema`` where it is behind, and check it; return its shape."""
    with backend.database as database:
        backend.begin_reading(database.executable)
        version = _version(backend, database.executable)
        if version == schema.version:
            return _checked(backend, database.executable, schema)
    if version is not None and version > schema.version:
        raise NewerDatabase(version, schema.version)
    with backend.altering() as connection:
        # Asked again: another process may have been quicker, and now nobody else writes.
        _bring_up(backend, connection, schema, _version(backend, connection), to_iso(clock.now()))
        shape = _checked(backend, connection, schema)
        backend.note_checked(connection, shape, schema)
        return shape


def _version(backend: Backend, connection: Connection) -> int | None:
    """Return the newest migration the database has had, 0 before the first; None: it has no schema."""
    if not backend.has_schema(connection):
        return None
    return int(
        connection.exec_driver_sql("SELECT COALESCE(max(version), 0) FROM schema_migrations").scalar_one()
    )


def _bring_up(
    backend: Backend, connection: Connection, schema: Schema, version: int | None, now: str
) -> None:
    if version is None:
        if backend.shape(
            connection
        ):  # somebody else's, or ours without its books: it is not for us to fill up
            _checked(backend, connection, schema)
        backend.run(connection, schema.statements)
        missing = schema.migrations
    else:
        missing = tuple(step for step in schema.migrations if step.version > version)
        backend.run(connection, [one for one in schema.views if one.lstrip().startswith("DROP")])
        for step in missing:
            backend.run(connection, split(step.sql))
        backend.run(connection, schema.views)
    for step in missing:
        backend.run(
            connection,
            [f"INSERT INTO schema_migrations VALUES ({step.version}, '{step.name}', '{now}')"],  # noqa: S608 - ours
        )


def _checked(backend: Backend, connection: Connection, schema: Schema) -> Shape:
    """Return the shape of the database. Raises SchemaDrift when it is not what ``schema`` makes."""
    found = backend.shape(connection)
    if not backend.was_checked(connection, found, schema):
        lines = differences(backend.shape_of(schema), found)
        if lines:
            raise SchemaDrift(lines)
    return found
