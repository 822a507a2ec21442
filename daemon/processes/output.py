"""What the shim keeps of a child's output: whole lines, redacted, in one file, bounded; and which stream said what.

The output file holds text and nothing else, so that people can read it. Beside it the index says of each stretch
which stream it came from: records of three 8-byte words (stream, start, end). Whoever reads takes the index first:
what it names is complete in the output file.
"""

from __future__ import annotations  # see shim.py

import os
import sys
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Redact = Callable[[str], str]

STREAMS = ("stdout", "stderr", "service", "attempt")  # the index holds positions in this tuple
SERVICE, ATTEMPT = 2, 3
RECORD = 24  # bytes of an index record
LINE_MAX = 1_048_576  # bytes of a line that are kept
OVERLAP = 8_192  # bytes held beyond LINE_MAX while redacting, so that no half of a secret is left at the cut
TAIL_MAX = 1_048_576  # bytes of the output's end that are kept when it grows over its limit


class Lines:
    """Cuts one stream into whole lines: text, redacted, each at most LINE_MAX long."""

    def __init__(self, redact: Redact) -> None:
        self._redact, self._held, self._length = redact, bytearray(), 0

    def take(self, data: bytes) -> str:
        """Return the lines that ``data`` completes, as one text."""
        first, newline, rest = data.partition(b"\n")
        self._hold(first)
        if not newline:
            return ""
        text = self._line()
        lines, newline, last = rest.rpartition(b"\n")
        if newline:
            text += self._redact(lines.decode("utf-8", "replace")) + "\n"
        self._hold(last)
        return text

    def flush(self) -> str:
        """Return the unfinished line as if it were finished; '' when there is none."""
        return self._line() if self._length else ""

    def release(self) -> bytes | None:
        """Give up the unfinished line as it came; None when it was too long to be held whole."""
        if self._length > len(self._held):
            return None
        data = bytes(self._held)
        self._held, self._length = bytearray(), 0
        return data

    def _hold(self, data: bytes) -> None:
        self._held += data[: LINE_MAX + OVERLAP - len(self._held)]
        self._length += len(data)

    def _line(self) -> str:
        text = self._redact(self._held.decode("utf-8", "replace"))
        if self._length > LINE_MAX:
            text = f"{text[:LINE_MAX]} [cut: {self._length} bytes in all]"
        self._held, self._length = bytearray(), 0
        return text + "\n"


class Output:
    """The output file and its index. The beginning is kept as it comes; over the limit, the end of the rest.

    What was dropped on the way is counted. A full disk loses lines too (counted as well), never the child.
    """

    def __init__(self, path: str, index_path: str, limit: int, redact: Redact) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o640)
        self._index = os.open(index_path, flags, 0o600)
        self._at = os.fstat(self._file).st_size
        self._index_at, self._last_stream = 0, -1
        self._tail_room = min(limit // 4, TAIL_MAX)
        self._room = limit - self._tail_room
        self._redact = redact
        self._lines = [Lines(redact) for _ in STREAMS]
        self._tail: Tail | None = None
        self.dropped = 0

    def take(self, stream: int, data: bytes) -> None:
        """Keep what came from a stream."""
        if self._tail is not None:
            self.dropped += self._tail.keep(stream, data)
        else:
            self._write(stream, self._lines[stream].take(data))

    def say(self, stream: int, text: str) -> None:
        """Write a line of our own."""
        self._append(stream, f"{text}\n".encode())

    def finish(self) -> None:
        """Write what is held: unfinished lines and, over the limit, the end of the output."""
        for stream, lines in enumerate(self._lines):
            self._write(stream, lines.flush())
        if self._tail is None:
            return
        tail, self._tail = self._tail, None
        if self.dropped:
            self.say(SERVICE, f"[{self.dropped} bytes of output were not kept; its end follows]")
        self._room, self._tail_room = self._tail_room, 0
        for stream, data in tail.whole():
            self._write(stream, self._lines[stream].take(data))
        for stream, lines in enumerate(self._lines):
            self._write(stream, lines.flush())

    def _write(self, stream: int, text: str) -> None:
        data = text.encode()
        if self._tail is not None:
            self.dropped += self._tail.keep(stream, data)
        elif len(data) <= self._room:
            self._append(stream, data)
        else:
            fits = data.rfind(b"\n", 0, max(self._room, 0)) + 1
            self._append(stream, data[:fits])
            self._overflow(stream, data[fits:])

    def _overflow(self, stream: int, data: bytes) -> None:
        self._room = 0
        if not self._tail_room:
            self.dropped += len(data)
            return
        self.say(SERVICE, f"[output limit reached: of the rest, up to {self._tail_room // 2} bytes are kept]")
        # Half of the room: what is not UTF-8 grows when it is written.
        self._tail = Tail(self._tail_room // 2)
        self.dropped += self._tail.keep(stream, data)
        for number, lines in enumerate(self._lines):
            held = lines.release()
            if held is None:
                self._append(number, lines.flush().encode())
                self._tail.tear(number)
            else:
                self.dropped += self._tail.keep(number, held)

    def _append(self, stream: int, data: bytes) -> None:
        if not data:
            return
        end = self._at + len(data)
        try:
            _write_whole(self._file, data, self._at)
            self._note(stream, end)
        except OSError:
            self.dropped += len(data)
            return
        self._at, self._room = end, self._room - len(data)

    def _note(self, stream: int, end: int) -> None:
        """Extend the last record, or begin one. Extending writes one aligned word: readers see the old or the new."""
        if self._last_stream == stream:
            os.pwrite(self._index, end.to_bytes(8, sys.byteorder), self._index_at - 8)
            return
        record = b"".join(word.to_bytes(8, sys.byteorder) for word in (stream, self._at, end))
        _write_whole(self._index, record, self._index_at)
        self._last_stream, self._index_at, self._room = stream, self._index_at + RECORD, self._room - RECORD


class Tail:
    """The last bytes of all streams together, as they came, not yet redacted: in memory only."""

    def __init__(self, room: int) -> None:
        self._room, self._size = room, 0
        self._chunks: deque[tuple[int, bytes]] = deque()
        self._torn: set[int] = set()

    def keep(self, stream: int, data: bytes) -> int:
        """Keep ``data``; return how many older bytes had to go."""
        if data:
            self._chunks.append((stream, data))
            self._size += len(data)
        lost = 0
        while self._size > self._room:
            torn, oldest = self._chunks.popleft()
            gone = min(len(oldest), self._size - self._room)
            if gone < len(oldest):
                self._chunks.appendleft((torn, oldest[gone:]))
            self._size -= gone
            lost += gone
            self.tear(torn)
        return lost

    def tear(self, stream: int) -> None:
        """Note that the oldest kept line of ``stream`` lacks its beginning."""
        self._torn.add(stream)

    def whole(self) -> list[tuple[int, bytes]]:
        """Return what is kept, without lines that lack their beginning: the rest may be half a secret."""
        kept = []
        for stream, data in self._chunks:
            rest = data
            if stream in self._torn:
                _, newline, rest = data.partition(b"\n")
                self._torn -= {stream} if newline else set()
            kept.append((stream, rest))
        return kept


def _write_whole(descriptor: int, data: bytes, place: int) -> None:
    """Write all of it; of what did not fit nothing counts: the next write goes to the same place. Raises OSError."""
    if os.pwrite(descriptor, data, place) < len(data):
        raise OSError("short write")
