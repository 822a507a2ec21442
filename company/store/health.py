"""Is the database sound? Looked at, never mended."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from company.store.gate import Store

#: problems named at most; the first tells what kind of trouble it is
NAMED_MAX = 10


def integrity_problems(store: "Store") -> list[str]:
    """Return what SQLite finds wrong with its file, and rows that refer to none; [] when it is sound.

    Reads the whole file: about a second a gigabyte. PostgreSQL keeps checksums of its own, and has nothing to say.
    """
    if store.dialect != "sqlite":
        return []
    with store.reading() as tx:
        told = [str(row["quick_check"]) for row in tx.all(f"PRAGMA quick_check({NAMED_MAX})")]
        torn = tx.all("PRAGMA foreign_key_check")
    problems = [line for line in told if line != "ok"]
    problems += [
        f"a row of {row['table']} refers to a row of {row['parent']} that is not there" for row in torn
    ]
    return problems[:NAMED_MAX]


def newest_time(store: "Store") -> str | None:
    """Return the newest time of a job or an order in the database: no clock should be behind it."""
    with store.reading() as tx:
        found: str | None = tx.value(
            "SELECT max(newest) FROM (SELECT max(created_at) AS newest FROM sessions "
            "UNION ALL SELECT max(ordered_at) FROM audit) AS times"
        )
    return found
