"""The form that changes a proposal before hiring. Pure: a view for views.open."""

from collections.abc import Sequence

from bot.views import blocks, limits
from bot.views.ids import CallbackId, FieldId, Subject
from bot.views.message import Block
from bot.views.mrkdwn import one_line
from bot.views.proposal import ProposalCard


def edit_proposal_modal(
    card: ProposalCard, *, teams: Sequence[tuple[str, str]], models: Sequence[str], team_id: str | None
) -> Block:
    """Ask what to change of a proposal; sending it hires. ``teams`` are (id, name)."""
    return blocks.modal(
        CallbackId.EDIT_PROPOSAL,
        "Hire, changed",
        "Hire",
        Subject(card.candidate_id),
        [
            blocks.context(f"“{one_line(card.intent, 100)}” was asked for {card.commands} times"),
            blocks.text_input(FieldId.NAME, "Name", initial=card.agent_name, max_length=60),
            blocks.text_input(FieldId.ROLE, "What it is for", initial=card.role, max_length=200),
            *blocks.choice_input(
                FieldId.TEAM,
                "Team",
                [(label, one) for one, label in teams],
                initial=team_id,
                is_optional=False,
            ),
            *blocks.choice_input(FieldId.MODEL, "Model", [(one, one) for one in models]),
            blocks.text_input(
                FieldId.SCHEDULE,
                "Starts by itself",
                initial=card.schedule or "",
                is_optional=True,
                placeholder="weekdays 09:00",
                max_length=limits.PLACEHOLDER_MAX,
            ),
        ],
    )
