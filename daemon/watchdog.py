"""Finds jobs that nobody works on although they are in progress, and gets them going or ends them with a clear word.

The engine brings unfinished work back by itself. This is for what it cannot: a job whose story it recorded as
failed (a fault of ours, or a hundred restarts in the middle of it), one that it lost hold of, one that was admitted
and never started. Whatever the cause, no job stands in progress for ever.
"""

import logging
from collections.abc import Callable

from company.store import sessions
from company.store.gate import Store
from company.work.job import JobStatus
from daemon.engine import Engine, Standing

log = logging.getLogger(__name__)

GiveUp = Callable[[str, str], object]
"""Ends the job (its id) as failed, with an outcome in one sentence."""


class Watchdog:
    """Looks when it is told to: at the start, and every half minute. Called by one thread."""

    def __init__(self, store: Store, engine: Engine, give_up: GiveUp) -> None:
        self._store, self._engine, self._give_up = store, engine, give_up
        self._doubted: set[str] = (
            set()
        )  # not being told at the last look; starting and recovering take a moment

    def look(self) -> None:
        """Look once. Raises StoreUnavailable; the next look goes on."""
        with self._store.reading() as tx:
            in_progress = [session.id for session in sessions.pending_and_running(tx)[1]]
        doubted = set()
        for job_id, (standing, why) in self._engine.standings(in_progress).items():
            if standing is Standing.UNDER_WAY:
                continue
            if standing in (Standing.UNKNOWN, Standing.DROPPED) and job_id not in self._doubted:
                doubted.add(job_id)
            else:
                self._act(job_id, standing, why)
        self._doubted = doubted

    def _act(self, job_id: str, standing: Standing, why: str) -> None:
        if standing is Standing.UNKNOWN:
            log.warning("%s was admitted and not started; it starts now", job_id)
            self._engine.start(job_id)
        elif standing is Standing.DROPPED:
            log.warning("%s was let go of; it goes on now", job_id)
            self._engine.resume(job_id)
        elif self._is_in_progress(job_id):  # asked again: it may have ended since
            log.error("%s cannot go on: %s", job_id, why)
            self._give_up(
                job_id, f"the service could not go on with it: {why}; see the service log, then retry it"
            )

    def _is_in_progress(self, job_id: str) -> bool:
        with self._store.reading() as tx:
            return sessions.get(tx, job_id).status is JobStatus.IN_PROGRESS
