"""The home tab, and every event that nobody else hears: acknowledged, so that Slack does not send it again."""

import re

from slack_bolt.app.async_app import AsyncApp

from bot.carrying import Carrier
from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import home as home_view
from company.orders import listing, looking
from company.orders.permission import Action, is_allowed


async def opened(desk: Desk, at: Incoming) -> None:
    """Show how the company stands to whoever may look."""
    if not is_allowed(await desk.actor(at), Action.LOOK):
        view = home_view.for_strangers(at.user_id)
    else:
        view = home_view.home(
            await desk.order(looking.list_jobs, at), await desk.order(listing.open_proposals, at), desk.prefix
        )
    await desk.client.views_publish(user_id=at.user_id, view=view)


async def nothing(_desk: Desk, _at: Incoming) -> None:
    """Hear something that means nothing to us."""


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear the home tab, and acknowledge whatever else there is. The last one to be registered."""
    app.event("app_home_opened")(carrier.acknowledged(opened))
    app.event(re.compile(".*"))(carrier.acknowledged(nothing))
