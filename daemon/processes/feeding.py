"""What a child that is spoken with is told: its opening words, then each line of the file ``said``, then the end.

The file grows by whole lines, ``<name> <words>``; a line ``end`` closes the child's input. It lies in the attempt's
folder, so that what was said and what was not outlives the daemon. Part of the shim: see there for what it may import.
"""

from __future__ import annotations  # see shim.py

import os
from collections import deque

END = b"end"
CHUNK = 65_536


class Feed:
    """The writing end of a child's standard input. What does not fit into the pipe waits here."""

    def __init__(self, pipe: int, opening: str, said: str) -> None:
        os.set_blocking(pipe, False)
        self.pipe, self._path = pipe, said
        self._waiting: deque[bytes] = deque()
        self._at, self._ends = 0, False
        with open(opening, "rb") as file:  # noqa: PTH123 - see family.py
            self._waiting.append(file.read())

    def has_more(self) -> bool:
        """Say whether something waits for room in the pipe."""
        return self.pipe >= 0 and bool(self._waiting)

    def look(self) -> None:
        """Take what was said since the last look, and pass on what fits."""
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123 - see family.py
                file.seek(self._at)
                whole, newline, _ = file.read().rpartition(b"\n")
        except OSError:
            whole = newline = b""
        self._at += len(whole) + len(newline)
        for line in whole.split(b"\n") if newline else ():
            self._ends = self._ends or line == END
            words = line.partition(b" ")[2]
            if words and not self._ends:
                self._waiting.append(words + b"\n")
        self.push()

    def push(self) -> None:
        """Write what fits; close the pipe when all is said, or nobody reads."""
        if self.pipe < 0:
            return
        try:
            while self._waiting:
                words = self._waiting[0]
                count = os.write(self.pipe, words[:CHUNK])
                if count < len(words):
                    self._waiting[0] = words[count:]
                else:
                    self._waiting.popleft()
        except BlockingIOError:
            return
        except OSError:  # it has closed its input, or ended
            self._waiting.clear()
            self._ends = True
        if self._ends:
            os.close(self.pipe)
            self.pipe = -1
