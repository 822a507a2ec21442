"""Forms: the reason of a rejection, a new job, a proposal to change before hiring. Pure: views for views.open."""

from collections.abc import Sequence

from bot.views import blocks, limits
from bot.views.ids import CallbackId, FieldId, Subject
from bot.views.message import Block
from bot.views.mrkdwn import name, one_line
from bot.views.proposal import ProposalCard


def reject_reason_modal(job_id: str, title: str) -> Block:
    """Ask why a job is rejected: 100 points less, and the agents learn from the reason."""
    return blocks.modal(
        CallbackId.REJECT_REASON,
        "Reject this job",
        "Reject, -100 points",
        Subject(job_id),
        [
            blocks.section(f"{name(title)}\nThe reason reaches the agents at their next job of this kind."),
            blocks.text_input(
                FieldId.REASON,
                "What was wrong?",
                is_long=True,
                max_length=2_000,
                placeholder="It has no tests for …",
            ),
        ],
    )


def start_work_modal(
    *,
    text: str = "",
    repositories: Sequence[str] = (),
    teams: Sequence[tuple[str, str]] = (),
    models: Sequence[str] = (),
    channel_id: str = "",
) -> Block:
    """Ask for a new job. ``teams`` are (id, name); ``channel_id`` comes back as the subject: there it is told."""
    return blocks.modal(
        CallbackId.NEW_JOB,
        "Start work",
        "Start the job",
        Subject(channel_id) if channel_id else None,
        [
            blocks.text_input(
                FieldId.TEXT,
                "What is to be done?",
                initial=text,
                is_long=True,
                placeholder="Add rate limits to the API, with tests",
            ),
            *blocks.choice_input(FieldId.REPOSITORY, "Repository", [(one, one) for one in repositories]),
            *blocks.choice_input(FieldId.TEAM, "Team", [(label, team_id) for team_id, label in teams]),
            *blocks.choice_input(FieldId.MODEL, "Model", [(one, one) for one in models]),
        ],
    )


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
