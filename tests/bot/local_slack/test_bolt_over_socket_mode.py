"""Slack's own client, Bolt over Socket Mode, meets the local Slack: what each kind of payload brings about."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.bot.local_slack.bolt_app import BoltApp
from tests.bot.slack_stand_in import ADA, BEN, BOT_USER, COMPANY, SlackStandIn

Json = dict[str, Any]


def button(action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": {"type": "plain_text", "text": "Press"}, "action_id": action_id, **more}


def test_a_command_is_acknowledged_with_words_that_only_its_author_sees(
    bolt: BoltApp, local_slack: SlackStandIn
) -> None:
    @bolt.app.command("/agents")
    async def agents(ack: Any, command: Json) -> None:
        bolt.heard.append(command)
        await ack(f"You said {command['text']}")

    bolt.connect()
    done = local_slack.command(ADA, "#company", "/agents hire @ben <now> & here")
    assert done["acknowledged"]
    said = bolt.heard[0]
    assert said["text"] == "hire <@U0BEN|ben> &lt;now&gt; &amp; here"
    assert said["user_id"] == ADA
    assert said["channel_id"] == COMPANY
    assert said["channel_name"] == "company"
    assert [m["text"] for m in local_slack.ephemerals(ADA)] == [f"You said {said['text']}"]
    assert local_slack.ephemerals(BEN) == []
    assert local_slack.messages("#company") == []


def test_a_press_reaches_the_app_which_edits_the_message_in_its_place(
    bolt: BoltApp, local_slack: SlackStandIn
) -> None:
    @bolt.app.action("hire")
    async def hire(ack: Any, body: Json, client: Any, respond: Any) -> None:
        await ack()
        bolt.heard.append(body)
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Hired")
        await respond(text="by you", replace_original=False)

    bolt.connect()
    bolt.run(
        bolt.client.chat_postMessage(
            channel=COMPANY,
            text="Hire?",
            blocks=[{"type": "actions", "elements": [button("hire", value="7")]}],
        )
    )
    card = local_slack.wait_for_message("#company", "Hire?")
    assert local_slack.press(BEN, card, "hire")["acknowledged"]
    assert bolt.heard[0]["actions"][0]["value"] == "7"
    assert bolt.heard[0]["user"]["id"] == BEN
    now = local_slack.message(card)
    assert now["text"] == "Hired"
    assert "blocks" not in now
    assert [m["text"] for m in local_slack.ephemerals(BEN)] == ["by you"]


def test_a_mention_comes_as_a_mention_and_as_a_message(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    @bolt.app.event("app_mention")
    async def mentioned(event: Json, say: Any) -> None:
        bolt.heard.append(event)
        await say("hello", thread_ts=event["ts"])

    @bolt.app.event("message")
    async def message(event: Json) -> None:
        bolt.heard.append(event)

    bolt.connect()
    said = local_slack.say(ADA, "#company", "@agents are you there?")
    local_slack.wait_until_quiet()
    assert sorted(event["type"] for event in bolt.heard) == ["app_mention", "message"]
    assert {event["text"] for event in bolt.heard} == {f"<@{BOT_USER}> are you there?"}
    assert [m["text"] for m in local_slack.thread(said)] == ["hello"]
    assert local_slack.message(said)["reply_count"] == 1


def test_a_modal_is_opened_checked_and_submitted(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    view = {
        "type": "modal", "callback_id": "work", "title": {"type": "plain_text", "text": "Start work"},
        "submit": {"type": "plain_text", "text": "Start"},
        "blocks": [{"type": "input", "block_id": "what", "label": {"type": "plain_text", "text": "What"},
                    "element": {"type": "plain_text_input", "action_id": "text"}}],
    }  # fmt: skip

    @bolt.app.shortcut("start_work")
    async def start(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @bolt.app.view("work")
    async def submitted(ack: Any, body: Json) -> None:
        text = body["view"]["state"]["values"]["what"]["text"]["value"]
        bolt.heard.append(body)
        if text == "bad":
            await ack(response_action="errors", errors={"what": "Say more"})
        else:
            await ack()

    bolt.connect()
    local_slack.shortcut(ADA, "start_work")
    opened = local_slack.wait_for_view(ADA)
    assert local_slack.submit(ADA, opened, {})["errors"] == {"what": "Please complete this required field."}
    assert local_slack.submit(ADA, opened, {"what": {"text": "bad"}})["errors"] == {"what": "Say more"}
    assert local_slack.views(ADA)
    assert local_slack.submit(ADA, opened, {"what": {"text": "rate limits"}})["acknowledged"]
    assert local_slack.views(ADA) == []
    assert len(bolt.heard) == 2


def test_metadata_is_kept_and_shown_only_when_asked_for(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    metadata = {"event_type": "agent_service", "event_payload": {"delivery": "1"}}
    posted = bolt.run(bolt.client.chat_postMessage(channel=COMPANY, text="x", metadata=metadata))
    bolt.run(bolt.client.chat_update(channel=COMPANY, ts=posted["ts"], text="y"))
    plain = bolt.run(bolt.client.conversations_history(channel=COMPANY))
    full = bolt.run(bolt.client.conversations_history(channel=COMPANY, include_all_metadata=True))
    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == metadata
    bolt.run(bolt.client.chat_update(channel=COMPANY, ts=posted["ts"], text="y", metadata={}))
    gone = bolt.run(bolt.client.conversations_history(channel=COMPANY, include_all_metadata=True))
    assert "metadata" not in gone["messages"][0]


def test_a_file_goes_up_is_shared_and_comes_down(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    bolt.run(
        bolt.client.files_upload_v2(channel=COMPANY, content="a patch", filename="a.patch", title="A patch")
    )
    shared = local_slack.wait_for_message("#company", "a.patch")
    file = shared["files"][0]
    assert file["title"] == "A patch"
    assert file["size"] == 7
    told = bolt.run(bolt.client.files_info(file=file["id"]))
    assert told["file"]["url_private"].startswith(local_slack.url)


def test_an_app_that_does_not_answer_costs_the_person_an_error(
    bolt: BoltApp, local_slack: SlackStandIn
) -> None:
    @bolt.app.command("/agents")
    async def agents(ack: Any) -> None:
        bolt.heard.append({})

    assert local_slack.command(ADA, "#company", "/agents help")["error"] == "dispatch_failed"
    bolt.connect()
    local_slack.switch(ack_s=0.2)
    assert local_slack.command(ADA, "#company", "/agents help")["error"] == "operation_timeout"
    assert "operation_timeout" in local_slack.ephemerals(ADA)[-1]["text"]


def test_a_call_that_slack_refuses_is_refused_in_its_words(bolt: BoltApp, local_slack: SlackStandIn) -> None:
    long = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
    with pytest.raises(SlackApiError) as refused:
        bolt.run(bolt.client.chat_postMessage(channel=COMPANY, text="x", blocks=long))
    assert refused.value.response["error"] == "invalid_blocks"
    said = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert refused.value.response["errors"] == [said]
