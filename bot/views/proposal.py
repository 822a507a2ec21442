"""A proposal to hire: what is proposed, why, what it would be allowed to do, and buttons that say what they do. Pure.

Decided, expired or put off, the same message says so, by whom and when, and has no button any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from bot.views import blocks
from bot.views.ids import ActionId, BlockId, Subject
from bot.views.message import Block, Message
from bot.views.mrkdwn import name, one_line, person
from bot.views.words import counted, moment, rhythm

_SAMPLES_MAX: Final = 3


@dataclass(frozen=True, kw_only=True)
class ProposalCard:
    """A proposal as it stands: the payload of its outbox rows, which ``telling.tell_proposal`` writes."""

    candidate_id: str
    agent_name: str
    intent: str
    role: str = ""
    team: str = ""
    commands: int = 0  #: how often it was asked for
    samples: tuple[str, ...] = ()
    schedule: str | None = None  #: 'every weekday 09:00', where the repeats have a rhythm
    runner: str = ""  #: what would run it
    asked_by: tuple[str, ...] = ()  #: who asked for it
    decision: str | None = None  #: 'approved', 'dismissed', 'snoozed' or 'expired'
    by: str | None = None
    at: str | None = None
    until_at: str | None = None  #: of a snoozed one: when it comes again; of an open one: when it ends
    is_reminder: bool = False

    @classmethod
    def of(cls, candidate_id: str, facts: Mapping[str, Any]) -> "ProposalCard":
        """Read an outbox row."""
        known = {field.name for field in fields(cls)} - {"candidate_id"}
        taken = {key: value for key, value in facts.items() if key in known}
        lists = {key: tuple(map(str, taken.get(key) or ())) for key in ("samples", "asked_by")}
        return cls(candidate_id=candidate_id, **{**taken, **lists})


def proposal_view(card: ProposalCard) -> Message:
    """Show a proposal with its buttons, or what became of it."""
    if card.decision is not None:
        head, small = _decided(card)
        return blocks.message(head, [blocks.section(head), blocks.context(*small, _because(card))])
    head = f"💡 Hire {name(card.agent_name)}? {_because(card)}"
    evidence = "\n".join(f"• “{one_line(one, 160)}”" for one in card.samples[:_SAMPLES_MAX])
    shown: list[Block] = [blocks.section(head)]
    if evidence:
        shown.append(blocks.section(evidence))
    shown.append(blocks.context(*_terms(card)))
    shown += blocks.actions(*_buttons(card), block_id=BlockId.DECISION)
    return blocks.message(f"Hire {one_line(card.agent_name, 60)}? {_because(card)}", shown)


def _because(card: ProposalCard) -> str:
    times = f"{card.commands} times" if card.commands != 1 else "once"
    return f"“{one_line(card.intent, 100)}” was asked for {times}."


def _terms(card: ProposalCard) -> list[str]:
    joins = f"Joins {one_line(card.team, 40)}" if card.team else "Joins the company"
    role = one_line(card.role, 120)
    return [
        f"{joins}{f' as “{role}”' if role else ''}",
        "edits files in a worktree of its own; cannot push, merge or hire",
        f"decide before {moment(card.until_at)}" if card.until_at else "",
    ]


def _buttons(card: ProposalCard) -> list[Block | None]:
    subject = Subject(card.candidate_id)
    scheduled = None
    if card.schedule:
        scheduled = blocks.button(ActionId.APPROVE_SCHEDULED, f"Hire, {rhythm(card.schedule)}", subject)
    return [
        blocks.button(ActionId.APPROVE, f"Hire {card.agent_name}", subject, style="primary"),
        scheduled,
        blocks.button(ActionId.EDIT, "Edit", subject),
        blocks.overflow(
            ActionId.MORE,
            [
                ("Not now", Subject(card.candidate_id, "later")),
                ("Never propose this", Subject(card.candidate_id, "never")),
            ],
        ),
    ]


def _decided(card: ProposalCard) -> tuple[str, list[str]]:
    """Return what became of it, and the small words: by whom, when, and what follows."""
    agent = name(card.agent_name)
    by = [f"{person(card.by)} · {moment(card.at)}" if card.at else person(card.by)]
    if card.decision == "approved":
        return f"✅ {agent} is hired{f', {one_line(rhythm(card.schedule), 40)}' if card.schedule else ''}", by
    if card.decision == "dismissed":
        return f"🚫 {agent} is not hired", [*by, "not proposed again"]
    if card.decision == "snoozed":
        return f"💤 {agent}: not now", [*by, f"again {moment(card.until_at)}" if card.until_at else ""]
    when = [moment(card.at)] if card.at else []
    return f"⌛ {agent}: nobody decided in time", [*when, "proposed again when it is asked for again"]


def proposals_view(cards: tuple[ProposalCard, ...]) -> Message:
    """List what waits for a decision, each with the buttons that decide it."""
    if not cards:
        words = "Nothing waits for a decision."
        why = "A proposal comes when the same is asked for three times in a week"
        return blocks.message(words, [blocks.section(words), blocks.context(why)])
    shown: list[Block] = []
    for card in cards[:8]:
        shown += [
            blocks.section(f"💡 {name(card.agent_name)} · {_because(card)}"),
            *blocks.actions(*_buttons(card)),
        ]
    if len(cards) > 8:
        shown.append(blocks.context(f"and {len(cards) - 8} more"))
    return blocks.message(f"{counted(len(cards), 'proposal')} waiting", shown)
