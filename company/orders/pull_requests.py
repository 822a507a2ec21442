"""What a person can order about a delivered branch: ready for review, merge, close, mend what came back.

An order writes down what is wanted; the daemon, which alone speaks to forges, does it within seconds and says so.
A follow-up is a job of its own, on the same branch: the pull request moves on, and is never doubled.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from company.errors import OrderRefused
from company.ids import new_job_id
from company.orders.audit import Order, order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_job
from company.orders.starting import Started, file_name_for, insert_session, started
from company.orders.telling import tell_job
from company.store import pull_requests, sessions
from company.work.job import JobStatus
from company.work.priority import parse_priority
from company.work.pull_request import Complaint, complaints_key, follow_up_text

if TYPE_CHECKING:
    from company.store.gate import Transaction
    from company.store.sessions import Session

_WAITING = frozenset({None, "draft", "open"})


@dataclass(frozen=True, kw_only=True)
class PullRequestWanted:
    """What became of the order; the daemon does it next."""

    job_id: str
    title: str
    what: str  #: 'ready', 'merge' or 'close'
    is_new: bool  #: False: it was wanted already, or it is so
    state: str | None  #: as it was known when the order was given
    url: str | None


def make_ready(office: Office, actor: Actor, job: str) -> PullRequestWanted:
    """Turn the draft into one that asks for review. Raises OrderRefused when nothing waits there."""
    return _want(office, actor, Action.MAKE_READY, job, "ready")


def merge(office: Office, actor: Actor, job: str) -> PullRequestWanted:
    """Merge what was delivered, if it still is what was delivered. Raises OrderRefused when nothing waits there."""
    return _want(office, actor, Action.MERGE, job, "merge")


def close(office: Office, actor: Actor, job: str) -> PullRequestWanted:
    """Close it unmerged. Raises OrderRefused when nothing waits there."""
    return _want(office, actor, Action.CLOSE, job, "close")


def follow_up(office: Office, actor: Actor, job: str) -> Started:
    """Start the job that mends what checks and reviewers complain of. One for the same complaints, ever.

    Raises OrderRefused when nothing is complained of.
    """
    with order(office, actor, Action.FOLLOW_UP, "session", job) as taken:
        session = _delivered(taken, job)
        complaints = [Complaint(**one) for one in session.pr_complaints]
        if not complaints:
            raise OrderRefused("no_complaints", f"nothing came back for {session.id}", mend="nothing to mend")
        row = _follow_up_row(office, actor, session, complaints)
        known = sessions.find_by_start_key(taken.tx, str(row["start_key"])) or _unfinished(taken.tx, session)
        if known is not None:
            taken.change_nothing(follow_up=known.id)
            return started(known, is_new=False)
        taken.detail = {"follow_up": row["id"]}
        return insert_session(taken.tx, row)


def _want(office: Office, actor: Actor, action: Action, job: str, what: str) -> PullRequestWanted:
    with order(office, actor, action, "session", job) as taken:
        session = _delivered(taken, job)
        is_so = what == "ready" and session.pr_state == "open"
        is_new = not is_so and pull_requests.request(taken.tx, session.id, what, actor.id)
        if is_new:
            tell_job(taken.tx, session.id, f"pull_request:{what}:{taken.tx.now_iso}")
        else:
            taken.change_nothing(state=session.pr_state)
        return PullRequestWanted(
            job_id=session.id, title=session.title, what=what, is_new=is_new, state=session.pr_state,
            url=session.pr_url,
        )  # fmt: skip


def _delivered(taken: Order, job: str) -> "Session":
    """Return the job whose branch waits: of a follow-up, the one it follows. Raises OrderRefused."""
    session = find_job(taken.tx, job)
    if session.follows is not None:
        session = sessions.get(taken.tx, session.follows)
    taken.entity_id = session.id
    if (
        session.status is not JobStatus.COMPLETED
        or session.head_commit is None
        or session.target_repo is None
    ):
        raise OrderRefused("not_delivered", f"{session.id} delivered no branch", mend="agent-service jobs")
    if session.pr_state not in _WAITING:
        raise OrderRefused("not_open", f"{session.id} is {session.pr_state} already")
    return session


def _unfinished(tx: "Transaction", session: "Session") -> "Session | None":
    unfinished = (JobStatus.PENDING, JobStatus.IN_PROGRESS)
    return next((one for one in pull_requests.follow_ups(tx, session.id) if one.status in unfinished), None)


def _follow_up_row(
    office: Office, actor: Actor, session: "Session", complaints: list[Complaint]
) -> dict[str, object]:
    """Make the row. Its key is what came back and for which commit: the same complaints start it once."""
    job_id = new_job_id(office.clock.now())
    digest = hashlib.sha256(f"{session.head_commit}\n{complaints_key(complaints)}".encode()).hexdigest()
    priority = parse_priority(session.priority_text.encode(), session.priority_file)
    text = follow_up_text(priority, session.branch_name or "", session.id, complaints)
    title = parse_priority(text.encode(), "follow-up.md").title
    kept = (
        "team_id", "target_repo", "priority", "model", "max_iterations", "budget_usd", "channel_id", "thread_ts",
        "pr_url", "pr_number", "branch_name",
    )  # fmt: skip
    return {
        **{column: getattr(session, column) for column in kept},
        "id": job_id,
        "title": title,
        "priority_text": text,
        "priority_file": file_name_for("follow-up", title, job_id),
        "start_key": f"follow-up:{session.id}:{digest}",
        "base_branch": session.branch_name,
        "requested_by": actor.id,
        "surface": actor.surface,
        "follows": session.id,
    }
