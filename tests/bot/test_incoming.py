"""Payloads of Slack become one record each, and the same thing said comes by the same delivery id."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.incoming import Incoming, Kind, incoming_of

MESSAGE = {
    "type": "message",
    "channel": "C1",
    "channel_type": "channel",
    "user": "U1",
    "text": "hi",
    "ts": "1.5",
}


def event(body: dict[str, Any]) -> dict[str, Any]:
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": body}


def read(body: dict[str, Any]) -> Incoming:
    incoming = incoming_of(body, bot_id="UBOT")
    assert incoming is not None
    return incoming


def test_the_two_events_of_a_mention_are_one_delivery() -> None:
    said = {**MESSAGE, "text": "<@UBOT> jobs"}
    mention = {key: value for key, value in said.items() if key != "channel_type"} | {"type": "app_mention"}
    assert read(event(said)).delivery_id == read(event(mention)).delivery_id == "message:C1:1.5"
    assert read(event(said)).is_addressed
    assert not read(event(MESSAGE)).is_addressed


def test_a_direct_message_is_addressed_to_us() -> None:
    incoming = read(event({**MESSAGE, "channel": "D1", "channel_type": "im"}))
    assert (incoming.kind, incoming.is_addressed) == (Kind.DIRECT, True)


def test_the_first_message_of_a_thread_stands_in_no_thread() -> None:
    assert read(event({**MESSAGE, "thread_ts": "1.5"})).thread_ts is None
    answer = read(event({**MESSAGE, "thread_ts": "1.1"}))
    assert (answer.thread_ts, answer.answer_ts) == ("1.1", "1.1")
    assert read(event(MESSAGE)).answer_ts == "1.5"


def test_what_no_person_typed_is_nothing() -> None:
    for changed in (
        {"subtype": "message_changed"}, {"subtype": "channel_join"}, {"bot_id": "B1"}, {"user": "UBOT"}, {"user": None},
    ):  # fmt: skip
        assert incoming_of(event({**MESSAGE, **changed}), bot_id="UBOT") is None
    assert read(event({**MESSAGE, "subtype": "file_share", "files": [{"id": "F1"}]})).files == ({"id": "F1"},)


def test_a_button_brings_its_value_its_message_and_what_stood_beside_it() -> None:
    body = {
        "type": "block_actions",
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"},
        "message": {"ts": "2.1", "thread_ts": "1.1"},
        "trigger_id": "t1",
        "response_url": "http://x",
        "actions": [{"type": "button", "action_id": "job_stop", "value": "job-1"}],
        "state": {"values": {"b": {"pick": {"selected_option": {"value": "shop"}}}}},
    }
    incoming = read(body)
    assert (incoming.name, incoming.value, incoming.message_ts) == ("job_stop", "job-1", "2.1")
    assert (incoming.thread_ts, incoming.text, dict(incoming.fields)) == (
        "1.1", "[job_stop] job-1", {"pick": "shop"},
    )  # fmt: skip
    assert incoming.delivery_id == "action:t1"


def test_a_form_brings_its_fields_and_what_it_is_about() -> None:
    view = {
        "id": "V1", "hash": "h", "callback_id": "reject_reason", "private_metadata": "{}",
        "state": {"values": {"reason": {"reason": {"type": "plain_text_input", "value": "no tests"}}}},
    }  # fmt: skip
    incoming = read({"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T1"}, "view": view})
    assert (incoming.kind, incoming.text) == (Kind.FORM, "[reject_reason] no tests")
    assert incoming.fields == {"reason": "no tests"}


def test_a_command_and_a_reaction_and_the_home_tab() -> None:
    command = read(
        {"command": "/agents", "text": "jobs", "user_id": "U1", "team_id": "T1", "trigger_id": "t"}
    )
    assert (command.kind, command.name, command.text) == (Kind.COMMAND, "/agents", "jobs")
    item = {"type": "message", "channel": "C1", "ts": "1.5"}
    reaction = read(event({"type": "reaction_added", "user": "U1", "reaction": "x", "item": item}))
    assert (reaction.kind, reaction.name, reaction.message_ts) == (Kind.REACTION, "x", "1.5")
    assert read(event({"type": "app_home_opened", "user": "U1", "tab": "home"})).kind is Kind.HOME


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KINDS = st.sampled_from(
    ["event_callback", "block_actions", "view_submission", "shortcut", "message_action", "other"]
)


@given(
    KINDS, st.dictionaries(st.sampled_from(["event", "user", "actions", "view", "message", "command"]), JSON)
)
def test_no_payload_breaks_the_reader(kind: str, body: dict[str, Any]) -> None:
    incoming = incoming_of({"type": kind, **body})
    assert incoming is None or incoming.user_id
