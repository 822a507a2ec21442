"""Looking: what is shown to whoever may look at all, and to nobody else. Changes nothing, so it leaves no audit row."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from company.errors import OrderRefused
from company.orders.office import Actor, Office
from company.orders.permission import Action, check
from company.orders.references import find_job
from company.store import agents, lookups, questions, sessions, tasks, teams
from company.work.job import JobStatus

if TYPE_CHECKING:
    from company.store.gate import Reading
    from company.store.sessions import Session

TAIL_BYTES = 64_000  # of a log's end that are read; a line is hardly ever longer


@dataclass(frozen=True, kw_only=True)
class PartFacts:
    """One agent's newest run in a job."""

    name: str
    emoji: str
    status: str
    error: str  #: '' when there is none


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """How a job stands."""

    session: "Session"
    team: str
    parts: tuple[PartFacts, ...]  #: in the order they began
    questions: tuple[str, ...]  #: that wait for an answer


@contextmanager
def look(office: Office, actor: Actor) -> Iterator["Reading"]:
    """Open a snapshot for ``actor`` to look at. Raises NotPermitted."""
    check(actor, Action.LOOK)
    with office.store.reading() as tx:
        yield tx


def find_job_meant(
    office: Office, actor: Actor, word: str, job_of_thread: str | None, *, is_order: bool
) -> str:
    """Return the id of the job that ``word`` means where ``it`` is the thread's job.

    Outside of a thread ``it`` is the one job that waits or runs. Where several do, or none, the newest may be looked
    at (``is_order`` False), but an order is refused: nobody stops the wrong job by a pronoun.
    """
    with look(office, actor) as tx:
        if word != "it":
            return find_job(tx, word).id
        if job_of_thread is not None:
            return job_of_thread
        running = lookups.running_job_ids(tx, 2)
        if len(running) == 1:
            return running[0]
        if is_order:
            raise OrderRefused(
                "which_job",
                "several jobs are under way" if running else "no job is under way",
                mend="say it in the job's thread, or name the job; `jobs` lists them",
            )
        return find_job(tx, "last").id


def find_ended_job(
    office: Office, actor: Actor, word: str, job_of_thread: str | None, *, is_failed: bool
) -> str:
    """Return the id of the job that is to be retried or judged.

    Outside of a thread ``it`` is the one that ended last, of those that did not make it where ``is_failed``.
    """
    if word != "it" or job_of_thread is not None:
        return find_job_meant(office, actor, word, job_of_thread, is_order=True)
    statuses = (JobStatus.FAILED, JobStatus.BLOCKED, JobStatus.STOPPED)
    with look(office, actor) as tx:
        found = lookups.last_ended_job_id(tx, statuses if is_failed else (*statuses, JobStatus.COMPLETED))
    if found is None:
        raise OrderRefused("no_job", "no job has ended so", mend="name the job; `jobs` lists them")
    return found


def list_jobs(
    office: Office, actor: Actor, status: JobStatus | None = None, *, limit: int = 15
) -> "list[Session]":
    """List jobs of one status or all, newest first."""
    with look(office, actor) as tx:
        return sessions.list_sessions(tx, status, limit=limit)


def job_facts(office: Office, actor: Actor, job: str) -> JobFacts:
    """Return how a job stands: its row, the newest run of each agent, what it asks."""
    with look(office, actor) as tx:
        session = find_job(tx, job)
        staff = {row.id: row for row in agents.list_agents(tx, include_inactive=True)}
        newest = {row.agent_id: row for row in tasks.of_session(tx, session.id)}
        return JobFacts(
            session=session,
            team=teams.get(tx, session.team_id).name,
            parts=tuple(
                PartFacts(
                    name=staff[row.agent_id].name,
                    emoji=staff[row.agent_id].emoji,
                    status=row.status,
                    error=row.error_message or "",
                )
                for row in newest.values()
            ),
            questions=tuple(one.question for one in questions.open_of(tx, session.id)),
        )


def job_of_thread(office: Office, channel_id: str | None, thread_ts: str | None) -> "str | None":
    """Return the job that a thread is about, for whoever asks: which one it is tells nothing of it."""
    if not channel_id or not thread_ts:
        return None
    with office.store.reading() as tx:
        return lookups.job_of_thread(tx, channel_id, thread_ts)


def job_of_message(office: Office, channel_id: str, message_ts: str) -> str | None:
    """Return the job that a message is about."""
    with office.store.reading() as tx:
        return lookups.job_of_message(tx, channel_id, message_ts)


def log_tail(office: Office, actor: Actor, job: str, *, lines: int = 20) -> "tuple[Session, tuple[str, ...]]":
    """Return a job and the last lines of its log; no lines while there is no log. Found by id, never by a path."""
    with look(office, actor) as tx:
        session = find_job(tx, job)
    return session, _last_lines(office.config.folders.logs / "running-jobs" / f"{session.id}.log", lines)


def log_path(office: Office, job_id: str) -> Path:
    """Return where the log of a job is."""
    return office.config.folders.logs / "running-jobs" / f"{job_id}.log"


def _last_lines(path: Path, count: int) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ()
    return tuple(text.splitlines()[-count:])
