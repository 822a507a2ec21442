"""Admission carried out: what the rule in ``company/work/admission.py`` names is moved and started.

The whole decision is one writing transaction, so that two hosts together keep the limits. Starting comes after the
commit and is harmless when repeated: one that failed is tried again at the next pass, and a crash in between is
mended by ``start_again`` at the next start.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from company.clock import from_iso
from company.closest import did_you_mean
from company.orders.costs import spent_today
from company.orders.office import Office
from company.orders.schedules import company_time_zone
from company.orders.telling import tell_job
from company.store import dependencies, outbox, pauses, sessions
from company.store.gate import Reading, Transaction
from company.store.sessions import Session
from company.work.admission import Admission, Limits, Waiting, next_jobs
from company.work.job import JobStatus
from company.work.priority import parse_priority
from company.work.staff import Duty
from daemon.intake.inbox import Inbox
from daemon.job.planning import staff_for
from daemon.storage import shortage

log = logging.getLogger(__name__)

NAMES_COMPARED = 500  # newest jobs whose names are looked through for the one that was meant


class Admitting:
    """Lets waiting jobs in."""

    def __init__(self, office: Callable[[], Office], inbox: Inbox, start: Callable[[str], None]) -> None:
        """``start`` gets the id of a job that is in progress; it may be called again for the same job."""
        self._office, self._inbox, self._start = office, inbox, start
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}
        self._told_budget_on = ""
        self._unstarted: list[str] = []  # admitted, and the engine could not take them

    def pass_once(self) -> tuple[str, ...]:
        """Admit what may start now, refuse what never can; return the ids of the admitted jobs, in order."""
        with self._lock:
            return self._pass_once()

    def start_again(self) -> tuple[str, ...]:
        """Start every job that is in progress; for those that an ended process had admitted and not started."""
        with self._office().store.reading() as tx:
            _, running = sessions.pending_and_running(tx)
        job_ids = tuple(session.id for session in running)
        with self._lock:
            self._begin_all(job_ids)
        return job_ids

    def _pass_once(self) -> tuple[str, ...]:
        self._begin_all(self._unstarted)
        office = self._office()
        with office.store.reading() as tx:
            decided = decide(tx, office)
        if decided.is_over_budget:
            self._tell_budget(office, decided)
        if not decided.admitted and not decided.refused:
            self._log(decided)
            return ()
        with office.store.transaction() as tx:
            decided = decide(tx, office)  # with the write lock, so that nobody else decides meanwhile
            admitted = tuple(
                job_id for job_id in decided.admitted if sessions.move(tx, job_id, JobStatus.IN_PROGRESS)
            )
            for job_id, reason in decided.refused.items():
                _refuse(tx, job_id, reason)
        self._begin_all(admitted)
        self._place((*admitted, *decided.refused))
        self._log(decided)
        return admitted

    def _tell_budget(self, office: Office, decided: Admission) -> None:
        """Tell once a day that nothing starts until tomorrow, or until the budget is raised."""
        zone = ZoneInfo(company_time_zone(office.config))
        day = office.clock.now().astimezone(zone).date().isoformat()
        if self._told_budget_on == day:
            return
        budget = office.config.limits.budget_usd_per_day
        with office.store.transaction() as tx:
            outbox.say(
                tx,
                kind="paused",
                subject_id=f"budget-{day}",
                dedup_key=f"paused:budget:{day}",
                payload={
                    "reason": f"today's budget of ${budget:.2f} is spent",
                    "waiting": len(decided.held),
                    "mend": "it goes on at midnight, or when limits.budget_usd_per_day is raised",
                },
            )
        self._told_budget_on = day

    def _begin_all(self, job_ids: Iterable[str]) -> None:
        unstarted = []
        for job_id in job_ids:
            try:
                self._start(job_id)
            except Exception:  # a full disk under the engine's books must not cost the jobs behind this one
                log.exception("%s could not be started, and is tried again", job_id)
                unstarted.append(job_id)
        self._unstarted = unstarted

    def _place(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            with self._office().store.reading() as tx:
                session = sessions.get(tx, job_id)
            self._inbox.place(session)

    def _log(self, decided: Admission) -> None:
        for job_id in decided.admitted:
            log.info("%s may start", job_id)
        for job_id, reason in decided.refused.items():
            log.info("%s can never start: %s", job_id, reason)
        for job_id, reason in decided.held.items():
            if self._held.get(job_id) != reason:
                log.info("%s waits: %s", job_id, reason)
        self._held = dict(decided.held)


def decide(tx: Reading, office: Office) -> Admission:
    """Apply the rule to what the store says now; changes nothing, so that a door can show what jobs wait for."""
    pending, running = sessions.pending_and_running(tx)
    known = dependencies.find(tx, (name for session in pending for name in session.depends_on))
    limits, now = office.config.limits, office.clock.now()
    paused = [pause.scope for pause in pauses.list_pauses(tx)]
    is_runner_paused = any(scope.startswith("runner:") for scope in paused)
    decided = next_jobs(
        [
            replace(
                _waiting(session, known), runners=_runners_of(tx, office, session) if is_runner_paused else ()
            )
            for session in pending
        ],
        [session.target_repo for session in running],
        Limits(
            jobs_at_once=limits.jobs_at_once,
            jobs_per_repository=limits.jobs_per_repository,
            budget_usd_per_day=limits.budget_usd_per_day,
        ),
        paused=paused,
        statuses=dict(known.values()),
        spent_today_usd=spent_today(tx, office.config, now) if limits.budget_usd_per_day is not None else 0.0,
        now=now,
    )
    decided = replace(decided, refused=_with_names_meant(tx, pending, known.keys(), decided.refused))
    why = shortage(office.config.folders.all, limits.disk_reserve_mb) if decided.admitted else ""
    return (
        replace(decided, admitted=(), held={**decided.held, **dict.fromkeys(decided.admitted, why)})
        if why
        else decided
    )


def _with_names_meant(
    tx: Reading, pending: Iterable[Session], known: Collection[str], refused: Mapping[str, str]
) -> dict[str, str]:
    """Add the name that was probably meant to a refusal for a name that nothing has."""
    wanted = {
        session.id: missing
        for session in pending
        if session.id in refused and (missing := [one for one in session.depends_on if one not in known])
    }
    names = dependencies.file_names(tx, limit=NAMES_COMPARED) if wanted else []
    meant = {job_id: did_you_mean(missing[0], names) for job_id, missing in wanted.items()}
    return {
        job_id: f"{reason}; {meant[job_id]}" if meant.get(job_id) else reason
        for job_id, reason in refused.items()
    }


def _waiting(session: Session, known: dict[str, tuple[str, JobStatus]]) -> Waiting:
    return Waiting(
        job_id=session.id,
        priority=session.priority,
        created_at=from_iso(session.created_at),
        team_id=session.team_id,
        repository=session.target_repo,
        depends_on=tuple(known[name][0] if name in known else name for name in session.depends_on),
        name=session.priority_file.removesuffix(f".{session.id}.md"),
    )


def _runners_of(tx: Reading, office: Office, session: Session) -> tuple[str, ...]:
    """Return what runs those who could do the job's work."""
    priority = parse_priority(session.priority_text.encode(), session.priority_file)
    staff = staff_for(
        office.config, tx, session.target_repo, priority.runner, priority.model or session.model
    )
    workers = [one for one in staff if one.team_id == session.team_id and one.duty is Duty.WORK]
    called = [one for one in workers if one.short_id in priority.agents] or workers
    return tuple(sorted({one.runner for one in called}))


def _refuse(tx: Transaction, job_id: str, reason: str) -> None:
    if sessions.move(tx, job_id, JobStatus.FAILED, phase="closed", outcome=reason):
        tell_job(tx, job_id, "closed")
