"""Waking one thread: at once, or within a moment, so that a burst of reasons is one waking."""

import threading
import time


class Alarm:
    """Set by any thread, waited for by one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due_at = float("inf")

    def set(self, within_s: float = 0.0) -> None:
        """Ring after ``within_s`` at the latest; what is due earlier stays so, and then nobody is disturbed."""
        due_at = time.monotonic() + within_s
        with self._changed:
            if due_at < self._due_at:
                self._due_at = due_at
                self._changed.notify()

    def wait(self, timeout_s: float) -> bool:
        """Wait until it rings, and say whether it did; then it is silent again."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                now = time.monotonic()
                if now >= self._due_at:
                    self._due_at = float("inf")
                    return True
                if now >= deadline:
                    return False
                self._changed.wait(min(self._due_at, deadline) - now)
