"""The server's time, which a switch can move on, and its message timestamps, which are unique."""

import time


class Clock:
    """The wall clock plus an offset. ``advance`` lets half an hour pass at once."""

    def __init__(self) -> None:
        self._offset_s = 0.0
        self._last_us = 0

    def now(self) -> float:
        """Give the time in seconds since 1970."""
        return time.time() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._offset_s += seconds

    def note(self, ts: str) -> None:
        """Never give a timestamp at or below this one again (it stands in the file of an earlier run)."""
        seconds, _, micros = ts.partition(".")
        self._last_us = max(self._last_us, int(seconds) * 1_000_000 + int(micros))

    def next_ts(self) -> str:
        """Give a timestamp that no other message has: it is the message's id."""
        self._last_us = max(int(self.now() * 1_000_000), self._last_us + 1)
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"
