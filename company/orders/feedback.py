"""A person's word on a finished job: praise, or rejection with the reason. One word a person and job, for good.

The ledger decides it: both words have one cause, so of two presses, or of both buttons, the first counts and the
other reads what was said before.
"""

from dataclasses import dataclass

from company.errors import OrderRefused
from company.learning.reward import POINTS, feedback_cause
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_job
from company.store import outbox, rewards
from company.work.job import JobStatus

REASON_MAX = 2000  # characters
_UNFINISHED = (JobStatus.PENDING, JobStatus.IN_PROGRESS)


@dataclass(frozen=True, kw_only=True)
class FeedbackGiven:
    """What the person's word on the job is now."""

    job_id: str
    title: str
    is_new: bool  #: False: this person had said something before, and that stands
    points: float  #: 100 or -100
    reason: str
    said_at: str


def praise(office: Office, actor: Actor, job: str, reason: str = "") -> FeedbackGiven:
    """Praise a finished job: +100. Raises OrderRefused while it is not finished."""
    return _say(office, actor, Action.PRAISE, job, reason)


def reject(office: Office, actor: Actor, job: str, reason: str) -> FeedbackGiven:
    """Reject a finished job: -100. Raises OrderRefused without a reason, or while it is not finished."""
    return _say(office, actor, Action.REJECT, job, reason)


def _say(office: Office, actor: Actor, action: Action, job: str, reason: str) -> FeedbackGiven:
    word = "praised" if action is Action.PRAISE else "rejected"
    with order(office, actor, action, "session", job) as taken:
        session = find_job(taken.tx, job)
        taken.entity_id = session.id
        said = _checked(reason, is_needed=action is Action.REJECT)
        if session.status in _UNFINISHED:
            status = session.status.value.replace("_", " ")
            raise OrderRefused(
                "not_finished",
                f"{session.id} is {status}: there is nothing to judge yet",
                mend="wait for its end",
            )
        cause = feedback_cause(actor.id)
        is_new = rewards.issue(
            taken.tx,
            "session",
            session.id,
            cause,
            POINTS[f"session {word}"],
            f"{word} by {actor.id}" + (f": {said}" if said else ""),
        )
        (row,) = [one for one in rewards.of_entity(taken.tx, "session", session.id) if one.cause == cause]
        taken.detail = {"reason": said} if said else {}
        if not is_new:
            taken.change_nothing(points=row.reward_value, said_at=row.issued_at)
        else:
            outbox.say(
                taken.tx,
                kind="feedback",
                subject_id=session.id,
                dedup_key=f"feedback:{session.id}:{actor.id}",
                payload={"word": word, "by": actor.id, "reason": said, "points": row.reward_value},
                channel_id=session.channel_id,
                thread_ts=session.thread_ts,
            )
        return FeedbackGiven(
            job_id=session.id,
            title=session.title,
            is_new=is_new,
            points=row.reward_value,
            reason=row.reason,
            said_at=row.issued_at,
        )


def _checked(reason: str, *, is_needed: bool) -> str:
    said = reason.strip()
    if is_needed and not said:
        raise OrderRefused("no_reason", "a rejection needs its reason: the agents learn from it")
    if len(said) > REASON_MAX:
        raise OrderRefused("long_reason", f"a reason has at most {REASON_MAX} characters")
    return said
