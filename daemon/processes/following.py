"""Reading a child's lines from its output file, in order, and remembering how far they were told.

The place is written down after each line, in eight bytes beside the attempt. After a crash of the daemon the next
one tells on from there: a line is told at least once, and only the one that was being told may be told twice.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from daemon.processes.output import RECORD, STREAMS

OnLine = Callable[[str, str], None]
"""Called with (stream, line without its end), in order."""

PIECE = 262_144  # bytes read at once; a longer line is read whole


class Follower:
    """Tells the lines of one attempt. Use as a context manager."""

    def __init__(self, folder: Path, output_path: Path, on_line: OnLine, on_replay: OnLine | None) -> None:
        self._output_path, self._index_path = output_path, folder / "index"
        self._on_line, self._on_replay = on_line, on_replay
        self._told_file = os.open(folder / "told", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._told = int.from_bytes(os.pread(self._told_file, 8, 0), sys.byteorder)
        self._at = 0  # in the output file
        self._record_at = 0  # in the index: the last record may still grow, so it is read again

    def __enter__(self) -> "Follower":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        os.close(self._told_file)

    def tell(self) -> None:
        """Tell all lines that are there and were not told from here yet."""
        for stream, start, end in self._records():
            if end <= self._at:
                continue
            for line, after in self._lines(max(start, self._at), end):
                self._tell(STREAMS[stream], line, after)

    def _tell(self, stream: str, line: str, after: int) -> None:
        if after > self._told:
            self._on_line(stream, line)
            with contextlib.suppress(
                OSError
            ):  # a full disk: told again after a crash, no reason to end the run
                os.pwrite(self._told_file, after.to_bytes(8, sys.byteorder), 0)
            self._told = after
        elif self._on_replay is not None:
            self._on_replay(stream, line)
        self._at = after

    def _records(self) -> Iterator[tuple[int, int, int]]:
        try:
            with self._index_path.open("rb", buffering=0) as file:
                file.seek(self._record_at)
                data = file.read()
        except FileNotFoundError:
            return
        words = [
            int.from_bytes(data[place : place + 8], sys.byteorder)
            for place in range(0, len(data) - len(data) % RECORD, 8)
        ]
        for place in range(0, len(words), 3):
            is_last = place + 3 == len(words)
            self._record_at += 0 if is_last else RECORD
            # Records follow each other without a gap. The end a record shows may be older than the record after
            # it: while the index was read, the one grew and the other came.
            yield words[place], words[place + 1], words[place + 2 if is_last else place + 4]

    def _lines(self, start: int, end: int) -> Iterator[tuple[str, int]]:
        """Yield each line between two places of the output file, and the place after it."""
        at, held = start, b""
        with self._output_path.open("rb", buffering=0) as file:
            file.seek(start)
            while at < end and (data := file.read(min(PIECE, end - at - len(held)))):
                *lines, held = (held + data).split(b"\n")
                for line in lines:
                    at += len(line) + 1
                    yield line.decode("utf-8", "replace").removesuffix("\r"), at
