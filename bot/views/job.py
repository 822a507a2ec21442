"""A job's one message: two lines and a row of buttons, edited as it goes. Pure.

It says what the job is, where it is and what can be done. Its thread holds everything else (``story.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from bot.views import blocks
from bot.views.ids import ActionId, BlockId, Subject
from bot.views.message import Block, Message
from bot.views.mrkdwn import name, one_line, person
from bot.views.words import MARKS, counted, handle, usd
from company.clock import from_iso
from company.work.job import JobStatus
from company.work.report import duration

_UNFINISHED: Final = (JobStatus.PENDING, JobStatus.IN_PROGRESS)
_OUTCOME_MAX: Final = 280  # characters: about four lines on a phone
_AT_WORK_MAX: Final = 3  # agents named


@dataclass(frozen=True, kw_only=True)
class JobCard:
    """What a job's message shows: the payload of its outbox rows, which ``telling.tell_job`` writes."""

    job_id: str
    title: str
    status: str
    phase: str = ""
    team: str = ""
    outcome: str | None = None
    iteration: int = 0
    at_work: tuple[str, ...] = ()  #: names of the agents that work now
    handed_in: int = 0  #: runs of this iteration that are over
    runs: int = 0  #: runs of this iteration so far
    open_questions: int = 0
    branch: str | None = None
    pr_url: str | None = None
    pr_state: str | None = None
    cost_usd: float = 0.0
    requested_by: str = ""
    started_at: str | None = None
    duration_s: float | None = None  #: of a job that ended
    pr_request: str | None = None  #: what a person wants of it, until it is done
    pr_error: str | None = None  #: why the forge did not do it
    complaints: int = 0  #: red checks and requested changes
    can_merge: bool = False  #: its branch waits for a person
    stop_requested_by: str | None = None

    @classmethod
    def of(cls, job_id: str, facts: Mapping[str, Any]) -> "JobCard":
        """Read an outbox row; facts a newer version added are left out, those an older one did not have are empty."""
        known = {field.name for field in fields(cls)} - {"job_id"}
        taken = {key: value for key, value in facts.items() if key in known}
        return cls(job_id=job_id, **{**taken, "at_work": tuple(taken.get("at_work") or ())})

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.status not in _UNFINISHED


def job_view(card: JobCard, now: datetime) -> Message:
    """Show how a job stands at ``now``."""
    state = _state_words(card)
    lines = [f"{MARKS.get(card.status, '•')} {name(card.title)} · {state}"]
    if card.is_finished and card.outcome:
        lines.append(one_line(card.outcome, _OUTCOME_MAX))
    shown: list[Block] = [
        blocks.section("\n".join(lines)),
        blocks.context(*_small_words(card, now)),
        *blocks.actions(*_buttons(card), block_id=BlockId.JOB_ACTIONS),
    ]
    return blocks.message(f"{one_line(card.title, 150)}: {state}", shown)


def _state_words(card: JobCard) -> str:
    if card.stop_requested_by and not card.is_finished:
        return "is being stopped"
    if card.open_questions and (not card.is_finished or card.status == JobStatus.BLOCKED):
        return "waits for your answer"
    if card.status == JobStatus.PENDING:
        return "waits its turn"
    if card.status != JobStatus.IN_PROGRESS:
        return one_line(card.status.replace("_", " "), 40)
    if not card.at_work:
        return one_line(card.phase or "under way", 80)
    more = len(card.at_work) - _AT_WORK_MAX
    names = ", ".join(one_line(one, 40) for one in card.at_work[:_AT_WORK_MAX])
    return f"{names}{f' and {more} more' if more > 0 else ''} at work"


def _small_words(card: JobCard, now: datetime) -> list[str]:
    words = [one_line(card.team, 40)]
    if card.runs > 1 and not card.is_finished:
        words.append(f"{card.handed_in}/{card.runs} handed in")
    if card.iteration > 1:
        words.append(f"iteration {card.iteration}")
    took_s = card.duration_s
    if took_s is None and card.started_at is not None:
        took_s = max(0.0, (now - from_iso(card.started_at)).total_seconds())
    if took_s is not None:
        words.append(duration(took_s))
    if card.cost_usd:
        words.append(usd(card.cost_usd))
    words += _pull_request_words(card)
    if card.requested_by:
        words.append(f"for {person(card.requested_by)}")
    return [*words, handle(card.job_id)]


def _pull_request_words(card: JobCard) -> list[str]:
    words = [f"pull request {one_line(card.pr_state, 20)}"] if card.pr_state else []
    if card.pr_request:
        words.append(f"{one_line(card.pr_request, 20)} is under way")
    if card.pr_error:
        words.append(f"refused: {one_line(card.pr_error, 200)}")
    if card.complaints:
        words.append(counted(card.complaints, "complaint"))
    return words


def _buttons(card: JobCard) -> list[Block | None]:
    subject = Subject(card.job_id)
    logs = blocks.button(ActionId.LOGS, "Logs", subject)
    if not card.is_finished:
        return [None if card.stop_requested_by else _stop(card, subject), logs]
    page = blocks.link_button(ActionId.PULL_REQUEST, "Pull request", card.pr_url or "")
    return [
        page,
        blocks.button(ActionId.RETRY, "Retry", subject),
        logs,
        blocks.button(ActionId.PRAISE, "👍", subject),
        blocks.button(ActionId.REJECT, "👎", subject),
        _delivery(card),
    ]


def _delivery(card: JobCard) -> Block | None:
    """Return the menu of what was delivered and waits: nobody merges by a slip, so it is one press further away."""
    if not card.can_merge or card.pr_request:
        return None
    ready = [("Ready for review", Subject(card.job_id, "ready"))] if card.pr_state == "draft" else []
    if card.complaints:
        ready.insert(0, ("Mend what came back", Subject(card.job_id, "mend")))
    waiting = [("Merge", Subject(card.job_id, "merge")), ("Close unmerged", Subject(card.job_id, "close"))]
    return blocks.overflow(ActionId.DELIVERY, [*ready, *waiting])


def _stop(card: JobCard, subject: Subject) -> Block:
    sure = blocks.confirm(
        "Stop this job?",
        f"{card.title[:120]}: its agents are ended at once. What they have done is kept in its log and branch.",
        "Stop the job",
        "Let it run",
    )
    return blocks.button(ActionId.STOP, "Stop", subject, style="danger", confirm=sure)
