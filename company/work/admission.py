"""Which waiting jobs may start now: the one rule for every host, told everything it needs.

Order: priority (0 first), then age, then id. A job is passed over, without holding up those behind it, while
its scope is paused, its repository has its fill, or a job it depends on has not completed. When all places are
taken, or the day's budget is spent, nothing starts.

Nobody starves, by construction: a job counts as one priority higher for each ``RISE_AFTER`` it has waited, so
after 18 hours at most it is among the first priority, where only older jobs come before it, and those are finitely
many. A full repository does not change that: its oldest job is the first to get the place that becomes free.

What can never start is named and refused: a job that depends on one that does not exist, that failed or was
stopped, or, through others, on itself. A file that is named before it came is waited for, ``FILE_COMES_WITHIN``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from company.ids import JOB_ID
from company.work.job import JobStatus

RISE_AFTER = timedelta(hours=6)  # a job that waited so long counts as one priority higher

FILE_COMES_WITHIN = timedelta(seconds=60)  # files dropped together are taken in any order

_NEVER = frozenset({JobStatus.FAILED, JobStatus.STOPPED})


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A pending job, as far as admission is concerned."""

    job_id: str
    priority: int  #: 0 urgent … 3 low
    created_at: datetime
    team_id: str
    repository: str | None  #: as its row names it; None: a workspace of its own, which no other job shares
    depends_on: tuple[str, ...] = ()  #: job ids; a file's name where no job was made of it yet
    runners: tuple[str, ...] = ()  #: any of which could do its work; () where none is paused
    name: str = ""  #: what people call it: its file as it was dropped, without the ending; '' is its id

    @property
    def scopes(self) -> tuple[str, ...]:
        """The pauses that hold it, as the pauses table words them."""
        return ("all", f"team:{self.team_id}", f"repository:{self.repository}")[: 3 if self.repository else 2]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much at once and how much a day."""

    jobs_at_once: int
    jobs_per_repository: int
    budget_usd_per_day: float | None = None  #: None: no limit


@dataclass(frozen=True, kw_only=True)
class Admission:
    """What may start, in this order; what never can and why; and what the others wait for."""

    admitted: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)  #: job id -> one sentence
    held: Mapping[str, str] = field(default_factory=dict)  #: job id -> what it waits for
    is_over_budget: bool = False  #: the day's money is spent, and somebody waits for it


def next_jobs(
    pending: Iterable[Waiting],
    running: Sequence[str | None],
    limits: Limits,
    *,
    paused: Iterable[str] = (),
    statuses: Mapping[str, JobStatus],
    spent_today_usd: float = 0.0,
    now: datetime,
) -> Admission:
    """Decide. ``running`` has the repository of each job in progress, ``statuses`` that of each job depended on.

    The answer does not depend on the order in which ``pending``, ``running`` and ``paused`` are given.
    """
    waiting = sorted(pending, key=lambda job: _rank(job, now))
    refused = _refusals(waiting, statuses, now)
    held: dict[str, str] = {}
    admitted: list[str] = []
    busy = list(running)
    budget = limits.budget_usd_per_day
    for job in waiting:
        if job.job_id in refused:
            continue
        if budget is not None and spent_today_usd >= budget:
            held[job.job_id] = f"today's budget of ${budget:.2f} is spent"
        elif reason := _obstacle(job, busy, limits, frozenset(paused), statuses):
            held[job.job_id] = reason
        else:
            admitted.append(job.job_id)
            busy.append(job.repository)
    is_over = budget is not None and spent_today_usd >= budget and bool(held)
    return Admission(admitted=tuple(admitted), refused=refused, held=held, is_over_budget=is_over)


def _rank(job: Waiting, now: datetime) -> tuple[int, datetime, str]:
    # A clock that was set back must not lower anybody.
    risen = max(timedelta(), now - job.created_at) // RISE_AFTER
    return max(0, job.priority - risen), job.created_at, job.job_id


def _obstacle(
    job: Waiting,
    busy: Sequence[str | None],
    limits: Limits,
    paused: frozenset[str],
    statuses: Mapping[str, JobStatus],
) -> str | None:
    """Say what keeps ``job`` from starting at this moment; None when nothing does."""
    for scope in job.scopes:
        if scope in paused:
            return "paused" if scope == "all" else f"{scope} is paused"
    if job.runners and all(f"runner:{runner}" in paused for runner in job.runners):
        return f"{' and '.join(job.runners)}: at the usage limit, or paused"
    for needed in job.depends_on:
        if (status := statuses.get(needed)) is None:
            return f"waits for {needed}, which has not come"
        if status is not JobStatus.COMPLETED:
            return f"waits for {needed}, which is {status.value.replace('_', ' ')}"
    if job.repository is not None and busy.count(job.repository) >= limits.jobs_per_repository:
        return f"{job.repository} has its {_jobs(limits.jobs_per_repository)}"
    if len(busy) >= limits.jobs_at_once:
        return f"{_jobs(limits.jobs_at_once)} at once, and all places are taken"
    return None


def _jobs(count: int) -> str:
    return f"{count} job{'s' if count != 1 else ''}"


def _refusals(waiting: Sequence[Waiting], statuses: Mapping[str, JobStatus], now: datetime) -> dict[str, str]:
    """Name the jobs that can never start. Those who depend on them follow when they have failed."""
    needs = {job.job_id: job.depends_on for job in waiting}
    names = {job.job_id: job.name or job.job_id for job in waiting}
    refused: dict[str, str] = {}
    for job in waiting:
        for needed in job.depends_on:
            if needed not in statuses:
                if not JOB_ID.fullmatch(needed) and now - job.created_at < FILE_COMES_WITHIN:
                    continue
                refused.setdefault(job.job_id, f"depends on {needed}, and there is no such job")
            elif statuses[needed] in _NEVER:
                refused.setdefault(job.job_id, f"depends on {needed}, which {_ended(statuses[needed])}")
        if circle := _circle_from(job.job_id, needs):
            refused.setdefault(job.job_id, f"depends on itself: {' -> '.join(names[one] for one in circle)}")
    return refused


def _ended(status: JobStatus) -> str:
    return "was stopped" if status is JobStatus.STOPPED else status.value


def _circle_from(start: str, needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the shortest way from a job through what it depends on back to itself; () when there is none."""
    came_from: dict[str, str] = {}
    front = [start]
    while front:
        following: list[str] = []
        for job_id in front:
            for needed in needs.get(job_id, ()):
                if needed == start:
                    return _way(start, job_id, came_from)
                if needed not in came_from:
                    came_from[needed] = job_id
                    following.append(needed)
        front = following
    return ()


def _way(start: str, last: str, came_from: Mapping[str, str]) -> tuple[str, ...]:
    way = [start, last]
    while last != start:
        last = came_from[last]
        way.append(last)
    return tuple(reversed(way))
