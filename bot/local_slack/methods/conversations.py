"""Channels, and what was said in them."""

import base64
from typing import Any

from .. import ids
from ..arguments import flag, number, required
from ..refused import Refused
from ..slack import Slack
from ..workspace import Json, kind_of, shown
from .registry import every, method, need_channel_scope, need_scope

_KINDS = {
    "public_channel": "channels",
    "private_channel": "groups",
    "im": "im",
    "mpim": "mpim",
}


@method("conversations.list", "t2", *every("read"))
async def list_all(slack: Slack, said: Json) -> Json:
    """List channels of the kinds asked for; private ones only where the app is in."""
    types = str(said.get("types") or "public_channel").split(",")
    if not all(kind.strip() in _KINDS for kind in types):
        raise Refused("invalid_types")
    kinds = {_KINDS[kind.strip()] for kind in types}
    for kind in sorted(kinds):
        need_scope(slack, f"{kind}:read")
    found = [_seen(channel) for channel in slack.workspace.channels.values() if kind_of(channel) in kinds]
    seen = [channel for channel in found if channel.get("is_member", True) or not channel["is_private"]]
    if flag(said, "exclude_archived"):
        seen = [channel for channel in seen if not channel["is_archived"]]
    return page_of("channels", seen, said, default=100)


@method("users.conversations", "t3", *every("read"))
async def list_own(slack: Slack, said: Json) -> Json:
    """List the channels that the app is in."""
    answer = await list_all(slack, {**said, "limit": 1000, "cursor": ""})
    own = [channel for channel in answer["channels"] if channel.get("is_member", True)]
    return page_of("channels", own, said, default=100)


@method("conversations.info", "t3", *every("read"))
async def info(slack: Slack, said: Json) -> Json:
    """Describe one channel."""
    channel = _readable(slack, said, "read", member=False)
    return {"channel": _seen(channel)}


@method("conversations.members", "t4", *every("read"))
async def members(slack: Slack, said: Json) -> Json:
    """List who is in a channel."""
    return page_of("members", _readable(slack, said, "read", member=False)["members"], said, default=100)


@method("conversations.history", "t3", *every("history"))
async def history(slack: Slack, said: Json) -> Json:
    """Give messages, newest first, without replies and ephemerals."""
    channel = _readable(slack, said, "history")
    kept = slack.workspace.messages[channel["id"]].values()
    roots = [
        m for m in kept if m.get("thread_ts", m["ts"]) == m["ts"] or m.get("subtype") == "thread_broadcast"
    ]
    found = sorted(_between(roots, said), key=lambda message: message["ts"], reverse=True)
    return page_of("messages", [_told(m, said) for m in found], said, default=100, most=999)


@method("conversations.replies", "t3", *every("history"))
async def replies(slack: Slack, said: Json) -> Json:
    """Give a thread, oldest first, its root always before all."""
    channel = _readable(slack, said, "history")
    thread = slack.workspace.thread(channel["id"], required(said, "ts", "thread_not_found"))
    if not thread:
        raise Refused("thread_not_found")
    found = [thread[0], *_between(thread[1:], said)]
    return page_of("messages", [_told(m, said) for m in found], said, default=1000, most=1000)


@method("conversations.open", "t3", "im:write", "mpim:write")
async def open_direct(slack: Slack, said: Json) -> Json:
    """Give the direct messages with a person."""
    if said.get("channel"):
        channel = slack.workspace.channel(str(said["channel"]))
    else:
        users = said.get("users") or ""
        people = users if isinstance(users, list) else str(users).split(",")
        if len(people) != 1 or not people[0]:
            raise Refused("users_list_not_supplied" if not users else "not_supported_by_local_slack")
        channel = slack.workspace.direct(people[0])
    if flag(said, "return_im"):
        return {"no_op": True, "already_open": True, "channel": _seen(channel)}
    return {"no_op": True, "already_open": True, "channel": {"id": channel["id"]}}


@method("conversations.join", "t3", "channels:join")
async def join(slack: Slack, said: Json) -> Json:
    """Let the app come into a public channel."""
    channel = slack.workspace.channel(required(said, "channel", "channel_not_found"))
    if channel["is_private"]:
        raise Refused("method_not_supported_for_channel_type")
    if ids.BOT_USER in channel["members"]:
        return {"channel": _seen(channel), "warning": "already_in_channel"}
    channel["members"].append(ids.BOT_USER)
    slack.workspace.keep_channel(channel)
    slack.delivery.joined_event(ids.BOT_USER, channel, None)
    return {"channel": _seen(channel)}


def _seen(channel: Json) -> Json:
    seen = {name: value for name, value in channel.items() if name != "members"}
    if channel.get("is_im"):
        return seen
    return seen | {"is_member": ids.BOT_USER in channel["members"], "num_members": len(channel["members"])}


def _readable(slack: Slack, said: Json, right: str, *, member: bool = True) -> Json:
    channel = slack.workspace.channel(required(said, "channel", "channel_not_found"))
    need_channel_scope(slack, channel, right)
    if ids.BOT_USER not in channel["members"] and (member or channel["is_private"]):
        raise Refused("channel_not_found" if channel["is_private"] else "not_in_channel")
    return channel


def _told(message: Json, said: Json) -> Json:
    seen = shown(message)
    if not flag(said, "include_all_metadata"):
        seen.pop("metadata", None)
    return seen


def _between(messages: list[Json], said: Json) -> list[Json]:
    try:
        oldest = float(said.get("oldest") or 0)
        latest = float(said.get("latest") or "inf")
    except (TypeError, ValueError):
        raise Refused("invalid_ts_oldest") from None
    inclusive = flag(said, "inclusive")

    def inside(ts: float) -> bool:
        return oldest <= ts <= latest if inclusive else oldest < ts < latest

    return [message for message in messages if inside(float(message["ts"]))]


def page_of(name: str, found: list[Any], said: Json, *, default: int, most: int = 1000) -> Json:
    """Answer one page of a list, and the cursor of the next.

    Raises:
        Refused: ``invalid_cursor`` or ``invalid_limit``.
    """
    size = number(said, "limit", default, most)
    try:
        start = int(base64.b64decode(str(said.get("cursor") or ""), validate=True).decode() or 0)
    except ValueError:
        raise Refused("invalid_cursor") from None
    more = start + size < len(found)
    cursor = base64.b64encode(str(start + size).encode()).decode() if more else ""
    answer: Json = {name: found[start : start + size], "response_metadata": {"next_cursor": cursor}}
    return answer | ({"has_more": more} if name == "messages" else {})
