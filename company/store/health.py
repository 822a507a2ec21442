"""Is the database sound? Looked at, never mended."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from company.store.gate import Store

#: problems named at most; the first tells what kind of trouble it is
NAMED_MAX = 10


def integrity_problems(store: "Store") -> list[str]:
    """Return what SQLite finds wrong with its file, and rows that refer to none; [] when it is sound.

    Reads the whole file and holds each index against its table: some seconds a gigabyte. PostgreSQL keeps checksums of
    its own, and has nothing to say.
    """
    if store.dialect != "sqlite":
        return []
    with store.reading() as tx:
        told = [str(row["integrity_check"]) for row in tx.all(f"PRAGMA integrity_check({NAMED_MAX})")]
        torn = tx.all("PRAGMA foreign_key_check")
    problems = [line for line in told if line != "ok"]
    problems += [
        f"a row of {row['table']} refers to a row of {row['parent']} that is not there" for row in torn
    ]
    return problems[:NAMED_MAX]


def file_problems(path: Path, *, timeout_s: float) -> list[str]:
    """Return what SQLite finds wrong with another file than the store's; [] when it is sound, or not there.

    ``timeout_s``: how long a lock of whoever writes it is waited for.
    """
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path, timeout=timeout_s)) as connection:
            connection.execute("PRAGMA query_only = ON")
            told = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({NAMED_MAX})")]
    except sqlite3.Error as error:
        return [str(error)]
    return [line for line in told if line != "ok"]


def newest_time(store: "Store") -> str | None:
    """Return the newest time of a job or an order in the database: no clock should be behind it."""
    with store.reading() as tx:
        found: str | None = tx.value(
            "SELECT max(newest) FROM (SELECT max(created_at) AS newest FROM sessions "
            "UNION ALL SELECT max(ordered_at) FROM audit) AS times"
        )
    return found
