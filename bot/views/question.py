"""What an agent asks, and what was answered: by a button where it offers options, by a reply in any case. Pure.

The same message is edited when it was answered, so that nobody presses what is decided. A risky tool is a question of
the kind ``tool``: allowed once, for the job, or denied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from bot.views import blocks
from bot.views.ids import ActionId, BlockId, Subject, numbered
from bot.views.message import Block, Message
from bot.views.mrkdwn import code_block, from_markdown, name, one_line, person
from bot.views.words import moment

_BUTTONS_MAX: Final = 5  # more options are a list, answered by a reply
_TEXT_MAX: Final = 1_500  # characters of a question


@dataclass(frozen=True, kw_only=True)
class QuestionCard:
    """A question as it stands: the payload of its outbox rows, which ``telling.tell_question`` writes."""

    question_id: str
    agent: str  #: name
    emoji: str = ""
    kind: str = "question"  #: or 'tool'
    question: str
    options: tuple[str, ...] = ()
    default_answer: str | None = None
    expires_at: str | None = None
    status: str = "open"  #: or 'answered', 'expired'
    answer: str | None = None
    answered_by: str | None = None
    answered_at: str | None = None
    is_reminder: bool = False

    @classmethod
    def of(cls, question_id: str, facts: Mapping[str, Any]) -> "QuestionCard":
        """Read an outbox row."""
        known = {field.name for field in fields(cls)} - {"question_id"}
        taken = {key: value for key, value in facts.items() if key in known}
        return cls(
            question_id=question_id, **{**taken, "options": tuple(map(str, taken.get("options") or ()))}
        )


def question_view(card: QuestionCard) -> Message:
    """Show a question with its buttons, or what was answered."""
    verb = "wants to use a tool" if card.kind == "tool" else "asks"
    head = f"{'✋' if card.status == 'open' else '✓'} {one_line(card.emoji, 20)} {name(card.agent)} {verb}:"
    body = (
        code_block(card.question, _TEXT_MAX)
        if card.kind == "tool"
        else from_markdown(card.question, _TEXT_MAX)
    )
    shown: list[Block] = [blocks.section(f"{head}\n{body}")]
    if card.status != "open":
        return blocks.message(
            f"{one_line(card.agent, 60)}: answered", [*shown, blocks.context(_decided(card))]
        )
    buttons = _tool_buttons(card) if card.kind == "tool" else _option_buttons(card)
    if not buttons and card.options:
        shown.append(
            blocks.section(
                "\n".join(f"{at}. {one_line(one, 200)}" for at, one in enumerate(card.options[:20], 1))
            )
        )
    shown += blocks.actions(*buttons, block_id=BlockId.DECISION)
    shown.append(blocks.context(*_how(card)))
    return blocks.message(f"{one_line(card.agent, 60)} {verb}: {one_line(card.question, 500)}", shown)


def _option_buttons(card: QuestionCard) -> list[Block]:
    if len(card.options) > _BUTTONS_MAX:
        return []
    return [
        blocks.button(numbered(ActionId.ANSWER, at), one, Subject(card.question_id, str(at)))
        for at, one in enumerate(card.options)
    ]


def _tool_buttons(card: QuestionCard) -> list[Block]:
    subject = Subject(card.question_id)
    return [
        blocks.button(ActionId.ALLOW_ONCE, "Allow once", subject, style="primary"),
        blocks.button(ActionId.ALLOW_FOR_JOB, "Allow for this job", subject),
        blocks.button(ActionId.DENY, "Deny", subject, style="danger"),
    ]


def _how(card: QuestionCard) -> list[str]:
    words = [] if card.kind == "tool" else ["Reply here with your answer; the job waits"]
    if card.expires_at:
        then = (
            f"“{one_line(card.default_answer, 60)}” is taken" if card.default_answer else "it goes on without"
        )
        words.append(f"after {moment(card.expires_at)} {then}")
    return words or ["The job waits"]


def _decided(card: QuestionCard) -> str:
    at = f" · {moment(card.answered_at)}" if card.answered_at else ""
    answer = f"“{one_line(card.answer, 300)}”" if card.answer else "no answer"
    if card.status == "expired":
        return f"Nobody answered in time: {answer}{at}"
    return f"{person(card.answered_by)}: {answer}{at}"
