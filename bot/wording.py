"""Which view shows which words of the outbox."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from bot.views import news, story
from bot.views.job import JobCard, job_view
from bot.views.message import Message
from bot.views.proposal import ProposalCard, proposal_view
from bot.views.question import QuestionCard, question_view
from company.store.outbox import Word

_OF_FACTS: Final[Mapping[str, Callable[[Mapping[str, Any]], Message]]] = MappingProxyType(
    {
        "verdict": lambda facts: story.verdict_view(story.VerdictCard.of(facts)),
        "log": story.log_tail_view,
        "delivered": story.delivered_view,
        "experiment": news.experiment_view,
        "agent": news.staff_view,
        "advice": news.advice_view,
        "evaluation": news.evaluation_view,
        "rejected": news.rejected_view,
        "feedback": news.feedback_view,
        "paused": news.paused_view,
        "reminder": news.reminder_view,
    }
)
#: told while work is under way; not in a muted thread
PROGRESS: Final = frozenset({"verdict"})


def worded(word: Word, now: datetime) -> Message:
    """Return what ``word`` says. A payload that its view cannot read is shown as it is, rather than never."""
    try:
        if word.kind == "job":
            return job_view(JobCard.of(word.subject_id, word.payload), now)
        if word.kind == "question":
            return question_view(QuestionCard.of(word.subject_id, word.payload))
        if word.kind == "proposal":
            return proposal_view(ProposalCard.of(word.subject_id, word.payload))
        if word.kind in _OF_FACTS:
            return _OF_FACTS[word.kind](word.payload)
    except (KeyError, TypeError, ValueError):
        pass
    return news.other_view(word.kind, word.payload)
