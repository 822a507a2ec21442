"""The log of a job: one text file, appended by whoever has something to say, bounded on disk."""

import os
import threading
from datetime import datetime
from pathlib import Path

from company.clock import Clock
from company.redaction import Redactor


class JobLog:
    """``logs/running-jobs/<job id>.log``; safe to write from several threads.

    A line is one ``write`` to a file opened for appending, so lines of parallel agents never mix. Past
    ``limit_bytes`` the lines of agents are dropped, with one line that says so; the service's own go on.
    """

    def __init__(self, path: Path, clock: Clock, redactor: Redactor, *, limit_bytes: int) -> None:
        self.path, self._clock, self._redactor, self._limit = path, clock, redactor, limit_bytes
        self._lock = threading.Lock()
        self._is_full = False
        path.parent.mkdir(parents=True, exist_ok=True)

    def say(self, who: str, text: str) -> None:
        """Write a line of the service's own."""
        self._append(who, text)

    def quote(self, who: str, text: str) -> None:
        """Write a line that an agent or a check wrote."""
        with self._lock:
            if self._is_full:
                return
            self._is_full = self.path.exists() and self.path.stat().st_size > self._limit
        self._append(
            who, "[the log is full: further output of agents is not kept]" if self._is_full else text
        )

    def tail(self, count: int) -> list[str]:
        """Return the last ``count`` lines."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 200 * count))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]

    def _append(self, who: str, text: str) -> None:
        stamp = _time_of_day(self._clock.now())
        lines = self._redactor.text(text).splitlines() or [""]
        data = "".join(f"{stamp} [{who}] {line}\n" for line in lines).encode("utf-8", "replace")
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)


def _time_of_day(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"
