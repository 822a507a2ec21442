"""One record of every kind, and the same with any text in it: what the tests of views show."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.views import news, story
from bot.views.job import JobCard, job_view
from bot.views.message import Message
from bot.views.proposal import ProposalCard, proposal_view, proposals_view
from bot.views.question import QuestionCard, question_view

NOW = datetime(2026, 11, 25, 9, 4, tzinfo=UTC)
JOB = "job-1764061200000-3f9a2bc"
PERSON = "U0ADA"

Made = Callable[[str], Message]
"""A view of a record whose every free text is the one given."""


def job(status: str, **facts: Any) -> Made:
    def make(text: str) -> Message:
        known = {
            "title": text,
            "team": text,
            "outcome": text,
            "phase": text,
            "at_work": (text, text),
            **facts,
        }
        card = JobCard(
            job_id=JOB,
            status=status,
            requested_by=PERSON,
            started_at="2026-11-25T09:00:00.000Z",
            cost_usd=0.42,
            **known,
        )
        return job_view(card, NOW)

    return make


def question(**facts: Any) -> Made:
    def make(text: str) -> Message:
        known = {"options": (text, text + "2"), **facts}
        return question_view(
            QuestionCard(question_id="question-1", agent=text, question=text, answer=text, **known)
        )

    return make


def _proposal_card(text: str, **facts: Any) -> ProposalCard:
    return ProposalCard(
        candidate_id="auto-11111111-2222-3333-4444-555555555555",
        agent_name=text,
        intent=text,
        role=text,
        team=text,
        commands=4,
        samples=(text, text, text, text),
        **facts,
    )


def proposal(**facts: Any) -> Made:
    return lambda text: proposal_view(_proposal_card(text, **facts))


def of_facts(view: Callable[[dict[str, Any]], Message], **facts: Any) -> Made:
    """Make a view of facts in which every ``None`` is the text."""

    def filled(value: Any, text: str) -> Any:
        if value is None:
            return text
        if isinstance(value, dict):
            return {key: filled(one, text) for key, one in value.items()}
        return [filled(one, text) for one in value] if isinstance(value, list) else value

    return lambda text: view({key: filled(value, text) for key, value in facts.items()})


DECIDED = {"by": PERSON, "at": "2026-11-25T09:00:00.000Z"}
VIEWS: dict[str, Made] = {
    "job_waiting": job("pending"),
    "job_working": job("in_progress", runs=5, handed_in=3, iteration=2),
    "job_asking": job("in_progress", open_questions=1),
    "job_being_stopped": job("in_progress", stop_requested_by=PERSON),
    "job_completed": job(
        "completed",
        pr_url="https://github.com/shop/shop/pull/7",
        pr_state="draft",
        duration_s=240.0,
        iteration=2,
        can_merge=True,
        complaints=2,
    ),
    "job_merging": lambda text: job("completed", can_merge=True, pr_request="merge", pr_error=text)(text),
    "job_failed": job("failed", duration_s=61.0),
    "question": question(expires_at="2026-11-26T09:00:00.000Z", default_answer="yes"),
    "question_with_many_options": lambda text: question(options=(text,) * 12)(text),
    "question_answered": question(
        status="answered", answered_by=PERSON, answered_at="2026-11-25T09:00:00.000Z"
    ),
    "question_expired": question(status="expired"),
    "tool": question(kind="tool", options=()),
    "proposal": proposal(schedule="every weekday 09:00", until_at="2026-12-09T09:00:00.000Z"),
    "proposal_approved": proposal(decision="approved", schedule="every weekday 09:00", **DECIDED),
    "proposal_dismissed": proposal(decision="dismissed", **DECIDED),
    "proposal_snoozed": proposal(decision="snoozed", until_at="2026-12-02T09:00:00.000Z", **DECIDED),
    "proposal_expired": proposal(decision="expired", at="2026-11-25T09:00:00.000Z"),
    "proposals": lambda text: proposals_view((_proposal_card(text, schedule=text),) * 12),
    "no_proposals": lambda text: proposals_view(()),
    "verdict": of_facts(
        lambda facts: story.verdict_view(story.VerdictCard.of(facts)),
        iteration=1,
        findings=[{"agent": None, "source": None, "text": None}] * 12,
        checks=[[None, None]] * 3,
        back_to=[None],
    ),
    "verdict_good": of_facts(lambda facts: story.verdict_view(story.VerdictCard.of(facts)), iteration=2),
    "log_end": of_facts(story.log_tail_view, lines=[None] * 20),
    "delivered": of_facts(story.delivered_view, files=[None] * 9, branch=None, delivered_to=None),
    "delivered_as_pull_request": of_facts(
        story.delivered_view, files=[None], branch=None, pr_url="https://github.com/shop/shop/pull/7"
    ),
    "experiment": of_facts(
        news.experiment_view,
        name=None,
        status="killed",
        attempts=5,
        success_rate=0.2,
        treatment=None,
        reason=None,
        verdicts=[{"policy": None, "decision": None, "reason": None}] * 2,
    ),
    "staff": of_facts(news.staff_view, what="hired", name=None, role=None, by=PERSON),
    "advice": of_facts(news.advice_view, agent_id="agent-backend", name=None, why=None),
    "evaluation": of_facts(
        news.evaluation_view,
        day="2026-11-25",
        jobs={"completed": 3, "failed": 1},
        points=45,
        cost_usd=1.2,
        cost_usd_before=0.8,
        experiments_decided=1,
        patterns=2,
        proposals=1,
        advice=[{"agent": None, "advice": None}],
    ),
    "rejected": of_facts(news.rejected_view, name=None, line=3, reason=None, mend=None, kept_as=None),
    "feedback": of_facts(news.feedback_view, word="rejected", by=PERSON, points=-100, reason=None),
    "paused": of_facts(news.paused_view, reason=None, waiting=3, mend=None),
    "reminder": of_facts(news.reminder_view, title=None, then=None, whom=[PERSON]),
    "of_a_newer_version": of_facts(lambda facts: news.other_view("tidings", facts), one=None, two=None),
}
