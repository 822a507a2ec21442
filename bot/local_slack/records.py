"""What outlives the process: one SQLite file with one row a thing, written as each changes."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Records:
    """Things by kind and id, in the order in which they were first kept. Used from the server's one thread."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute(
            "PRAGMA synchronous = NORMAL"
        )  # a power cut may cost the last messages of a toy; no more
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS things (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL,"
            " body TEXT NOT NULL, UNIQUE (kind, id))"
        )

    def keep(self, kind: str, thing_id: str, body: dict[str, Any]) -> None:
        """Write a thing, over the one of the same kind and id."""
        self._sql.execute(
            "INSERT INTO things (kind, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, thing_id, json.dumps(body, ensure_ascii=False)),
        )

    def drop(self, kind: str, thing_id: str) -> None:
        """Forget one."""
        self._sql.execute("DELETE FROM things WHERE kind = ? AND id = ?", (kind, thing_id))

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        """Give all of a kind."""
        for (body,) in self._sql.execute("SELECT body FROM things WHERE kind = ? ORDER BY number", (kind,)):
            yield json.loads(body)

    def close(self) -> None:
        """Write the log back and let go of the file."""
        self._sql.close()
