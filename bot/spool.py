"""What came while the store was locked: kept in a file, flushed to the disk, and replayed in the order it came.

One JSON line a payload. A line that a power cut left half written is passed over: Slack was not told that it had
arrived. The file is small, read whole, and removed when all of it was replayed.
"""

import json
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class Spool:
    """A queue of payloads in one file. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._waiting = self._read()

    def __len__(self) -> int:
        """Return how many payloads wait."""
        return len(self._waiting)

    def add(self, body: Mapping[str, Any]) -> None:
        """Keep a payload; when this returns it is on the disk. Raises OSError."""
        line = json.dumps(body, ensure_ascii=True, separators=(",", ":")) + "\n"
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, line.encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._waiting.append(dict(body))

    def first(self) -> dict[str, Any] | None:
        """Return the payload that has waited longest; None when none waits."""
        with self._lock:
            return self._waiting[0] if self._waiting else None

    def drop_first(self) -> None:
        """Forget the payload that has waited longest: it is in the store now.

        The file goes with the last one. A crash before that replays some again, which their delivery ids make harmless.
        """
        with self._lock:
            self._waiting.pop(0)
            if not self._waiting:
                self._path.unlink(missing_ok=True)

    def _read(self) -> list[dict[str, Any]]:
        try:
            text = self._path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return []
        if text and not text.endswith("\n"):  # so that the next line begins on a line of its own
            with self._path.open("a", encoding="ascii") as file:
                file.write("\n")
        lines = text.splitlines()
        found = []
        for line in lines:
            try:
                body = json.loads(line)
            except ValueError:
                log.warning("a half written line in %s was passed over", self._path)
                continue
            if isinstance(body, dict):
                found.append(body)
        return found
