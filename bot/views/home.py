"""The app's home: what waits for a decision first, then what runs, then how the company does. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.views import blocks, limits
from bot.views.ids import ActionId, Subject
from bot.views.job import JobCard, job_view
from bot.views.message import Block
from bot.views.mrkdwn import one_line
from bot.views.proposal import ProposalCard, proposals_view
from bot.views.words import counted, usd

_CARDS_MAX = 8  # jobs; three blocks each


@dataclass(frozen=True, kw_only=True)
class HomeFacts:
    """What the home shows."""

    company: str
    may_look: bool  #: False: for whoever has no role, a greeting and nothing else
    proposals: Sequence[ProposalCard] = ()
    running: Sequence[JobCard] = ()
    cost_usd: float = 0.0  #: today
    cost_usd_before: float = 0.0  #: yesterday
    agents: int = 0


def home_view(facts: HomeFacts, now: datetime) -> Block:
    """Return the home for views.publish."""
    if not facts.may_look:
        words = "You have no role here yet: ask the CEO for `grant @you viewer`, or say `pair <code>` as the first one."
        return {"type": "home", "blocks": [blocks.section(f"*{one_line(facts.company, 80)}*\n{words}")]}
    spent = f"{usd(facts.cost_usd)} today, {usd(facts.cost_usd_before)} yesterday"
    running = f"{counted(len(facts.running), 'job')} under way" if facts.running else "nothing under way"
    shown: list[Block] = [
        blocks.section(f"*{one_line(facts.company, 80)}* · {running}"),
        blocks.context(spent, counted(facts.agents, "agent")),
        *blocks.actions(
            blocks.button(ActionId.START_WORK, "Start work", Subject("home"), style="primary"),
            blocks.button(ActionId.SHOW_AGENTS, "Agents", Subject("home")),
            blocks.button(ActionId.SHOW_COSTS, "Costs", Subject("home")),
        ),
    ]
    if facts.proposals:
        shown += [blocks.divider(), *_numbered_blocks(proposals_view(tuple(facts.proposals)).blocks)]
    for card in facts.running[:_CARDS_MAX]:
        shown += [blocks.divider(), *_numbered_blocks(job_view(card, now).blocks)]
    return {"type": "home", "blocks": shown[: limits.VIEW_BLOCKS_MAX]}


def _numbered_blocks(found: Sequence[Block]) -> list[Block]:
    """Return blocks without their ids, which would be there twice."""
    return [{key: value for key, value in one.items() if key != "block_id"} for one in found]
