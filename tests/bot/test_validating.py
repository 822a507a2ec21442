"""Slack's own look at our messages: here the local Slack's, which refuses what Slack refuses."""

import pytest
from slack_sdk.web.client import WebClient

from bot import specimens, validating
from bot.views.message import Message
from tests.bot.slack_stand_in import SlackStandIn


def test_each_kind_of_message_and_form_is_taken(local_slack: SlackStandIn) -> None:
    client = WebClient(token=local_slack.bot_token, base_url=local_slack.api_url)
    found = validating.validate(client)
    assert found["wrong"] == []
    assert found["trouble"] == ""
    assert found["looked_at"] == len(specimens.messages()) + len(specimens.forms_and_tabs())


def test_what_slack_refuses_is_named(local_slack: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    too_long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    monkeypatch.setattr(specimens, "messages", lambda: {"huge": Message("x", [too_long])})
    client = WebClient(token=local_slack.bot_token, base_url=local_slack.api_url)
    [wrong] = validating.validate(client)["wrong"]
    assert wrong.startswith("huge: ")
