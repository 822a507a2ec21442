"""Where jobs are done: the folders, the tools and the books that every step needs."""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from company.clock import Clock, from_iso, to_iso
from company.config import Config, ConfigWatch
from company.errors import AgentServiceError, NotFound
from company.ids import JOB_ID
from company.orders.schedules import company_time_zone
from company.orders.telling import tell_job
from company.redaction import Redactor
from company.store import sessions
from company.store.gate import Store
from company.store.sessions import Session
from company.work.job import JobStatus
from company.work.priority import Priority, parse_priority
from company.work.report import duration
from daemon.job.job_log import JobLog
from daemon.job.lodging import Lodging
from daemon.job.state_files import StateFolder
from daemon.processes.spawn import Processes
from daemon.storage import DiskWatch, NoRoom, patiently, shortage

if TYPE_CHECKING:
    from daemon.job.money import Ledger
    from daemon.job.resting import Resting

T = TypeVar("T")


class Stopped(AgentServiceError):
    """The job was ended while a step was at work: ``Workplace.must_end`` says why."""


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """One per daemon."""

    store: Store
    watch: ConfigWatch
    clock: Clock
    processes: Processes
    redactor: Redactor
    environment: Mapping[str, str]  #: the service's own; agents get an allowed part of it
    agents_at_once: threading.BoundedSemaphore  #: held while an agent's process runs
    disks: DiskWatch
    lodging: Lodging  #: who agents, checks and setups run as
    place_file: Callable[[Session], object]  #: put a job's priority file in the folder of its status
    ledger: "Ledger"  #: what the runs under way have cost
    resting: "Resting"  #: the runs that wait for the end of a usage limit

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.watch.current()

    def zone(self) -> tzinfo:
        """Return the time zone where the company lives."""
        return ZoneInfo(company_time_zone(self.config))

    def session(self, job_id: str) -> Session:
        """Read the job's row."""
        with self.store.reading() as tx:
            return sessions.get(tx, job_id)

    def was_ordered(self, file_name: str) -> bool:
        """Say whether a file in the inbox's folders is that of a job which an order made, not a dropped file."""
        found = JOB_ID.search(file_name)
        try:
            return found is not None and self.session(found[0]).surface != "file"
        except NotFound:
            return False

    def must_end(self, session: Session) -> tuple[JobStatus, str] | None:
        """Say how a job must end now, whatever it is at: a person stopped it, or its time is up. None: it may go on.

        The time is measured on the clock on the wall, from the first start: restarts and a sleeping machine count.
        """
        if session.stop_requested_by is not None:
            return JobStatus.STOPPED, f"stopped by {session.stop_requested_by}"
        allowed_s = self.config.limits.job_timeout_s
        if (
            session.started_at
            and (self.clock.now() - from_iso(session.started_at)).total_seconds() > allowed_s
        ):
            return JobStatus.BLOCKED, (
                f"out of time: it took longer than {duration(allowed_s)} (make the job smaller, or raise "
                "limits.job_timeout_s in config.yaml, then retry it)"
            )
        return None

    def priority(self, session: Session) -> Priority:
        """Read the job's priority file from its row: the truth the file in the folder is written from."""
        return parse_priority(session.priority_text.encode(), session.priority_file)

    def log(self, job_id: str) -> JobLog:
        """Open the job's log."""
        return JobLog(
            self.config.folders.logs / "running-jobs" / f"{job_id}.log",
            self.clock,
            self.redactor,
            limit_bytes=self.config.limits.log_bytes_per_job,
        )

    def state(self, job_id: str) -> StateFolder:
        """Open the job's JSON state."""
        return StateFolder(self.config.folders.state / f"session-{job_id}", self.redactor)

    def worktree_path(self, job_id: str, name: str) -> Path:
        """Return the place of one of the job's worktrees: 'integration', or an agent's short id."""
        return self.config.worktrees / job_id / name

    def clones(self) -> Path:
        """Return the folder of the service's own clones."""
        return self.config.folders.state / "clones"

    def reports(self, job_id: str) -> Path:
        """Return the folder of the job's deliverables."""
        return self.config.folders.reports / job_id

    def relative(self, path: Path) -> str:
        """Write a path of the company's as people know it: from the company's folder."""
        return str(path.relative_to(self.config.root)) if path.is_relative_to(self.config.root) else str(path)

    def enter_phase(self, job_id: str, phase: str, **changes: object) -> None:
        """Say where the job is: row, state file and, for Slack, the outbox, in one transaction."""
        with self.store.transaction() as tx:
            sessions.set_phase(tx, job_id, phase, **changes)
            tell_job(tx, job_id, phase)

    def run_with_room(self, key: str, run: Callable[[], T], is_failure: Callable[[T], bool]) -> T:
        """Return what ``run`` makes of the process ``key``; what failed on a full disk is run again on one with room.

        A program that cannot write fails, and says nothing about its work by that. Raises Stopped.
        """
        began = time.monotonic()
        while is_failure(result := run()) and self.disks.was_full_since(began):
            with contextlib.suppress(OSError):  # a disk that can only be read now: again below
                self.processes.forget(key)
            patiently(lambda: self._check_room(key.partition("/")[0]), f"{key}: failed, and is run again")
            self.processes.forget(key)
            began = time.monotonic()
        return result

    def _check_room(self, job_id: str) -> None:
        if self.must_end(self.session(job_id)) is not None:
            raise Stopped(job_id)
        if why := shortage(self.config.folders.all, self.config.limits.disk_reserve_mb):
            raise NoRoom(why)

    def now_iso(self) -> str:
        """Return the present as it is stored."""
        return to_iso(self.clock.now())


def names(agent_ids: Sequence[str]) -> str:
    """Write agent ids for people."""
    return ", ".join(agent_id.removeprefix("agent-") for agent_id in agent_ids)
