"""Commands about the company: decisions, experiments, schedules, money, marketing, pauses."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import lists, replies
from bot.views.message import Message
from company.orders import costs, evaluating, listing, pauses, proposals, schedules
from company.repetition import command as c

_LISTS: Mapping[c.Topic, tuple[Callable[..., Any], Callable[[Any], Message]]] = MappingProxyType(
    {
        c.Topic.EXPERIMENTS: (listing.experiments_of, lists.experiments),
        c.Topic.PATTERNS: (listing.patterns_of, lists.patterns),
        c.Topic.PROPOSALS: (listing.open_proposals, lists.proposals),
        c.Topic.AUTOMATIONS: (listing.automations, lists.automations),
        c.Topic.SCHEDULES: (listing.schedules_of, lists.schedules),
        c.Topic.LEADS: (listing.leads, lists.leads),
        c.Topic.CAMPAIGNS: (listing.campaigns, lists.campaigns),
        c.Topic.CONTENT: (listing.content, lists.content),
    }
)


async def show(desk: Desk, at: Incoming, meant: c.Show) -> Message:
    """List something."""
    look, view = _LISTS[meant.topic]
    return view(await desk.order(look, at))


async def show_costs(desk: Desk, at: Incoming, meant: c.ShowCosts) -> Message:
    """Show what was spent."""
    return lists.costs(await desk.order(costs.spent, at, costs.CostPeriod(meant.period)))


async def evaluate(desk: Desk, at: Incoming, _meant: c.Evaluate) -> Message:
    """Judge experiments and agents now."""
    return lists.evaluated(*await desk.order(evaluating.evaluate, at))


async def approve(desk: Desk, at: Incoming, meant: c.Approve) -> Message:
    """Hire whom a proposal proposes."""
    candidate_id = await desk.order(listing.find_proposal, at, meant.proposal)
    return replies.decided(await desk.order(proposals.approve, at, candidate_id))


async def dismiss(desk: Desk, at: Incoming, meant: c.Dismiss) -> Message:
    """Put a proposal aside."""
    candidate_id = await desk.order(listing.find_proposal, at, meant.proposal)
    return replies.decided(await desk.order(proposals.dismiss, at, candidate_id))


async def change_schedule(desk: Desk, at: Incoming, meant: c.ChangeSchedule) -> Message:
    """Pause, resume or remove a schedule."""
    given = {"pause": schedules.pause, "resume": schedules.resume, "remove": schedules.remove}[meant.action]
    return replies.schedule(await desk.order(given, at, meant.schedule), meant.action)


async def pause(desk: Desk, at: Incoming, meant: c.Pause) -> Message:
    """Let nothing new start."""
    change = await desk.order(pauses.pause, at, meant.scope, reason=meant.reason)
    return replies.paused(change, is_pause=True)


async def resume(desk: Desk, at: Incoming, meant: c.Resume) -> Message:
    """Let it start again."""
    return replies.paused(await desk.order(pauses.resume, at, meant.scope), is_pause=False)
