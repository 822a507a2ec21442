"""The durable engine: the one module that knows DBOS Transact (pinned exactly; docs/decisions/0002).

A job is a workflow whose id is the job id, so starting twice is starting once. What the workflow does goes through
steps: a finished step is recorded and never runs again, an unfinished one runs again after a crash. Step bodies
therefore run *at least once*, and every effect of theirs on the outside has a key of its own.

Never done here: ``DBOS.destroy()`` with work in flight. It records running async workflows as failed (measured with
3.4.0), and a failed workflow is not recovered. A stopping daemon leaves by ``os._exit`` and its workflows stay
pending until the next start.

Trouble with its database: DBOS repeats what it records for as long as PostgreSQL is away or SQLite is locked, but a
full disk under SQLite makes it give the workflow up. Here every such trouble looks to DBOS like a lock.
"""

import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus
from sqlalchemy.exc import DBAPIError, OperationalError

from company.clock import to_iso
from company.errors import StoreUnavailable
from company.store.gate import translated, unavailable_reason

log = logging.getLogger(__name__)

APP_NAME = "agent-service"

#: Bump when the order of steps changes in a way that a running job could not follow.
WORKFLOW_VERSION = "1"


class Do(Protocol):
    """Run ``step(*args)`` as a durable step called ``name``. Arguments and result are JSON values."""

    def __call__(self, name: str, step: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Return the step's result: computed now, or recorded before a crash."""
        ...


Story = Callable[[Do, str], Awaitable[str]]
"""What a job does, told as steps; returns the status the job ended with."""

StepHook = Callable[[str, str, str], None]
"""Called with (job id, step name, 'before' or 'after') around each step."""


class Standing(StrEnum):
    """How the engine stands to a job."""

    UNKNOWN = "unknown"  #: it was never started
    UNDER_WAY = "under way"  #: it is being told, here or on another host, or will be in a moment
    DROPPED = "dropped"  #: this host should be telling it, and is not
    BROKEN = "broken"  #: recorded as failed, or given up: it never goes on
    OVER = "over"  #: told to its end


_STANDINGS: Mapping[str, Standing] = {
    "SUCCESS": Standing.OVER,
    "ERROR": Standing.BROKEN,
    "CANCELLED": Standing.BROKEN,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": Standing.BROKEN,
}


class Engine:
    """Starts jobs and brings the unfinished ones back after a crash. One per process: DBOS is process-wide."""

    def __init__(
        self, database_url: str, *, host: str, threads: int, on_step: StepHook | None = None
    ) -> None:
        self._on_step, self._host = on_step, host
        #: a file is of one daemon: whoever began a job in it, under another host's name or in another folder, is gone
        self._is_alone = database_url.startswith("sqlite")
        self._told: set[str] = set()  # jobs whose story is being told in this process
        self._asking = threading.local()
        config: DBOSConfig = {
            "name": APP_NAME,
            "system_database_url": database_url,
            "application_version": WORKFLOW_VERSION,
            "executor_id": host,
            # The default serializer is pickle: whoever can write the database could run code in here.
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "max_executor_threads": threads,
        }
        if self._is_alone:
            engine = config["system_database_engine"] = _sqlite_engine(database_url)
            sqlalchemy.event.listen(engine, "handle_error", self._meet)
        DBOS(config=config)
        logging.getLogger("dbos").setLevel(logging.ERROR)
        self._job: Callable[[str], Any] | None = None

    def launch(self, story: Story) -> None:
        """Begin: jobs that were under way when the last process ended go on at their unfinished step.

        Raises StoreUnavailable.
        """

        @DBOS.workflow(name="job")
        async def job(job_id: str) -> str:
            async def do(name: str, step: Callable[..., Any], *args: Any) -> Any:
                self._tell(job_id, name, "before")
                result = await DBOS.run_step_async({"name": name}, step, *args)
                self._tell(job_id, name, "after")
                return result

            self._told.add(job_id)
            try:
                return await story(do, job_id)
            finally:
                self._told.discard(job_id)

        self._job = job
        with self._asked():
            DBOS.launch()
            if self._is_alone:
                self._take_over()

    def _take_over(self) -> None:
        """Tell on what a host of another name began, before this company was moved here."""
        for row in DBOS.list_workflows(status="PENDING", app_version=WORKFLOW_VERSION, load_input=False):
            if row.executor_id != self._host:
                DBOS.resume_workflow(row.workflow_id)

    def start(self, job_id: str) -> None:
        """Start the job's workflow; harmless when it was started before. Raises StoreUnavailable."""
        if self._job is None:
            raise RuntimeError("the engine was not launched")
        with self._asked(), SetWorkflowID(job_id):
            DBOS.start_workflow(self._job, job_id)

    def is_idle(self) -> bool:
        """Say whether every job that was started has been told to its end. Raises StoreUnavailable."""
        with self._asked():
            return not DBOS.list_workflows(
                status="PENDING", app_version=WORKFLOW_VERSION, limit=1, load_input=False
            )

    def standings(self, job_ids: Collection[str]) -> dict[str, tuple[Standing, str]]:
        """Say how the engine stands to jobs, and, of a broken one, why. Raises StoreUnavailable."""
        if not job_ids:
            return {}
        found = dict.fromkeys(job_ids, (Standing.UNKNOWN, ""))
        with self._asked():
            rows = DBOS.list_workflows(workflow_ids=list(job_ids), load_input=False)
        return found | {row.workflow_id: self._standing(row) for row in rows}

    def _standing(self, row: WorkflowStatus) -> tuple[Standing, str]:
        if row.status in _STANDINGS:
            return _STANDINGS[row.status], str(row.error or row.status.lower().replace("_", " "))
        is_here = self._is_alone or row.executor_id == self._host
        if is_here and row.app_version != WORKFLOW_VERSION:
            words = f"it was begun by workflow version {row.app_version}, and this is {WORKFLOW_VERSION}"
            return Standing.BROKEN, words
        is_ours = row.status == "PENDING" and is_here
        return Standing.DROPPED if is_ours and row.workflow_id not in self._told else Standing.UNDER_WAY, ""

    def resume(self, job_id: str) -> None:
        """Tell a dropped job on, from its unfinished step. Raises StoreUnavailable."""
        with self._asked():
            DBOS.resume_workflow(job_id)

    def over_before(self, moment: datetime, limit: int) -> list[str]:
        """Return jobs whose stories were over before ``moment``, at most ``limit``. Raises StoreUnavailable."""
        with self._asked():
            rows = DBOS.list_workflows(
                status=list(_STANDINGS),
                completed_before=to_iso(moment),
                limit=limit,
                load_input=False,
                load_output=False,
            )
        return [row.workflow_id for row in rows]

    def forget(self, job_ids: Collection[str]) -> None:
        """Remove what was noted of these jobs' steps. Only of jobs that never start again. Raises StoreUnavailable."""
        with self._asked():
            DBOS.delete_workflows(list(job_ids))

    def close(self) -> None:
        """Take the engine down in a process that lives on. Only when no job is under way: see above."""
        DBOS.destroy(destroy_registry=True)

    def _tell(self, job_id: str, name: str, moment: str) -> None:
        if self._on_step is not None:
            self._on_step(job_id, name, moment)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Mark what follows as asked by a caller of ours: it hears of trouble instead of waiting for its end."""
        self._asking.is_asking = True
        try:
            with translated():
                yield
        finally:
            self._asking.is_asking = False

    def _meet(self, met: sqlalchemy.ExceptionContext) -> None:
        """Meet trouble with SQLite's file. What a job records is repeated by DBOS until it is stored."""
        error = met.sqlalchemy_exception
        reason = unavailable_reason(error) if isinstance(error, DBAPIError) else None
        if reason is None or reason == "damaged":
            return
        if getattr(self._asking, "is_asking", False):
            raise StoreUnavailable(reason, str(met.original_exception)) from error
        log.warning("the engine's database waits: %s", met.original_exception)
        words = f"database is locked, in effect: {met.original_exception}"  # the words that DBOS looks for
        raise OperationalError(met.statement, None, sqlite3.OperationalError(words)) from error


def sqlite_url(path: Path) -> str:
    """Return the URL of the engine's own SQLite file."""
    return f"sqlite:///{path}"


def _sqlite_engine(url: str) -> sqlalchemy.Engine:
    """Open SQLite so that a commit survives a power cut: DBOS itself sets neither WAL nor synchronous."""
    engine = sqlalchemy.create_engine(url)

    @sqlalchemy.event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
