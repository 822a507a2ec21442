"""What a person types, as Slack's client sends it: escaped, with mentions, channels and addresses made links. PURE."""

import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
_NAME = re.compile(r"(?<![\w<&;])([@#])([\w.\-]+)")
_URL = re.compile(r"(?<![<|\w])(https?://[^\s<>|]+[^\s<>|.,;:!?)\]'\"])")
_SPECIAL = ("here", "channel", "everyone")


def escaped(text: str) -> str:
    """Escape the three characters that mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def composed(
    text: str, users: Mapping[str, Json], channels: Mapping[str, Json], *, names: bool = False
) -> str:
    """Escape, then link ``@name``, ``#channel`` and addresses; ``names`` adds ``|name``, as slash commands have it.

    What is a link already (``<@U0ADA>``, as the page's completion writes it) is kept.
    """
    people = {user["name"].lower(): user for user in users.values()}
    places = {channel["name"]: channel for channel in channels.values() if channel.get("name")}

    def linked(found: re.Match[str]) -> str:
        sign, name = found.groups()
        bare = name.rstrip(".-")
        rest = name[len(bare) :]
        if sign == "@" and bare.lower() in people:
            user = people[bare.lower()]
            return f"<@{user['id']}|{user['name']}>{rest}" if names else f"<@{user['id']}>{rest}"
        if sign == "#" and bare in places:
            return f"<#{places[bare]['id']}|{bare}>{rest}"
        if sign == "@" and bare in _SPECIAL and not names:
            return f"<!{bare}>{rest}"
        return found.group()

    parts = re.split(r"(<[@#][A-Z0-9]+(?:\|[^<>|]*)?>)", text)
    for number in range(0, len(parts), 2):
        parts[number] = _NAME.sub(linked, _URL.sub(r"<\1>", escaped(parts[number])))
    return "".join(parts)
