"""What may go: the one rule of housekeeping, told everything it needs. Nothing is removed here.

Two kinds of things. What belongs to one job goes when that job has ended long enough ago; a job that is unknown, or
has not ended, keeps all it has. What jobs share (clones, kept setups) goes when it was not used for long enough, or,
longest unused first, when all of its kind together take more room than they may; what is in use keeps its place.

A clock that was set back makes everything young: then nothing goes until it is right again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: what a job leaves behind by mistake is looked for this long after its end: the job's own tidying comes first
LEFT_BEHIND_AFTER = timedelta(hours=1)
#: what was used within this time is in use, whatever room it takes: a job may be copying from it
REST = timedelta(hours=1)


class Kind(StrEnum):
    """What a thing is, in the words people read."""

    WORKTREES = "worktrees"  #: of a job: the folders its agents worked in
    RUNS = "runs"  #: of a job: what is known of its processes
    WORKSPACE = "workspace"  #: of a job without repository: its own clone
    STATE = "state"  #: of a job: JSON state, briefs, outputs
    LOG = "log"  #: of a job
    REPORT = "report"  #: of a job: report, patch, deliverables
    BRANCHES = "branches"  #: of a job, in a clone: those its steps made
    PUSHED = "pushed branch"  #: of a job, in a clone: it stands on the remote as well
    CLONE = "clone"  #: shared: the service's own clone of a repository
    SETUP = "setup"  #: shared: what a repository's setup made
    DRAFT = "draft"  #: shared: something that was being made when the service was ended


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something that takes room. Exactly one of ``job_id`` and ``used_at`` is set."""

    kind: Kind
    name: str  #: unique in its kind
    size: int = 0  #: bytes; 0 where it is not measured
    job_id: str | None = None  #: the job it belongs to
    used_at: datetime | None = None  #: when it was used last
    kept_because: str = ""  #: why it must stay for now; '' when nothing keeps it


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How long and how much. A kind that is not named, or is None, stays for ever, or has all the room it wants."""

    keep_for: Mapping[Kind, timedelta | None]
    room: Mapping[Kind, int | None]  #: bytes of all things of a kind together; for what is shared


@dataclass(frozen=True)
class Removal:
    """A thing that may go, and why."""

    thing: Thing
    reason: str


def may_go(
    things: Iterable[Thing], ended: Mapping[str, datetime], rules: Rules, now: datetime
) -> tuple[Removal, ...]:
    """Say what may go. ``ended`` has the end of each job that has ended for good, and of no other.

    The answer does not depend on the order of ``things``, and asking again about what stays gives nothing.
    """
    ordered = sorted(things, key=lambda thing: (thing.kind, thing.name))
    removals = [one for thing in ordered if (one := _by_age(thing, ended, rules, now)) is not None]
    gone = {id(one.thing) for one in removals}
    left = [thing for thing in ordered if id(thing) not in gone]
    for kind, room in rules.room.items():
        if room is not None:
            removals += _by_room([thing for thing in left if thing.kind is kind], room, now)
    return tuple(removals)


def _by_age(thing: Thing, ended: Mapping[str, datetime], rules: Rules, now: datetime) -> Removal | None:
    keep_for = rules.keep_for.get(thing.kind)
    since = ended.get(thing.job_id) if thing.job_id is not None else thing.used_at
    if keep_for is None or since is None or thing.kept_because or now - since < keep_for:
        return None
    if thing.job_id is None and now - since < REST:
        return None
    words = "its job ended" if thing.job_id is not None else "last used"
    return Removal(thing, f"{words} {in_words(now - since)} ago")


def _by_room(things: Sequence[Thing], room: int, now: datetime) -> list[Removal]:
    """Make room: the longest unused first, as many as it takes."""
    taken = sum(thing.size for thing in things)
    removals = []
    for thing in sorted(things, key=lambda one: (one.used_at or now, one.name)):
        if taken <= room:
            break
        if thing.kept_because or thing.used_at is None or now - thing.used_at < REST or not thing.size:
            continue
        taken -= thing.size
        words = f"{in_bytes(room)} are for all of its kind, and it was not used for"
        removals.append(Removal(thing, f"{words} {in_words(now - thing.used_at)}"))
    return removals


def in_words(span: timedelta) -> str:
    """Write a span for people, in its largest unit: ``3 days``, ``1 hour``."""
    seconds = int(span.total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"


def in_bytes(size: int) -> str:
    """Write a size for people: ``12.3 MB``. Units of 1000, as disks are sold."""
    value = float(size)
    for unit in ("bytes", "kB", "MB"):
        if abs(value) < 1000:
            return f"{value:.0f} bytes" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
