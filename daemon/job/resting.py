"""Waiting for the end of a program's usage limit, and going on by priority when it comes.

The limit is a pause of the scope ``runner:<name>``: new jobs that need the program wait in admission, runs under way
wait here, and hold no place among the agents at work. When it ends (or a person resumes the scope) they go on.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from company.clock import from_iso, to_iso
from company.orders.usage_limits import pause_runner, runner_scope
from company.store import pauses
from company.store.sessions import Session
from company.work.usage_limit import reset_time
from daemon.job.workplace import Stopped, Workplace
from daemon.processes.spawn import Detached
from daemon.runners.protocol import RunResult

log = logging.getLogger(__name__)

LOOK_S = 0.25
LEAST = timedelta(seconds=60)  # a limit that ends sooner is waited for so long all the same

Rank = tuple[int, str, str]
"""Priority, then age, then the run's key."""


@dataclass
class Resting:
    """The runs that wait, by runner. Safe to use from many threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: dict[str, list[Rank]] = field(default_factory=dict)

    @contextmanager
    def in_turn(self, place: Workplace, session: Session, key: str, runner: str) -> Iterator[None]:
        """Enter when ``runner`` is not paused, and nobody before us waits for it. Raises Stopped, Detached."""
        rank = (session.priority, session.created_at, key)
        with self._lock:
            self._waiting.setdefault(runner, []).append(rank)
        try:
            self._wait(place, session.id, key, runner, rank)
            yield
        finally:
            with self._lock:
                self._waiting[runner].remove(rank)

    def _wait(self, place: Workplace, job_id: str, key: str, runner: str, rank: Rank) -> None:
        has_waited = False
        while (until := _paused_until(place, runner)) is not None or (
            has_waited and not self._is_first(runner, rank)
        ):
            if until and not has_waited:
                place.log(job_id).say("service", f"waits until {until}: the usage limit of {runner}")
                has_waited = True
            if place.processes.is_closed():
                raise Detached(key)
            if place.must_end(place.session(job_id)) is not None:
                raise Stopped(job_id)
            threading.Event().wait(LOOK_S)

    def _is_first(self, runner: str, rank: Rank) -> bool:
        with self._lock:
            return min(self._waiting[runner]) == rank


def rests_after(place: Workplace, job_id: str, runner: str, result: RunResult) -> bool:
    """Say whether a run that ended so is to be done again later: then its runner is paused until the limit ends."""
    if not result.usage_limit or result.ok or not place.config.limits.pause_at_usage_limit:
        return False
    ended = from_iso(result.ended_at)
    ends = reset_time(result.usage_limit, ended, place.zone())
    if ends is None:
        return False
    until = max(ends, ended + LEAST)
    if until > place.clock.now():
        with place.store.transaction() as tx:
            pause_runner(tx, runner, until_at=to_iso(until), reason=result.usage_limit)
    place.log(job_id).say(
        "service", f"{runner} is at its usage limit until {to_iso(until)}: {result.usage_limit}"
    )
    return True


def _paused_until(place: Workplace, runner: str) -> str | None:
    with place.store.reading() as tx:
        found = [one for one in pauses.list_pauses(tx) if one.scope == runner_scope(runner)]
    return next(((one.until_at or "somebody resumes it") for one in found), None)
