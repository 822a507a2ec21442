"""What Slack sends us, one file a kind. Each ends in ``register``; a listener takes facts and gives one order."""

from slack_bolt.app.async_app import AsyncApp

from bot.carrying import Carrier
from bot.listeners import actions, commands, home, messages, reactions, shortcuts, views


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Register every listener, with a catch-all for each kind: nothing that Slack sends goes unacknowledged."""
    for kind in (commands, messages, actions, views, shortcuts, reactions, home):
        kind.register(app, carrier)
