"""Keeping the databases bounded: rows that nobody needs any more, and the room they leave in SQLite's files.

PostgreSQL sees to its own files (autovacuum); for it only the rows are removed.
"""

import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from company.errors import StoreUnavailable

if TYPE_CHECKING:
    from company.store.gate import Reading, Transaction

#: a file is written anew when so much of it is empty: a share of it, and bytes
EMPTY_SHARE, EMPTY_MIN = 0.25, 16 << 20
_PATIENCE_S = 2.0
_AT_ONCE = 500  # ids in one question
_ANALYSIS_LIMIT = 1000  # rows of an index that PRAGMA optimize looks at: milliseconds whatever the size


@dataclass(frozen=True)
class Tended:
    """What came of tending one file. Sizes are bytes, its write-ahead log included."""

    before: int
    after: int
    was_rewritten: bool


def ended_for_good(tx: "Reading", job_ids: Collection[str]) -> dict[str, str]:
    """Return the end of each of these jobs that has ended and cannot go on: a blocked one may wait for an answer."""
    wanted, found = sorted(set(job_ids)), dict[str, str]()
    for start in range(0, len(wanted), _AT_ONCE):
        rows = tx.all(
            "SELECT id, completed_at FROM sessions WHERE id IN :ids AND completed_at IS NOT NULL "
            "AND status IN ('completed', 'failed', 'blocked', 'stopped') AND NOT EXISTS "
            "(SELECT 1 FROM questions WHERE questions.session_id = sessions.id AND questions.status = 'open')",
            ids=tuple(wanted[start : start + _AT_ONCE]),
        )
        found.update((row["id"], row["completed_at"]) for row in rows)
    return found


def forget_words(tx: "Transaction", before: str) -> int:
    """Remove messages queued before a time, delivered or not, but for those of jobs that may still be told of.

    These are jobs that have not ended, are blocked, or whose pull request is open: their one message is edited.
    """
    return tx.execute(
        "DELETE FROM outbox WHERE created_at < :before AND subject_id NOT IN (SELECT id FROM sessions "
        "WHERE status IN ('pending', 'in_progress', 'blocked') OR pr_state IN ('draft', 'open'))",
        before=before,
    )


def forget_measurements(tx: "Transaction", before: str) -> int:
    """Remove what was measured about jobs and tasks before a time. What experiments rest on stays."""
    return tx.execute(
        "DELETE FROM metrics WHERE recorded_at < :before AND entity_type IN ('session', 'task')",
        before=before,
    )


def forget_orders(tx: "Transaction", before: str) -> int:
    """Remove entries of the audit from before a time."""
    return tx.execute("DELETE FROM audit WHERE ordered_at < :before", before=before)


def tend(path: Path, *, may_rewrite: bool) -> Tended:
    """Let SQLite look after the file at ``path``: its statistics, its write-ahead log and, if asked, its empty room.

    Rewriting keeps writers waiting (about a second for each 100 MB): for when nothing runs. It is left out where the
    disk has no room for a copy. Nothing is done while somebody else writes. Raises StoreUnavailable.
    """
    before = _size(path)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {int(_PATIENCE_S * 1000)}")
            connection.execute(f"PRAGMA analysis_limit = {_ANALYSIS_LIMIT}")
            connection.execute("PRAGMA optimize")
            must_rewrite = may_rewrite and _is_mostly_empty(connection) and _has_room_for_a_copy(path)
            if must_rewrite:
                connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StoreUnavailable("locked" if "locked" in str(error) else "unreachable", str(error)) from error
    return Tended(before, _size(path), must_rewrite)


def _is_mostly_empty(connection: sqlite3.Connection) -> bool:
    page, pages, empty = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    return empty * page >= EMPTY_MIN and empty >= pages * EMPTY_SHARE


def _has_room_for_a_copy(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free > 3 * _size(
        path
    )  # the copy, and the log it is written through


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in (path, path.with_name(f"{path.name}-wal")) if one.exists())
