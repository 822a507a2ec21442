"""PostgreSQL: the same tables in a schema of their own, ``app``; the engine's are in ``dbos``.

Text is compared byte by byte (COLLATE "C"), as SQLite does, whatever the database's own collation is.
"""

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import dataset
from sqlalchemy import Connection, event, make_url

from company.errors import StoreError
from company.store.schema import Schema
from company.store.shape import Part, Shape

SCHEMA = "app"
_WRITE_LOCK = 0x6167656E74  # 'agent' in ASCII: any constant that other users of the database do not take
_CONNECT_TIMEOUT_S = 10

_COLUMNS = """
SELECT c.relname, a.attname,
       format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attcollation = 950 THEN ' C' ELSE '' END
       || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
       || CASE WHEN a.attidentity <> '' THEN ' IDENTITY' ELSE '' END
       || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped
"""
_RULES = """
SELECT c.relname, pg_get_constraintdef(r.oid)
FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid
WHERE r.connamespace = current_schema()::regnamespace AND r.contype IN ('c', 'f', 'p', 'u')
"""
_OTHERS = """
SELECT 'table', relname, '' FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
UNION ALL
SELECT 'view', relname, pg_get_viewdef(oid) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('v', 'm')
UNION ALL
SELECT 'index', c.relname, replace(pg_get_indexdef(c.oid), current_schema() || '.', '')
FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace
  AND NOT EXISTS (SELECT 1 FROM pg_constraint r WHERE r.conindid = c.oid AND r.contype IN ('p', 'u'))
UNION ALL
SELECT 'trigger', g.tgname, replace(pg_get_triggerdef(g.oid), current_schema() || '.', '')
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT g.tgisinternal
UNION ALL
SELECT 'function', proname || '(' || pg_get_function_identity_arguments(oid) || ')', prosrc
FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
"""


class Postgres:
    """An open PostgreSQL database. ``url`` is SQLAlchemy's, with or without the driver's name."""

    name = "postgresql"

    def __init__(self, url: str, *, busy_timeout_ms: int) -> None:
        parsed = make_url(url).set(drivername="postgresql+psycopg")
        self.url_safe = parsed.render_as_string(hide_password=True)
        self.database = dataset.Database(
            parsed.render_as_string(hide_password=False),
            ensure_schema=False,
            row_type=dict,
            engine_kwargs={
                "max_overflow": -1,
                "pool_pre_ping": True,  # a server that was restarted is found again
                "connect_args": {
                    "options": f"-csearch_path={SCHEMA} -clock_timeout={busy_timeout_ms}",
                    "application_name": "agent-service",
                    "connect_timeout": _CONNECT_TIMEOUT_S,
                },
            },
        )
        assert self.database.engine is not None
        self._engine = self.database.engine
        event.listen(self._engine, "connect", _read_numeric_as_float)
        self._watching = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def begin_writing(self, connection: Connection) -> None:
        """Take the lock that makes writers wait for each other, as SQLite's do; held until the end."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")

    def begin_reading(self, connection: Connection) -> None:
        """Make the transaction a snapshot."""
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def version(self) -> str:
        """Return which transactions are over and which are not: one that commits leaves the list for good.

        It changes for other writers of the same server too, which costs a look and nothing else.
        """
        with self._watching.connect() as connection:
            return str(connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one())

    def has_schema(self, connection: Connection) -> bool:
        """Say whether there is a table schema_migrations."""
        found = connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.schema_migrations')")
        return found.scalar() is not None

    def shape(self, connection: Connection) -> Shape:
        """Read what the current schema is made of from the catalogs."""
        shape: dict[Part, str] = {}
        for table, column, definition in connection.exec_driver_sql(_COLUMNS):
            shape[Part(table, "column", column)] = definition
        for table, rule in connection.exec_driver_sql(_RULES):
            shape[Part(table, "rule", rule)] = ""
        for kind, name, definition in connection.exec_driver_sql(_OTHERS):
            shape[Part("", kind, name)] = " ".join(definition.split())
        return shape

    def shape_of(self, schema: Schema) -> Shape:
        """Make ``schema`` in a schema that is rolled back, and read it."""
        scratch = f"{SCHEMA}_scratch_{uuid.uuid4().hex}"
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {scratch}")
            connection.exec_driver_sql(f"SET LOCAL search_path = {scratch}")
            self.run(connection, schema.statements)
            shape = self.shape(connection)
            connection.rollback()
            return shape

    def was_checked(self, connection: Connection, shape: Shape, schema: Schema, /) -> bool:
        """Compare with what was noted: ``shape_of`` takes 100 ms here and leaves dead rows in the catalogs."""
        noted = connection.exec_driver_sql(f"SELECT obj_description('{SCHEMA}'::regnamespace)").scalar()
        return bool(noted == _digest(shape, schema))

    def note_checked(self, connection: Connection, shape: Shape, schema: Schema) -> None:
        """Note it in the comment of our schema."""
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{_digest(shape, schema)}'")

    @contextmanager
    def altering(self) -> Iterator[Connection]:
        """Open a transaction with the write lock, in our schema."""
        with self._engine.connect() as connection:
            self.begin_writing(connection)
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            yield connection
            connection.commit()

    def run(self, connection: Connection, statements: Iterable[str]) -> None:
        """Run the prelude, and statements in PostgreSQL's words."""
        raw = connection.execution_options(no_parameters=True)  # a % in a statement is a %
        raw.exec_driver_sql(_prelude())
        # One message for all seventy statements: far from the server each would be a round trip.
        raw.exec_driver_sql("\n".join(_in_postgres(statement) for statement in statements))

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def _prelude() -> str:
    return files("company.store").joinpath("postgres_prelude.sql").read_text(encoding="utf-8")


def _digest(shape: Shape, schema: Schema) -> str:
    """Return what stands for: this is the shape, made by these texts."""
    parts = sorted((*part, definition) for part, definition in shape.items())
    text = repr((schema.sql, _prelude(), parts))
    return f"checked sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _in_postgres(statement: str) -> str:
    """Return a statement of schema.sql as PostgreSQL means it."""
    if not re.search(r"^\s*(CREATE TABLE|ALTER TABLE)", statement, re.MULTILINE):
        return statement
    plain = re.sub(r"--[^\n]*", "", statement)
    plain = re.sub(r"\bINTEGER PRIMARY KEY\b", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", plain)
    return re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', plain)


def _read_numeric_as_float(connection: Any, _record: object) -> None:
    # avg() of integers is numeric on PostgreSQL; SQLite has only doubles, and so has the rest of the program.
    from psycopg.types.numeric import FloatLoader

    connection.adapters.register_loader("numeric", FloatLoader)


def check_driver() -> None:
    """Raise StoreError with the mend when psycopg cannot be loaded: it has no binary for every platform."""
    try:
        import psycopg  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise StoreError(f"psycopg cannot be loaded; install PostgreSQL's libpq: {error}") from error
