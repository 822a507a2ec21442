"""What Slack refuses, in Slack's words: calls of the Web API over plain HTTP, without any client's help."""

import contextlib
import json
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.bot.local_slack.asking import status_of
from tests.bot.local_slack.bolt_app import BoltApp
from tests.bot.slack_stand_in import (
    ADA,
    BOT_USER,
    CLEO,
    COMPANY,
    GENERAL,
    MANIFEST,
    ActRefused,
    SlackStandIn,
    StartLocalSlack,
)

Json = dict[str, Any]
VIEW: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "t"},
    "blocks": [{"type": "divider"}],
}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


@pytest.mark.parametrize(
    ("method", "said", "error"),
    [
        ("chat.postMessage", {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": COMPANY}, "no_text"),
        ("chat.postMessage", {"channel": COMPANY, "text": " "}, "no_text"),
        ("chat.postMessage", {"channel": COMPANY, "text": "x", "thread_ts": "1.0"}, "thread_not_found"),
        ("chat.postMessage", {"channel": COMPANY, "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": COMPANY, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_schema"),
        ("chat.postMessage", {"channel": COMPANY, "blocks": [section("x" * 2900)] * 4}, "msg_blocks_too_long"),
        ("chat.postMessage", {"channel": COMPANY, "text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ("chat.update", {"channel": COMPANY, "ts": "1.0", "text": "x"}, "message_not_found"),
        ("chat.delete", {"channel": COMPANY, "ts": "1.0"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": COMPANY, "user": "U0NONE", "text": "x"}, "user_not_in_channel"),
        ("conversations.history", {"channel": "C0NONE"}, "channel_not_found"),
        ("conversations.replies", {"channel": COMPANY, "ts": "1.0"}, "thread_not_found"),
        ("conversations.list", {"types": "clouds"}, "invalid_types"),
        ("conversations.list", {"cursor": "%%%"}, "invalid_cursor"),
        ("conversations.list", {"types": "mpim"}, "missing_scope"),
        ("conversations.join", {"channel": COMPANY}, "missing_scope"),
        ("users.info", {"user": "U0NONE"}, "user_not_found"),
        ("usergroups.users.list", {"usergroup": "S0NONE"}, "no_such_subteam"),
        ("reactions.add", {"channel": COMPANY, "timestamp": "1.0", "name": "eyes"}, "message_not_found"),
        ("reactions.add", {"channel": COMPANY, "timestamp": "1.0", "name": "No!"}, "invalid_name"),
        ("views.open", {"trigger_id": "1.2.3", "view": VIEW}, "invalid_trigger_id"),
        ("views.update", {"view_id": "V0NONE", "view": VIEW}, "not_found"),
        ("files.info", {"file": "F0NONE"}, "file_not_found"),
        ("files.completeUploadExternal", {"files": [{"id": "F0NONE"}]}, "file_not_found"),
        ("files.getUploadURLExternal", {"filename": "a"}, "invalid_arguments"),
        ("apps.connections.open", {}, "not_allowed_token_type"),
        ("chat.shout", {}, "unknown_method"),
    ],
)  # fmt: skip
def test_a_call_is_refused(local_slack: SlackStandIn, method: str, said: Json, error: str) -> None:
    assert local_slack.api(method, **said)["error"] == error


def test_tokens_are_looked_at(local_slack: SlackStandIn) -> None:
    assert local_slack.api("auth.test", token="xoxb-other")["error"] == "invalid_auth"
    assert local_slack.api("auth.test", token="")["error"] == "not_authed"
    posted = local_slack.api("chat.postMessage", token=local_slack.app_token, channel=COMPANY, text="x")
    assert posted["error"] == "not_allowed_token_type"
    assert local_slack.api("auth.test")["user_id"] == BOT_USER


def test_a_scope_that_the_manifest_lacks_is_named(start_local_slack: StartLocalSlack, tmp_path: Path) -> None:
    poorer = tmp_path / "manifest.yaml"
    poorer.write_text(MANIFEST.read_text().replace("      - reactions:write\n", ""))
    slack = start_local_slack(manifest=poorer)
    refused = slack.api("reactions.add", channel=COMPANY, timestamp="1.0", name="eyes")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "reactions:write")
    assert "chat:write" in refused["provided"]


def test_the_app_speaks_only_where_it_is(local_slack: SlackStandIn) -> None:
    open_one = local_slack.create_channel(ADA, "shop")["channel"]["id"]
    closed = local_slack.create_channel(ADA, "board", private=True)["channel"]["id"]
    assert local_slack.api("chat.postMessage", channel=open_one, text="x")["error"] == "not_in_channel"
    assert local_slack.api("chat.postMessage", channel=closed, text="x")["error"] == "channel_not_found"
    assert local_slack.api("conversations.history", channel=open_one)["error"] == "not_in_channel"
    local_slack.invite(ADA, open_one, BOT_USER)
    assert local_slack.api("chat.postMessage", channel="#shop", text="x")["ok"]


def test_an_edit_may_hold_less_than_a_post(local_slack: SlackStandIn) -> None:
    ts = local_slack.api("chat.postMessage", channel=COMPANY, text="x" * 4001)["ts"]
    assert local_slack.api("chat.update", channel=COMPANY, ts=ts, text="x" * 4001)["error"] == "msg_too_long"
    assert local_slack.api("chat.update", channel=COMPANY, ts=ts, text="x" * 4000)["ok"]
    cut = local_slack.api("chat.postMessage", channel=COMPANY, text="x" * 40_001)
    assert (len(cut["message"]["text"]), cut["warning"]) == (40_000, "message_truncated")


def test_the_app_edits_and_deletes_only_its_own(local_slack: SlackStandIn) -> None:
    ts = local_slack.say(ADA, COMPANY, "mine")["ts"]
    assert local_slack.api("chat.update", channel=COMPANY, ts=ts, text="x")["error"] == "cant_update_message"
    assert local_slack.api("chat.delete", channel=COMPANY, ts=ts)["error"] == "cant_delete_message"


def test_the_same_reaction_twice_is_refused(local_slack: SlackStandIn) -> None:
    said = {"channel": COMPANY, "timestamp": local_slack.say(ADA, COMPANY, "x")["ts"], "name": "eyes"}
    assert local_slack.api("reactions.add", **said)["ok"]
    assert local_slack.api("reactions.add", **said)["error"] == "already_reacted"
    assert local_slack.api("reactions.remove", **said)["ok"]
    assert local_slack.api("reactions.remove", **said)["error"] == "no_reaction"


def test_a_trigger_lives_three_seconds_and_opens_one_modal(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    @bolt.app.command("/agents")
    async def agents(ack: Any) -> None:
        await ack()

    bolt.connect()
    first = local_slack.command(ADA, COMPANY, "/agents")["trigger_id"]
    opened = local_slack.api("views.open", trigger_id=first, view=VIEW)["view"]
    assert local_slack.api("views.open", trigger_id=first, view=VIEW)["error"] == "exchanged_trigger_id"
    late = local_slack.command(ADA, COMPANY, "/agents")["trigger_id"]
    local_slack.switch(advance_s=3.5)
    assert local_slack.api("views.open", trigger_id=late, view=VIEW)["error"] == "expired_trigger_id"
    stale = local_slack.api("views.update", view_id=opened["id"], hash="1.a", view=VIEW)
    assert stale["error"] == "hash_conflict"
    fresh = local_slack.api("views.update", view_id=opened["id"], hash=opened["hash"], view=VIEW)
    assert fresh["ok"]
    assert fresh["view"]["hash"] != opened["hash"]


def test_modals_stand_three_high(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    view = VIEW | {"blocks": [{"type": "actions", "elements": [
        {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}]}]}  # fmt: skip

    @bolt.app.shortcut("start_work")
    async def start(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @bolt.app.action("more")
    async def more(ack: Any) -> None:
        await ack()

    bolt.connect()
    local_slack.shortcut(ADA, "start_work")
    for height in (2, 3):
        pressed = local_slack.press_in_view(ADA, local_slack.wait_for_view(ADA), "more")
        assert local_slack.api("views.push", trigger_id=pressed["trigger_id"], view=view)["ok"]
        assert len(local_slack.views(ADA)) == height
    pressed = local_slack.press_in_view(ADA, local_slack.views(ADA)[-1], "more")
    refused = local_slack.api("views.push", trigger_id=pressed["trigger_id"], view=view)
    assert refused["error"] == "push_limit_reached"
    local_slack.close_view(ADA, all_of_them=True)
    assert local_slack.views(ADA) == []


def test_a_wrong_view_is_refused_with_the_places(local_slack: SlackStandIn) -> None:
    view = {"type": "home", "blocks": [section("x" * 3001)]}
    refused = local_slack.api("views.publish", user_id=ADA, view=view)
    assert refused["error"] == "invalid_arguments"
    assert refused["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/view]",
        "[ERROR] must be less than 3001 characters [json-pointer:/view/blocks/0/text/text]",
    ]


def test_blocks_are_looked_at_without_being_posted(local_slack: SlackStandIn) -> None:
    assert local_slack.api("blocks.validate", blocks=[section("fine")]) == {"ok": True}
    wrong = [{"type": "section", "text": {"type": "invalid", "text": "x"}}]
    refused = local_slack.api("blocks.validate", blocks=wrong)
    assert refused["error"] == "invalid_blocks"
    assert refused["errors"] == [{
        "code": "failed_constraint", "message": "unsupported type: invalid", "pointer": "/0/text/type",
        "constraint": {"type": "enum", "expected": ["plain_text", "mrkdwn"]},
    }]  # fmt: skip
    assert (
        local_slack.api("blocks.validate", blocks=[section("a")], view=VIEW)["error"] == "invalid_arguments"
    )
    assert local_slack.api("blocks.validate", view={"type": "modal"})["error"] == "invalid_view"
    assert local_slack.messages(COMPANY) == []


def test_a_response_url_works_five_times_and_half_an_hour(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    @bolt.app.command("/agents")
    async def agents(ack: Any, command: Json) -> None:
        await ack()
        bolt.heard.append(command)

    bolt.connect()
    local_slack.command(ADA, COMPANY, "/agents")
    address = bolt.heard[-1]["response_url"]
    assert [respond(address, {"text": f"{n}"}) for n in range(6)] == [200] * 5 + [404]
    assert len(local_slack.ephemerals(ADA)) == 5
    local_slack.command(ADA, COMPANY, "/agents")
    address = bolt.heard[-1]["response_url"]
    assert respond(address, {"text": "to all", "response_type": "in_channel"}) == 200
    assert [m["text"] for m in local_slack.messages(COMPANY)] == ["to all"]
    assert respond(address, {"text": "changed", "replace_original": True}) == 200
    assert [m["text"] for m in local_slack.messages(COMPANY)] == ["changed"]
    assert respond(address, {"delete_original": True}) == 200
    assert local_slack.messages(COMPANY) == []
    local_slack.switch(advance_s=31 * 60)
    assert respond(address, {"text": "late"}) == 404


def respond(address: str, said: Json) -> int:
    request = urllib.request.Request(
        address, data=json.dumps(said).encode(), headers={"Content-Type": "application/json"}
    )
    return status_of(request)


def test_too_many_calls_are_told_when_to_come_again(start_local_slack: StartLocalSlack) -> None:
    slack = start_local_slack(rate_limits=True)
    ts = slack.api("chat.postMessage", channel=GENERAL, text="0")["ts"]
    answers = [slack.api("chat.update", channel=GENERAL, ts=ts, text=f"{n}") for n in range(52)]
    limited = [answer for answer in answers if not answer["ok"]]
    assert {(answer["error"], answer["status"]) for answer in limited} == {("ratelimited", 429)}
    assert 1 <= len(limited) <= 2
    slack.switch(advance_s=60)
    assert slack.api("chat.update", channel=GENERAL, ts=ts, text="again")["ok"]


@pytest.mark.parametrize(
    ("kind", "posted"),
    [("ratelimited", 0), ("http_500", 0), ("reset_before", 0), ("error", 0), ("http_500_after", 1), ("reset_after", 1)],
)  # fmt: skip
def test_a_call_breaks_by_switch_before_or_after_it_was_done(
    local_slack: SlackStandIn, kind: str, posted: int
) -> None:
    local_slack.fail("chat.postMessage", kind)
    with contextlib.suppress(OSError, ValueError):  # a reset, or a 500 without a body
        local_slack.api("chat.postMessage", channel=COMPANY, text="x")
    assert len(local_slack.messages(COMPANY)) == posted
    assert local_slack.api("chat.postMessage", channel=COMPANY, text="y")["ok"]


@pytest.mark.parametrize("encoding", ["form", "query", "get"])
def test_arguments_come_in_each_of_the_clients_encodings(local_slack: SlackStandIn, encoding: str) -> None:
    said = urlencode(
        {
            "channel": COMPANY,
            "text": "x",
            "token": local_slack.bot_token,
            "blocks": json.dumps([section("b")]),
        }
    )
    address = local_slack.api_url + "chat.postMessage"
    if encoding == "form":
        request = urllib.request.Request(address, data=said.encode())
    else:
        request = urllib.request.Request(f"{address}?{said}", data=b"" if encoding == "query" else None)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["ok"]
    assert local_slack.messages(COMPANY)[0]["blocks"][0]["text"]["text"] == "b"


def test_history_is_paged_and_bounded(local_slack: SlackStandIn) -> None:
    stamps = [local_slack.api("chat.postMessage", channel=COMPANY, text=f"{n}")["ts"] for n in range(5)]
    local_slack.api("chat.postMessage", channel=COMPANY, text="reply", thread_ts=stamps[1])
    both = {"channel": COMPANY, "text": "to both", "thread_ts": stamps[1], "reply_broadcast": True}
    sent = local_slack.api("chat.postMessage", **both)["ts"]
    first = local_slack.api("conversations.history", channel=COMPANY, limit=1)
    assert [m["text"] for m in first["messages"]] == ["to both"]
    local_slack.api("chat.delete", channel=COMPANY, ts=sent)
    first = local_slack.api("conversations.history", channel=COMPANY, limit=2)
    assert [m["text"] for m in first["messages"]] == ["4", "3"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = local_slack.api("conversations.history", channel=COMPANY, limit=9, cursor=cursor)
    assert [m["text"] for m in rest["messages"]] == ["2", "1", "0"]
    assert not rest["has_more"]
    late = local_slack.api("conversations.history", channel=COMPANY, oldest=stamps[3])
    assert [m["text"] for m in late["messages"]] == ["4"]
    thread = local_slack.api("conversations.replies", channel=COMPANY, ts=stamps[1])
    assert [m["text"] for m in thread["messages"]] == ["1", "reply"]


def test_people_cannot_do_what_slack_would_not_let_them(local_slack: SlackStandIn) -> None:
    local_slack.api("chat.postMessage", channel=COMPANY, text="plain")
    card = local_slack.messages(COMPANY)[0]
    with pytest.raises(ActRefused, match="action_not_found"):
        local_slack.press(ADA, card, "hire")
    with pytest.raises(ActRefused, match="cant_update_message"):
        local_slack.edit(CLEO, card, "mine now")
    assert local_slack.command(ADA, COMPANY, "/nothing")["error"] == "invalid_command"
    assert local_slack.command(ADA, COMPANY, "/agents", card["ts"])["error"] == "not_supported_in_threads"
