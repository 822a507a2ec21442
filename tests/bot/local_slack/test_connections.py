"""Socket Mode's bad days: several connections, refreshes, breaks, silence, and events that nobody acknowledged."""

from typing import Any

import pytest

from tests.bot.local_slack.bolt_app import BoltApp
from tests.bot.slack_stand_in import ADA, COMPANY, SlackStandIn
from tests.conftest import Eventually

Json = dict[str, Any]


def listening(bolt: BoltApp) -> BoltApp:
    @bolt.app.command("/agents")
    async def agents(ack: Any, command: Json) -> None:
        bolt.heard.append(command)
        await ack()

    return bolt


def test_each_payload_goes_to_one_of_several_connections(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    listening(bolt).connect(3)
    for number in range(12):
        assert local_slack.command(ADA, COMPANY, f"/agents {number}")["acknowledged"]
    assert [said["text"] for said in bolt.heard] == [str(number) for number in range(12)]


@pytest.mark.parametrize(
    "how", ["refresh_requested", "close", "abort", "too_many_websockets", "link_disabled"]
)
def test_the_app_is_back_after_its_connection_ended(
    bolt: BoltApp, local_slack: SlackStandIn, how: str
) -> None:
    listening(bolt).connect()
    opened = local_slack.state()["sockets_opened"]
    assert local_slack.switch(disconnect=how)["disconnect"] == 1
    bolt_is_back(local_slack, opened + 1)
    assert local_slack.command(ADA, COMPANY, "/agents")["acknowledged"]
    assert len(bolt.heard) == 1


def bolt_is_back(slack: SlackStandIn, opened: int) -> None:
    slack.wait_until(lambda state: state["sockets_opened"] >= opened and state["sockets"] >= 1)


def test_commands_at_a_steady_rate_are_each_acknowledged(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    listening(bolt).connect()
    told = local_slack.load(ADA, COMPANY, "/agents {n}", per_second=50, seconds=1)
    assert (told["typed"], told["acknowledged"]) == (50, 50)
    assert {said["text"] for said in bolt.heard} == {str(number) for number in range(50)}
    assert 0 < told["p50_ms"] <= told["p99_ms"] <= told["most_ms"]


@pytest.mark.slow
def test_a_silent_server_is_left_for_a_new_connection(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    listening(bolt).connect()
    opened = local_slack.state()["sockets_opened"]
    local_slack.switch(disconnect="silence")
    local_slack.switch(ack_s=0.1)
    assert local_slack.command(ADA, COMPANY, "/agents lost")["error"] == "operation_timeout"
    bolt_is_back(local_slack, opened + 1)
    local_slack.switch(ack_s=3.0)
    local_slack.wait_until(lambda state: state["sockets"] == 1)
    assert local_slack.command(ADA, COMPANY, "/agents heard")["acknowledged"]


def test_an_event_comes_again_until_it_is_acknowledged(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    tries: list[tuple[str | None, str]] = []

    @bolt.app.event("message")
    async def message(body: Json, request: Any) -> None:
        tries.append((request.headers.get("x-slack-retry-num", [None])[0], body["event_id"]))
        if len(tries) < 3:
            raise RuntimeError("not yet")

    local_slack.switch(retry_scale=0.0)
    local_slack.switch(ack_s=0.3)
    bolt.connect()
    local_slack.say(ADA, COMPANY, "hello")
    local_slack.wait_until_quiet()
    assert [number for number, _event in tries] == [None, "1", "2"]
    assert len({event for _number, event in tries}) == 1


def test_an_event_that_nobody_ever_acknowledges_is_given_up(
    local_slack: SlackStandIn, eventually: Eventually
) -> None:
    local_slack.switch(retry_scale=0.0)
    said = local_slack.say(ADA, COMPANY, "is anybody there?")
    local_slack.wait_until_quiet()
    history = local_slack.api("conversations.history", channel=COMPANY)["messages"]
    assert [m["ts"] for m in history] == [said["ts"]]  # it is not lost: the app finds it when it is back


def test_a_ticket_opens_one_connection(local_slack: SlackStandIn) -> None:
    address = local_slack.api("apps.connections.open", token=local_slack.app_token)["url"]
    assert address.startswith(local_slack.url.replace("http://", "ws://"))
    assert local_slack.get("/link/?ticket=guessed")["error"] == "invalid_ticket"
