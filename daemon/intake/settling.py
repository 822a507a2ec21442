"""When a file in the inbox is complete: the rule alone, told what was seen and what time it is.

A file is settled

* at once, when it was renamed into the folder: editors and `mv` show only finished files that way;
* at once, when whoever wrote it closed it, and it is as it was at the closing;
* else, when two looks at least ``settle_s`` apart saw the same size, time of change and inode, with nothing else
  seen in between.

An empty file gets ten times as long after a closing or a look: `touch` and some network copies make it first and
fill it afterwards. A file is given out once; seen again, it has to settle again.
"""

from dataclasses import dataclass
from enum import Enum

EMPTY_FACTOR = 10  # times settle_s


@dataclass(frozen=True)
class Fingerprint:
    """What a file looks like from outside; it differs after any write or replacement."""

    size: int
    mtime_ns: int
    inode: int


class Sight(Enum):
    """How a file came to be noticed."""

    LOOKED = "looked"  #: listed, created or changed: nothing is known of its writer
    CLOSED = "closed"  #: its writer closed it just now
    RENAMED = "renamed"  #: it got its name by a rename just now


@dataclass
class _Watched:
    fingerprint: Fingerprint
    since: float  #: unchanged since
    seen: float  #: last look
    is_complete: bool


class FileStability:
    """Knows the files that are not settled yet. Times are seconds of one monotonic clock."""

    def __init__(self, settle_s: float) -> None:
        self.settle_s = settle_s
        self._watched: dict[str, _Watched] = {}

    def __len__(self) -> int:
        """Count the files that are not settled yet."""
        return len(self._watched)

    def note(self, name: str, fingerprint: Fingerprint, now: float, sight: Sight = Sight.LOOKED) -> None:
        """Tell what ``name`` looks like at ``now``."""
        known = self._watched.get(name)
        if known is None or known.fingerprint != fingerprint:
            known = self._watched[name] = _Watched(fingerprint, since=now, seen=now, is_complete=False)
        known.seen = max(known.seen, now)
        is_filled = sight is Sight.CLOSED and fingerprint.size > 0
        known.is_complete = known.is_complete or is_filled or sight is Sight.RENAMED

    def forget(self, name: str) -> None:
        """Tell that ``name`` is gone."""
        self._watched.pop(name, None)

    def due(self, now: float) -> list[str]:
        """Return the names to look at and note once more: they may have rested long enough."""
        return [name for name, one in self._watched.items() if now >= self._settles_at(one)]

    def settled(self) -> list[str]:
        """Give out the names that are settled, the longest unchanged first."""
        names = [name for name, one in self._watched.items() if one.seen >= self._settles_at(one)]
        names.sort(key=lambda name: (self._watched[name].since, name))
        for name in names:
            del self._watched[name]
        return names

    def next_due(self) -> float | None:
        """Return the earliest time at which a look could settle something; None when nothing waits."""
        return min((self._settles_at(one) for one in self._watched.values()), default=None)

    def _settles_at(self, one: _Watched) -> float:
        if one.is_complete:
            return one.since
        return one.since + self.settle_s * (1 if one.fingerprint.size else EMPTY_FACTOR)
