"""Commands about agents and people."""

from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import forms, lists, replies
from bot.views.message import Message
from company.orders import agents, listing, people
from company.orders.office import Role
from company.repetition import command as c


async def show_agents(desk: Desk, at: Incoming, meant: c.ShowAgents) -> Message:
    """List who works here; a single word may name an agent as well as a team."""
    found = await desk.order(listing.agents_of, at, meant.team)
    if len(found) == 1 and meant.team is not None:
        return lists.agent(found[0])
    return lists.agents(found, meant.team)


async def show_agent(desk: Desk, at: Incoming, meant: c.ShowAgent) -> Message:
    """Show how one does."""
    return lists.agent(await desk.order(listing.agent_of, at, meant.agent))


async def hire(desk: Desk, at: Incoming, meant: c.Hire) -> Message:
    """Take one on; without a role it is called what it is."""
    request = agents.HireRequest(
        name=meant.name,
        role=meant.role or meant.name,
        team=meant.team or desk.office.config.teams[0].id,
        model=meant.model,
    )
    return replies.staff(await desk.order(agents.hire, at, request), "is hired", "works here already")


async def ask_to_fire(desk: Desk, at: Incoming, meant: c.Fire) -> Message:
    """Ask once more: a button with the consequence on it."""
    return forms.ask_to_fire(await desk.order(listing.agent_of, at, meant.agent))


async def rehire(desk: Desk, at: Incoming, meant: c.Rehire) -> Message:
    """Take one back."""
    return replies.staff(await desk.order(agents.rehire, at, meant.agent), "is back", "was not fired")


async def grant(desk: Desk, at: Incoming, meant: c.Grant) -> Message:
    """Give somebody a role."""
    return replies.role(await desk.order(people.grant, at, at.workspace_id, meant.user, Role(meant.role)))


async def revoke(desk: Desk, at: Incoming, meant: c.Revoke) -> Message:
    """Take it back."""
    return replies.role(await desk.order(people.revoke, at, at.workspace_id, meant.user))


async def pair(desk: Desk, at: Incoming, meant: c.Pair) -> Message:
    """Become the first CEO."""
    return replies.paired(await desk.order(people.pair, at, at.workspace_id, meant.code))


async def who_am_i(desk: Desk, at: Incoming, _meant: c.WhoAmI) -> Message:
    """Say who is speaking; everybody may know that of themselves."""
    actor = await desk.actor(at)
    return replies.me(actor)
