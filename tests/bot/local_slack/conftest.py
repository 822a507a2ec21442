"""The real Bolt client, connected to the local Slack."""

from collections.abc import Iterator

import pytest

from tests.bot.local_slack.bolt_app import BoltApp
from tests.bot.slack_stand_in import SlackStandIn


@pytest.fixture
def bolt(local_slack: SlackStandIn) -> Iterator[BoltApp]:
    app = BoltApp(local_slack)
    yield app
    app.close()
