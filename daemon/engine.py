"""The durable engine: the one module that knows DBOS Transact (pinned exactly; docs/decisions/0002).

A job is a workflow whose id is the job id, so starting twice is starting once. What the workflow does goes through
steps: a finished step is recorded and never runs again, an unfinished one runs again after a crash. Step bodies
therefore run *at least once*, and every effect of theirs on the outside has a key of its own.

Never done here: ``DBOS.destroy()`` with work in flight. It records running async workflows as failed (measured with
3.4.0), and a failed workflow is not recovered. A stopping daemon leaves by ``os._exit`` and its workflows stay
pending until the next start.
"""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

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


class Engine:
    """Starts jobs and brings the unfinished ones back after a crash. One per process: DBOS is process-wide."""

    def __init__(
        self, database_url: str, *, host: str, threads: int, on_step: StepHook | None = None
    ) -> None:
        self._on_step = on_step
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
        if database_url.startswith("sqlite"):
            config["system_database_engine"] = _sqlite_engine(database_url)
        DBOS(config=config)
        logging.getLogger("dbos").setLevel(logging.ERROR)
        self._job: Callable[[str], Any] | None = None

    def launch(self, story: Story) -> None:
        """Begin: jobs that were under way when the last process ended go on at their unfinished step."""

        @DBOS.workflow(name="job")
        async def job(job_id: str) -> str:
            async def do(name: str, step: Callable[..., Any], *args: Any) -> Any:
                self._tell(job_id, name, "before")
                result = await DBOS.run_step_async({"name": name}, step, *args)
                self._tell(job_id, name, "after")
                return result

            return await story(do, job_id)

        self._job = job
        DBOS.launch()

    def start(self, job_id: str) -> None:
        """Start the job's workflow; harmless when it was started before."""
        if self._job is None:
            raise RuntimeError("the engine was not launched")
        with SetWorkflowID(job_id):
            DBOS.start_workflow(self._job, job_id)

    def is_idle(self) -> bool:
        """Say whether every job that was started has been told to its end."""
        return not DBOS.list_workflows(status="PENDING", app_version=WORKFLOW_VERSION, limit=1, load_input=False)

    def close(self) -> None:
        """Take the engine down in a process that lives on. Only when no job is under way: see above."""
        DBOS.destroy(destroy_registry=True)

    def _tell(self, job_id: str, name: str, moment: str) -> None:
        if self._on_step is not None:
            self._on_step(job_id, name, moment)


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
