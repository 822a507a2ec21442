"""Messages of the app: posted, edited, deleted, shown to one person; and whether blocks would be taken."""

from typing import Any

from .. import ids
from ..arguments import flag, required
from ..block_rules import TEXT_EDITED, look_at_blocks
from ..posting import app_message, content_of, metadata_of
from ..refused import Refused
from ..shapes import Problem
from ..slack import Slack
from ..view_rules import look_at_view
from ..workspace import Json, shown
from .registry import method


def place_of(slack: Slack, said: Json) -> Json:
    """Give the channel to post to, which the app must be in.

    Raises:
        Refused: ``channel_not_found``, ``not_in_channel`` or ``is_archived``.
    """
    channel = slack.workspace.named(required(said, "channel", "channel_not_found"))
    if channel["is_archived"]:
        raise Refused("is_archived")
    if ids.BOT_USER not in channel["members"]:
        raise Refused("channel_not_found" if channel["is_private"] else "not_in_channel")
    return channel


def thread_of(slack: Slack, channel: Json, said: Json) -> Json:
    """Read ``thread_ts``; a reply to a reply goes to the thread's root, as in Slack.

    Raises:
        Refused: ``thread_not_found``.
    """
    ts = said.get("thread_ts")
    if not ts:
        return {}
    root = slack.workspace.messages[channel["id"]].get(str(ts))
    if root is None:
        raise Refused("thread_not_found")
    return {"thread_ts": root.get("thread_ts", root["ts"])}


@method("chat.postMessage", "post", "chat:write")
async def post_message(slack: Slack, said: Json) -> Json:
    """Post. Text above 40,000 characters is cut with a warning; what else is too long is refused."""
    channel = place_of(slack, said)
    content = content_of(said) | thread_of(slack, channel, said)
    if "thread_ts" in content and flag(said, "reply_broadcast"):
        content["subtype"] = "thread_broadcast"
    metadata = metadata_of(said)
    message = app_message(slack.workspace, channel["id"], content)
    if metadata:
        message["metadata"] = metadata
    slack.workspace.keep_message(message)
    slack.delivery.message_event(message)
    answer: Json = {"channel": channel["id"], "ts": message["ts"], "message": shown(message)}
    if len(str(said.get("text") or "")) > len(message["text"]):
        answer |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return answer


@method("chat.update", "t3", "chat:write")
async def update(slack: Slack, said: Json) -> Json:
    """Edit the app's own message. Text above 4,000 characters is refused; metadata left out is kept."""
    channel = slack.workspace.channel(required(said, "channel", "channel_not_found"))
    before = slack.workspace.message(channel["id"], required(said, "ts", "message_not_found"))
    if before.get("bot_id") != ids.BOT or before.get("subtype") == "tombstone":
        raise Refused("cant_update_message")
    content = content_of(said, text_most=TEXT_EDITED)
    metadata = metadata_of(said)
    kept = {name: value for name, value in before.items() if name not in ("blocks", "attachments", "text")}
    edited = {"user": ids.BOT_USER, "ts": f"{int(slack.clock.now())}.000000"}
    message = kept | content | {"edited": edited}
    if metadata is not None:
        message.pop("metadata", None)
        message |= {"metadata": metadata} if metadata else {}
    slack.workspace.keep_message(message)
    slack.delivery.changed_event("message_changed", message, before)
    text = message["text"]
    return {"channel": channel["id"], "ts": message["ts"], "text": text, "message": shown(message)}


@method("chat.delete", "t3", "chat:write")
async def delete(slack: Slack, said: Json) -> Json:
    """Delete the app's own message."""
    channel = slack.workspace.channel(required(said, "channel", "channel_not_found"))
    message = slack.workspace.message(channel["id"], required(said, "ts", "message_not_found"))
    if message.get("bot_id") != ids.BOT:
        raise Refused("cant_delete_message")
    slack.workspace.drop_message(channel["id"], message["ts"])
    slack.delivery.changed_event("message_deleted", message, message)
    return {"channel": channel["id"], "ts": message["ts"]}


@method("chat.postEphemeral", "t4", "chat:write")
async def post_ephemeral(slack: Slack, said: Json) -> Json:
    """Show one person of the channel something that no history keeps."""
    channel = place_of(slack, said)
    user = required(said, "user")
    if user not in channel["members"]:
        raise Refused("user_not_in_channel")
    content = content_of(said) | thread_of(slack, channel, said)
    message = app_message(slack.workspace, channel["id"], content)
    slack.workspace.keep_ephemeral(message | {"for_user": user, "is_ephemeral": True})
    return {"message_ts": message["ts"]}


@method("chat.getPermalink", "special")
async def get_permalink(slack: Slack, said: Json) -> Json:
    """Give the address of a message."""
    channel = slack.workspace.channel(required(said, "channel", "channel_not_found"))
    message = slack.workspace.message(channel["id"], required(said, "message_ts", "message_not_found"))
    link = f"{slack.url}/archives/{channel['id']}/p{message['ts'].replace('.', '')}"
    if "thread_ts" in message:
        link += f"?thread_ts={message['thread_ts']}&cid={channel['id']}"
    return {"channel": channel["id"], "permalink": link}


@method("blocks.validate", "t3")
async def validate(_slack: Slack, said: Json) -> Json:
    """Tell whether blocks, a message or a view would be taken, and keep nothing."""
    given = [name for name in ("blocks", "view", "message") if said.get(name)]
    if len(given) != 1:
        line = "must provide exactly one of `blocks`, `view`, or `message`"
        raise Refused("invalid_arguments", response_metadata={"messages": [line]})
    problems = _looked_at(given[0], said[given[0]])
    if problems:
        raise Refused(f"invalid_{given[0]}", errors=[problem.shown() for problem in problems])
    return {}


def _looked_at(kind: str, value: Any) -> list[Problem]:
    if kind == "view":
        return look_at_view(value, "")
    if kind == "blocks":
        return look_at_blocks(value, "message", "")
    if not isinstance(value, dict):
        return [Problem("must be an object", "", {"type": "type", "expected": "object"})]
    return look_at_blocks(value.get("blocks") or [], "message")


@method("auth.test", "special")
async def auth_test(slack: Slack, said: Json) -> Json:
    """Say who calls."""
    base: Json = {"url": f"{slack.url}/", "team": "Local Slack", "team_id": ids.TEAM}
    if said.get("token") == slack.credentials.app_token:
        return base | {"app_id": ids.APP, "app_name": slack.manifest.app_name}
    who = {"user": slack.manifest.bot_name, "user_id": ids.BOT_USER, "bot_id": ids.BOT}
    return base | who | {"is_enterprise_install": False}


@method("api.test", "special")
async def api_test(_slack: Slack, said: Json) -> Json:
    """Give the arguments back; with ``error`` fail by it."""
    if said.get("error"):
        raise Refused(str(said["error"]), args=said)
    return {"args": {name: value for name, value in said.items() if name != "token"}}


@method("apps.connections.open", "t3", app_token=True)
async def connections_open(slack: Slack, said: Json) -> Json:
    """Give the address of a new websocket, good for one connection."""
    if not slack.manifest.socket_mode:
        raise Refused("forbidden_request")
    address = slack.url.replace("http://", "ws://", 1)
    suffix = "&debug_reconnects=true" if flag(said, "debug_reconnects") else ""
    return {"url": f"{address}/link/?ticket={slack.sockets.ticket()}&app_id={ids.APP}{suffix}"}
