"""When a file in the inbox is complete: the rule alone, told what was seen and what time it is.

A file is settled

* at once, when it was renamed into the folder: editors and `mv` show only finished files that way;
* ``CLOSED_S`` after whoever wrote it closed it, when it is as it was at the closing. Not at once: `shutil.copy` and
  file managers set rights and times by name after the closing, and fail where the file is gone by then (measured);
* else, when two looks at least ``settle_s`` apart saw the same size, time of change and inode, with nothing else
  seen in between.

An empty file gets ten times ``settle_s`` in the last two cases: `touch` and some network copies make it first and
fill it afterwards. A file is given out once; seen again, it has to settle again.
"""

from dataclasses import dataclass
from enum import Enum

CLOSED_S = 0.1
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
    rest_s: float  #: how long it has to be unchanged

    @property
    def settles_at(self) -> float:
        return self.since + self.rest_s


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
            rest_s = self.settle_s * (1 if fingerprint.size else EMPTY_FACTOR)
            known = self._watched[name] = _Watched(fingerprint, since=now, seen=now, rest_s=rest_s)
        known.seen = max(known.seen, now)
        if sight is Sight.RENAMED:
            known.rest_s = 0.0
        elif sight is Sight.CLOSED and fingerprint.size and known.rest_s:
            known.since, known.rest_s = now, min(CLOSED_S, self.settle_s)

    def names(self) -> list[str]:
        """Return the files that are not settled yet."""
        return list(self._watched)

    def forget(self, name: str) -> None:
        """Tell that ``name`` is gone."""
        self._watched.pop(name, None)

    def due(self, now: float) -> list[str]:
        """Return the names to look at and note once more: they may have rested long enough."""
        return [name for name, one in self._watched.items() if now >= one.settles_at]

    def settled(self) -> list[str]:
        """Give out the names that are settled, the longest unchanged first."""
        names = [name for name, one in self._watched.items() if one.seen >= one.settles_at]
        names.sort(key=lambda name: (self._watched[name].since, name))
        for name in names:
            del self._watched[name]
        return names

    def next_due(self) -> float | None:
        """Return the earliest time at which a look could settle something; None when nothing waits."""
        return min((one.settles_at for one in self._watched.values()), default=None)
