"""Slack's rate limits: one bucket a method and app (a channel too, for posting), refilled by its tier."""

import math
from dataclasses import dataclass
from typing import Final

#: calls a minute by tier; "post" is about one a second and channel, with a short burst [read: Slack's docs]
PER_MINUTE: Final = {"t1": 1, "t2": 20, "t3": 50, "t4": 100, "special": 600, "post": 60}
#: what a full bucket holds. Slack tolerates bursts and says not how large.
_BURST: Final = {"post": 10}


@dataclass
class _Bucket:
    left: float
    at: float


class Pace:
    """Who called what how often. Off lets everything through."""

    def __init__(self, on: bool) -> None:
        self.on = on
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def retry_after_s(self, tier: str, method: str, place: str, now: float) -> int:
        """Take one call; 0 when it may pass, else the seconds of ``Retry-After``."""
        if not self.on:
            return 0
        rate_s = PER_MINUTE[tier] / 60
        most = _BURST.get(tier, PER_MINUTE[tier])
        bucket = self._buckets.setdefault((method, place), _Bucket(most, now))
        bucket.left = min(most, bucket.left + (now - bucket.at) * rate_s)
        bucket.at = now
        if bucket.left < 1:
            return max(1, math.ceil((1 - bucket.left) / rate_s))
        bucket.left -= 1
        return 0
