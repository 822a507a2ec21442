"""Slack's rates, kept before Slack has to say so: buckets of tokens that fill with time."""

import time
from collections.abc import Callable
from typing import Final

#: chat.update is tier 3, about 50 a minute for the whole workspace: at most 5 + 40 in any minute
UPDATES_A_MINUTE: Final = 40
UPDATES_AT_ONCE: Final = 5
#: chat.postMessage takes about 1 a second in a channel, and short bursts
POSTS_A_SECOND: Final = 1.0
POSTS_AT_ONCE: Final = 4


class Bucket:
    """Tokens that come back at a rate; ``clock`` gives seconds that never go back."""

    def __init__(self, capacity: int, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity, self._per_s, self._clock = capacity, per_s, clock
        self._tokens, self._at = float(capacity), clock()

    @property
    def room(self) -> int:
        """How many may be taken now."""
        self._fill()
        return max(0, int(self._tokens))

    def take(self) -> float:
        """Take one, of those to come if need be; return how many seconds to wait for it."""
        self._fill()
        self._tokens -= 1
        return 0.0 if self._tokens >= 0 else -self._tokens / self._per_s

    def pause(self, seconds: float) -> None:
        """Give nothing for a while: Slack said so."""
        self._fill()
        self._tokens = min(self._tokens, -seconds * self._per_s + 1)

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._per_s)
        self._at = now


class Pace:
    """The buckets of one workspace."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.updates = Bucket(UPDATES_AT_ONCE, UPDATES_A_MINUTE / 60, clock)
        self._posts: dict[str, Bucket] = {}

    def posts(self, channel_id: str) -> Bucket:
        """Return the bucket of a channel."""
        return self._posts.setdefault(channel_id, Bucket(POSTS_AT_ONCE, POSTS_A_SECOND, self._clock))
