"""schema.sql and the numbered steps that lead to it, as texts: what the product ships."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from company.config.places import shipped
from company.errors import StoreError

_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+?)(?:\.(sqlite|postgresql))?\.sql")


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One step from one version of the schema to the next."""

    version: int
    name: str
    sql: str


@dataclass(frozen=True)
class Schema:
    """The schema of this version, and the steps that lead to it from each earlier one, in order."""

    sql: str
    migrations: tuple[Migration, ...]

    @property
    def version(self) -> int:
        """The newest step; 0 before the first."""
        return self.migrations[-1].version if self.migrations else 0

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """Every statement of schema.sql."""
        return tuple(split(self.sql))

    @cached_property
    def views(self) -> tuple[str, ...]:
        """The statements that drop and make the views."""
        return tuple(one for one in self.statements if re.search(r"^(DROP|CREATE) VIEW", one, re.MULTILINE))


def shipped_schema(dialect: str) -> Schema:
    """Read what the product ships for ``dialect``."""
    folder = Path(str(files("company.store"))) / "migrations"
    return Schema(shipped("schema.sql").read_text(encoding="utf-8"), read_migrations(folder, dialect))


def read_migrations(folder: Path, dialect: str) -> tuple[Migration, ...]:
    """Read the steps of a folder for ``dialect``. Raises StoreError when numbers are missing or doubled."""
    steps = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise StoreError(f"{path.name} is no name for a migration: NNNN_what_it_does.sql")
        if match[3] in (None, dialect):
            steps.append(
                Migration(version=int(match[1]), name=match[2], sql=path.read_text(encoding="utf-8"))
            )
    if [step.version for step in steps] != list(range(1, len(steps) + 1)):
        raise StoreError(f"migrations for {dialect} are not numbered 1, 2, 3 …: {[s.version for s in steps]}")
    return tuple(steps)


def split(script: str) -> Iterator[str]:
    """Split an SQL script into statements. A semicolon in a comment or string is none (SQLite's tokenizer)."""
    gathered = ""
    for piece in script.split(";"):
        gathered += piece + ";"
        if sqlite3.complete_statement(gathered):
            yield gathered.strip()
            gathered = ""
