"""What the two databases do differently, behind one protocol: locking, watching, and being made."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

import dataset
from sqlalchemy import Connection

from company.store.schema import Schema
from company.store.shape import Shape


class Backend(Protocol):
    """An open database, SQLite or PostgreSQL."""

    name: str  #: 'sqlite' or 'postgresql'
    url_safe: str  #: where it is, without a password
    database: dataset.Database

    def begin_writing(self, connection: Connection) -> None:
        """Take the database's one write lock, waiting at most the busy timeout."""
        ...

    def begin_reading(self, connection: Connection) -> None:
        """Make the transaction a snapshot."""
        ...

    def version(self) -> int | str:
        """Return what differs from the last answer when anybody committed in between."""
        ...

    def has_schema(self, connection: Connection) -> bool:
        """Say whether there is a table schema_migrations: what every database of ours has."""
        ...

    def shape(self, connection: Connection) -> Shape:
        """Say what the database is made of."""
        ...

    def shape_of(self, schema: Schema) -> Shape:
        """Say what ``schema`` makes of an empty database. Leaves nothing behind."""
        ...

    def was_checked(self, connection: Connection, shape: Shape, schema: Schema, /) -> bool:
        """Say whether the database remembers that this ``shape`` is what ``schema`` makes."""
        ...

    def note_checked(self, connection: Connection, shape: Shape, schema: Schema) -> None:
        """Let the database remember it, where making ``schema`` to compare is dear."""
        ...

    def altering(self) -> AbstractContextManager[Connection]:
        """Open a transaction with the write lock in which tables may be made, copied and dropped."""
        ...

    def run(self, connection: Connection, statements: Iterable[str]) -> None:
        """Run statements written in the subset of schema.sql."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
