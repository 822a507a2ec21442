"""The folder ``priorities/``: a file that is complete becomes a job, and then stands where its job stands.

Nothing is lost and nothing starts twice, whatever ends the process where:

1. A file is claimed by one rename into ``.taking/<time>-<random>/``. From then on no editor writes to it by name, and
   what is read is what is moved.
2. It is read and given to the orders: one transaction makes the job, known by the file's content.
3. It is moved to the folder of the job's status, or to ``rejected/`` with a note.

A claim that was left behind goes through 2 and 3 again. The content and the time of the claim say whether the job
was made before the crash; then only the file is moved. The row is the truth: a job's file that is missing is
written from it.

Called by one thread for taking and by any for placing; a lock keeps a file from being moved twice at once.
"""

import logging
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path, PurePath

from company.clock import from_iso
from company.errors import NotFound, OrderRefused, PriorityFileError, StoreUnavailable
from company.ids import slug
from company.orders import jobs, schedules
from company.orders.office import Actor, Office
from company.orders.permission import actor_for
from company.orders.starting import file_name_for
from company.store import schedules as schedule_rows
from company.store import sessions
from company.store.sessions import Session
from company.work.job import FOLDER, JobStatus
from company.work.priority import Priority, parse_priority
from daemon.intake.names import refuse_name
from daemon.intake.reading import StillWritten, is_being_written, read_file
from daemon.intake.rejecting import Rejected, forget_rejection, move_beside, reject, write_whole
from daemon.intake.scheduled import FOLDER_ACTOR, SCHEDULED, ScheduledFolder

log = logging.getLogger(__name__)

REJECTED = "rejected"
_TAKING = ".taking"
_FOLDERS = (*FOLDER.values(), SCHEDULED, REJECTED, _TAKING)
#: what we put into the names of files; somebody who moves one back to the inbox wants it done again
_OUR_ID = re.compile(r"\.(job-\d{13}-[0-9a-z]{7}|sched-[0-9a-f-]{36})(?=\.md$)")
_JOB_ID = re.compile(r"\.(job-\d{13}-[0-9a-z]{7})\.md$")


class Taken(Enum):
    """What became of a file."""

    STARTED = "started"
    SCHEDULED = "scheduled"
    REJECTED = "rejected"
    UNFINISHED = "unfinished"  #: it is being written: it stays where it is
    WAITS = "waits"  #: it is claimed, and the store or the disk cannot be used: see take_up_again
    GONE = "gone"  #: it was deleted, or somebody else took it


@dataclass(frozen=True)
class _Claim:
    """A file that is ours and has not been placed yet."""

    folder: Path
    path: Path
    claimed_at: datetime
    is_repeat: bool  #: it was tried before, perhaps up to the commit

    @property
    def name(self) -> str:
        return self.path.name


