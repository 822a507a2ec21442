"""What a person can order about a job: start it, stop it, try it again, answer what it asks.

A race is decided by a conditional update: of many who stop a job at once one has done it, the others read what is.
The files in ``priorities/`` follow the rows; the daemon moves them, never an order.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from company.errors import OrderRefused
from company.ids import new_job_id
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_job
from company.orders.starting import (
    Started,
    StartRequest,
    command_key,
    file_name_for,
    insert_session,
    start,
    started,
)
from company.orders.telling import tell_job, tell_question
from company.store import lookups, notes, questions, sessions
from company.work.job import JobStatus

if TYPE_CHECKING:
    from company.store.gate import Transaction
    from company.store.sessions import Session

__all__ = ["Answered", "StartRequest", "Started", "Stopped", "answer", "retry", "start", "stop"]

ANSWER_MAX = 20_000  # characters
_WAITING = (JobStatus.PENDING, JobStatus.BLOCKED)
_FINISHED = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.BLOCKED, JobStatus.STOPPED)


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """What became of the order to stop a job."""

    job_id: str
    title: str
    is_changed: bool  #: False: nothing was left to do
    status: JobStatus  #: as it is now: still in_progress when the daemon has yet to act
    by: str | None  #: who stopped it, or asked for it; None: it ended otherwise


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What became of an answer."""

    question_id: str
    job_id: str
    is_changed: bool  #: False: somebody answered before, or it expired
    answer: str | None
    by: str | None


def stop(office: Office, actor: Actor, job: str) -> Stopped:
    """Stop a job. One that waits ends at once; one at work is ended by the daemon, which sees the request."""
    with order(office, actor, Action.STOP, "session", job) as taken:
        session = find_job(taken.tx, job)
        taken.entity_id = session.id
        if session.status in _WAITING:
            _stop_at_once(taken.tx, session, actor)
            is_changed = True
        else:
            is_changed = sessions.request_stop(taken.tx, session.id, actor.id)
            if is_changed:
                tell_job(taken.tx, session.id, "stop_requested")
        if not is_changed:
            taken.change_nothing(status=session.status.value, by=session.stop_requested_by)
        now = sessions.get(taken.tx, session.id)
        return Stopped(
            job_id=now.id, title=now.title, is_changed=is_changed, status=now.status, by=now.stop_requested_by
        )


def _stop_at_once(tx: "Transaction", session: "Session", actor: Actor) -> None:
    moved = sessions.move(
        tx,
        session.id,
        JobStatus.STOPPED,
        phase="closed",
        outcome=f"stopped by {actor.id}",
        stop_requested_by=actor.id,
        stop_requested_at=tx.now_iso,
    )
    assert moved, "the write lock holds what was read"
    close_questions(tx, session.id)
    tell_job(tx, session.id, "closed")


def close_questions(tx: "Transaction", job_id: str) -> None:
    """Close the open questions of a job that ended, and show so on their messages."""
    asked = questions.open_of(tx, job_id)
    questions.expire_of(tx, job_id)
    for one in asked:
        tell_question(tx, one.id, "closed")


def retry(
    office: Office,
    actor: Actor,
    job: str,
    *,
    delivery_id: str | None = None,
    channel_id: str | None = None,
    thread_ts: str | None = None,
) -> Started:
    """Start a finished job again: a new job with the same text, which remembers what it is a retry of.

    While a retry of it has not ended, there is no second one: the first is returned. Raises OrderRefused for a
    job that has not ended.
    """
    with order(office, actor, Action.RETRY, "session", job) as taken:
        session = find_job(taken.tx, job)
        taken.entity_id = session.id
        if session.status not in _FINISHED:
            raise OrderRefused(
                "not_finished",
                f"{session.id} is {session.status.value.replace('_', ' ')}",
                mend=f"wait for its end, or agent-service stop {session.id}",
            )
        known = _retried_before(taken.tx, session.id, command_key(actor, delivery_id))
        if known is not None:
            taken.change_nothing(retry=known.id)
            return started(known, is_new=False)
        row = _retry_row(office, actor, session, delivery_id)
        row["channel_id"] = channel_id or session.channel_id
        row["thread_ts"] = thread_ts or session.thread_ts
        taken.detail = {"retry": row["id"]}
        again = insert_session(taken.tx, row)
        notes.copy(taken.tx, session.id, again.job_id)
        return again


def _retried_before(tx: "Transaction", job_id: str, start_key: str) -> "Session | None":
    """Return the job that this delivery started before, or the retry that has not ended."""
    delivered = sessions.find_by_start_key(tx, start_key)
    if delivered is not None:
        return delivered
    unfinished = lookups.unfinished_retry_id(tx, job_id)
    return sessions.get(tx, unfinished) if unfinished is not None else None


def _retry_row(
    office: Office, actor: Actor, session: "Session", delivery_id: str | None
) -> dict[str, object]:
    job_id = new_job_id(office.clock.now())
    kept = (
        "team_id", "title", "target_repo", "priority_text", "priority", "base_branch", "model",
        "max_iterations", "budget_usd",
    )  # fmt: skip
    return {
        **{column: getattr(session, column) for column in kept},
        "id": job_id,
        "priority_file": file_name_for(_dropped_name(session), session.title, job_id),
        "start_key": command_key(actor, delivery_id),
        "depends_on": list(session.depends_on),
        "requested_by": actor.id,
        "surface": actor.surface,
        "retry_of": session.id,
    }


def _dropped_name(session: "Session") -> str:
    """Return the name the file had before the job's id was put into it."""
    return session.priority_file.replace(f".{session.id}", "")


def answer_option(office: Office, actor: Actor, question_id: str, number: int) -> Answered:
    """Answer with one of the options that the question offers, counted from 0. Raises OrderRefused, NotFound."""
    with office.store.reading() as tx:
        options = questions.get(tx, question_id).options
    if not 0 <= number < len(options):
        raise OrderRefused(
            "no_option", "the question offers no such answer", mend="answer it in words, in its thread"
        )
    return answer(office, actor, question_id, options[number])


def answer(office: Office, actor: Actor, question_id: str, text: str) -> Answered:
    """Answer what an agent asks; the first answer counts. The daemon then goes on with the job."""
    with order(office, actor, Action.ANSWER, "question", question_id) as taken:
        if not text.strip() or len(text) > ANSWER_MAX:
            raise OrderRefused("bad_answer", f"an answer has 1 to {ANSWER_MAX} characters")
        is_changed = questions.answer(taken.tx, question_id, text.strip(), actor.id)
        question = questions.get(taken.tx, question_id)
        if is_changed:
            tell_question(taken.tx, question_id, "answered")
            tell_job(taken.tx, question.session_id, f"answered:{question_id}")
        else:
            taken.change_nothing(status=question.status, by=question.answered_by)
        return Answered(
            question_id=question_id,
            job_id=question.session_id,
            is_changed=is_changed,
            answer=question.answer,
            by=question.answered_by,
        )
