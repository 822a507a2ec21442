"""One message of each kind and each form, as Slack would be sent them: what ``doctor`` lets Slack look at. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.views import forms, guidance, home, replies, story
from bot.views.edit_proposal import edit_proposal_modal
from bot.views.job import JobCard, job_view
from bot.views.message import Message
from bot.views.proposal import ProposalCard, proposal_view, proposals_view
from bot.views.question import QuestionCard, question_view

_NOW: Final = datetime(2026, 11, 25, 9, 4, tzinfo=UTC)
_JOB: Final = "job-1764061200000-3f9a2bc"
_AT: Final = "2026-11-25T09:00:00.000Z"
#: what names and titles may hold: mark-up, quotes, an emoji, and more than fits
TEXT: Final = "Add <rate> limits & “quotes” *now* 🚀 `code` " + "word " * 60


def messages() -> Mapping[str, Message]:
    """Return the messages, by what they are."""
    return {
        **{
            f"job {status}": _job(status)
            for status in ("pending", "in_progress", "completed", "failed", "blocked")
        },
        "question": question_view(_question("question")),
        "tool": question_view(_question("tool")),
        "proposal": proposal_view(_proposal()),
        "proposal decided": proposal_view(_proposal(decision="approved", by="U0ADA", at=_AT)),
        "proposals": proposals_view((_proposal(),) * 9),
        "log": story.log_tail_view({"lines": [TEXT] * 20}),
        "help": guidance.help_page("", ""),
        "unclear": guidance.unclear(TEXT),
        "list": replies.page(TEXT, [TEXT] * 40, foot=TEXT),
    }


def forms_and_tabs() -> Mapping[str, Mapping[str, Any]]:
    """Return the modals and the home tab, by what they are."""
    return {
        "form: reject": forms.reject_reason(_JOB, "C0", None),
        "form: new job": forms.new_job(TEXT, [TEXT, "shop"], "C0"),
        "form: edit proposal": edit_proposal_modal(
            _proposal(), teams=[("team-marketing", TEXT)], models=["sonnet"], team_id="team-marketing"
        ),
        "home": home.home((), (), ""),
    }


def _job(status: str) -> Message:
    card = JobCard(
        job_id=_JOB,
        title=TEXT,
        status=status,
        phase=TEXT,
        team=TEXT,
        outcome=TEXT,
        iteration=2,
        at_work=(TEXT, TEXT),
        runs=5,
        handed_in=3,
        branch="agent/x",
        pr_url="https://example.com/pull/7",
        pr_state="draft",
        cost_usd=0.42,
        requested_by="U0ADA",
        started_at=_AT,
    )
    return job_view(card, _NOW)


def _question(kind: str) -> QuestionCard:
    return QuestionCard(
        question_id="question-1",
        agent=TEXT,
        kind=kind,
        question=TEXT,
        options=("yes", "no") if kind == "question" else (),
        expires_at=_AT,
        default_answer=TEXT,
    )


def _proposal(**facts: Any) -> ProposalCard:
    return ProposalCard(
        candidate_id="auto-11111111-2222-3333-4444-555555555555",
        agent_name="Blog Writer",
        intent=TEXT,
        role=TEXT,
        team=TEXT,
        commands=4,
        samples=(TEXT, TEXT, TEXT),
        schedule="every weekday 09:00",
        **facts,
    )