class Inbox:
    """Takes files and keeps them where their jobs stand."""

    def __init__(self, office: Callable[[], Office], reread_config: Callable[[], str] = lambda: "") -> None:
        """``reread_config`` takes in a changed config.yaml and returns why it is not in use; '' when it is."""
        self._office, self._reread_config = office, reread_config
        self.folder = Path(os.path.realpath(office().config.folders.priorities))
        self.scheduled = ScheduledFolder(self.folder)
        self._lock = threading.RLock()
        self._unknown: set[str] = set()  # files named like jobs that this database does not know

    def lay_out(self) -> None:
        """Make the folders that are missing. Raises OSError."""
        for name in _FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    # ── taking ──

    def take(self, name: str) -> Taken:
        """Make a job, or a note of rejection, of the file ``name`` in the inbox."""
        path = self.folder / name
        if is_being_written(path):
            return Taken.UNFINISHED
        claim = self._claim(path)
        return self._settle(claim) if claim is not None else Taken.GONE

    def take_up_again(self) -> int:
        """Go on with the claims that were left behind; return how many still wait."""
        return sum(self._settle(claim) is Taken.WAITS for claim in list(self._left_behind()))

    def _claim(self, path: Path) -> _Claim | None:
        claimed_at = self._office().clock.now()
        folder = self.folder / _TAKING / f"{int(claimed_at.timestamp() * 1000):013d}-{secrets.token_hex(4)}"
        folder.mkdir(parents=True)
        try:
            path.rename(folder / path.name)
        except FileNotFoundError:
            with suppress(OSError):
                folder.rmdir()
            return None
        return _Claim(folder, folder / path.name, claimed_at, is_repeat=False)

    def _left_behind(self) -> Iterator[_Claim]:
        for folder in sorted((self.folder / _TAKING).iterdir()):
            milliseconds = folder.name.partition("-")[0]
            if not milliseconds.isdecimal():
                continue
            claimed_at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
            with suppress(FileNotFoundError):  # another process on the same folder was quicker
                paths = sorted(folder.iterdir())
                yield from (_Claim(folder, path, claimed_at, is_repeat=True) for path in paths)
                if not paths:
                    folder.rmdir()

    def _settle(self, claim: _Claim) -> Taken:
        try:
            taken = self._judge(claim)
        except StillWritten:
            return Taken.WAITS
        except FileNotFoundError:
            if os.path.lexists(claim.path):  # the folder it was to go to is missing
                self.lay_out()
                return Taken.WAITS
            taken = Taken.GONE
        except (StoreUnavailable, OSError) as error:
            log.warning("priorities: %r waits: %s", claim.name, error)
            return Taken.WAITS
        except Exception:  # a fault of ours must not keep other files from being taken
            log.exception("priorities: %r waits", claim.name)
            return Taken.WAITS
        with suppress(OSError):  # another process on the same folder was quicker
            claim.folder.rmdir()
        if taken in (Taken.STARTED, Taken.SCHEDULED):
            forget_rejection(self.folder / REJECTED, claim.name)
        return taken

    def _judge(self, claim: _Claim) -> Taken:
        office = self._office()
        try:
            return self._read_and_order(office, claim)
        except (PriorityFileError, OrderRefused) as error:
            problem = self._reread_config()
            if self._office().config is office.config:
                return self._reject(claim, Rejected.because(claim.name, error, problem))
        try:  # config.yaml was changed a moment ago, perhaps for the sake of this very file
            return self._read_and_order(self._office(), claim)
        except (PriorityFileError, OrderRefused) as error:
            return self._reject(claim, Rejected.because(claim.name, error, problem))

    def _read_and_order(self, office: Office, claim: _Claim) -> Taken:
        refuse_name(claim.name)
        content = read_file(claim.path, claim.name, office.config.intake.max_file_bytes)
        return self._order(office, claim, content)

    def _order(self, office: Office, claim: _Claim, content: bytes) -> Taken:
        actor = actor_for(office.config, FOLDER_ACTOR, "file")
        priority = parse_priority(content, claim.name)
        if priority.schedule:
            return self._schedule(office, actor, claim, priority)
        request = jobs.StartRequest(
            content=content,
            name=_OUR_ID.sub("", claim.name),
            # A repeated claim may have made its job before the crash, however long ago that was.
            arrived_at=claim.claimed_at if claim.is_repeat else None,
        )
        started = jobs.start(office, actor, request)
        with self._lock:
            session = self._session(started.job_id)
            if started.is_new or (claim.is_repeat and from_iso(session.created_at) >= claim.claimed_at):
                claim.path.replace(self._place_of(session))
                log.info("priorities: %r is %s", claim.name, started.job_id)
                return Taken.STARTED
        return self._reject(claim, Rejected.as_known(claim.name, started))

    def _schedule(self, office: Office, actor: Actor, claim: _Claim, priority: Priority) -> Taken:
        """Make a schedule of the file instead of a job: it starts at its times, not now."""
        name = slug(priority.title)
        with self._lock:  # a schedule without its file is one to be removed
            schedule_id = self._scheduled_before(office, claim, name, priority) if claim.is_repeat else None
            if schedule_id is None:
                self.scheduled.let_go(office, name)
                request = schedules.ScheduleRequest(
                    name=name, when=priority.schedule or "", text=priority.text
                )
                schedule_id = schedules.add(office, actor, request).schedule_id
            kept_name = file_name_for(_OUR_ID.sub("", claim.name), name, schedule_id)
            move_beside(claim.path, self.folder / SCHEDULED, kept_name)
        log.info("priorities: %r is %s", claim.name, schedule_id)
        return Taken.SCHEDULED

    def _scheduled_before(self, office: Office, claim: _Claim, name: str, priority: Priority) -> str | None:
        with office.store.reading() as tx:
            row = schedule_rows.find(tx, name)
        if row is None or not row.is_active or row.priority_text != priority.text:
            return None
        return row.id if from_iso(row.updated_at) >= claim.claimed_at else None

    def _reject(self, claim: _Claim, rejected: Rejected) -> Taken:
        reject(self._office().store, claim.path, self.folder / REJECTED, claim.folder.name, rejected)
        return Taken.REJECTED

    # ── placing ──

    def place(self, session: Session) -> Path:
        """Put the file of a job where its job stands now; return where. Repeating it changes nothing.

        Reads the store, so it is never called inside a transaction.
        """
        with self._lock:
            # The caller's record may be older than the row, and a file must never go back.
            return self._place(self._session(session.id))

    def put_in_order(self) -> None:
        """Place every file whose job has moved on, and write those that are missing."""
        office = self._office()
        with self._lock:
            with office.store.reading() as tx:
                pending, running = sessions.pending_and_running(tx)
                blocked = sessions.list_sessions(tx, JobStatus.BLOCKED, limit=10_000)
            standing = {session.id: session for session in (*pending, *running, *blocked)}
            for job_id in self._file_ids() - self._unknown:
                if job_id not in standing:
                    self._place_by_id(job_id)
            for session in standing.values():
                self._place(session)
            self.scheduled.follow(office, is_settled=not self._has_claims())

    def _session(self, job_id: str) -> Session:
        with self._office().store.reading() as tx:
            return sessions.get(tx, job_id)

    def _place_of(self, session: Session) -> Path:
        return self.folder / FOLDER[session.status] / PurePath(session.priority_file).name

    def _place(self, session: Session) -> Path:
        place = self._place_of(session)
        if os.path.lexists(place):
            return place
        for folder in FOLDER.values():
            try:
                (self.folder / folder / place.name).rename(place)
            except FileNotFoundError:
                continue
            return place
        try:
            write_whole(place, session.priority_text)
        except OSError as error:  # a full disk: the row has the text, and the next look writes it
            log.warning("priorities: %s cannot be written: %s", place.name, error.strerror)
        return place

    def _place_by_id(self, job_id: str) -> None:
        try:
            self._place(self._session(job_id))
        except NotFound:
            self._unknown.add(job_id)

    def _has_claims(self) -> bool:
        return any((self.folder / _TAKING).iterdir())

    def _file_ids(self) -> set[str]:
        """Return the ids in the names of the files of jobs that had not ended when the files were placed."""
        folders = (FOLDER[status] for status in (JobStatus.PENDING, JobStatus.IN_PROGRESS, JobStatus.BLOCKED))
        paths = (path for folder in folders for path in (self.folder / folder).iterdir())
        return {match[1] for path in paths if (match := _JOB_ID.search(path.name))}
