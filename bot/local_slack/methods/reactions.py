"""Reactions of the app."""

import re

from .. import ids
from ..arguments import required
from ..reacting import add_reaction, remove_reaction
from ..refused import Refused
from ..slack import Slack
from ..workspace import Json, shown
from .registry import method


def _target(slack: Slack, said: Json) -> tuple[Json, str]:
    name = required(said, "name", "no_reaction").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'\-]+(::skin-tone-[2-6])?", name):
        raise Refused("invalid_name")
    if not said.get("channel"):
        raise Refused("no_item_specified")
    channel = slack.workspace.channel(str(said["channel"]))
    if ids.BOT_USER not in channel["members"]:
        raise Refused("channel_not_found" if channel["is_private"] else "not_in_channel")
    return slack.workspace.message(channel["id"], required(said, "timestamp", "bad_timestamp")), name


@method("reactions.add", "t3", "reactions:write")
async def add(slack: Slack, said: Json) -> Json:
    """Add the app's reaction; the same twice is ``already_reacted``."""
    message, name = _target(slack, said)
    add_reaction(slack, message, name, ids.BOT_USER)
    return {}


@method("reactions.remove", "t2", "reactions:write")
async def remove(slack: Slack, said: Json) -> Json:
    """Take it away; one that is not there is ``no_reaction``."""
    message, name = _target(slack, said)
    remove_reaction(slack, message, name, ids.BOT_USER)
    return {}


@method("reactions.get", "t3", "reactions:read")
async def get(slack: Slack, said: Json) -> Json:
    """Give a message with its reactions."""
    channel = slack.workspace.channel(required(said, "channel", "no_item_specified"))
    message = slack.workspace.message(channel["id"], required(said, "timestamp", "bad_timestamp"))
    return {"type": "message", "channel": channel["id"], "message": shown(message)}
