"""Reactions, whoever makes them."""

from .refused import Refused
from .slack import Slack
from .workspace import Json


def add_reaction(slack: Slack, message: Json, name: str, user: str) -> None:
    """Add one person's reaction.

    Raises:
        Refused: ``already_reacted`` or ``too_many_emoji`` (23 kinds on one message).
    """
    reactions: list[Json] = message.setdefault("reactions", [])
    found = next((reaction for reaction in reactions if reaction["name"] == name), None)
    if found is None:
        if len(reactions) >= 23:
            raise Refused("too_many_emoji")
        found = {"name": name, "users": [], "count": 0}
        reactions.append(found)
    if user in found["users"]:
        raise Refused("already_reacted")
    found["users"].append(user)
    found["count"] = len(found["users"])
    slack.workspace.keep_message(message)
    slack.delivery.reaction_event("reaction_added", user, name, message)


def remove_reaction(slack: Slack, message: Json, name: str, user: str) -> None:
    """Take one person's reaction away.

    Raises:
        Refused: ``no_reaction``.
    """
    reactions: list[Json] = message.get("reactions", [])
    found = next((reaction for reaction in reactions if reaction["name"] == name), None)
    if found is None or user not in found["users"]:
        raise Refused("no_reaction")
    found["users"].remove(user)
    found["count"] = len(found["users"])
    message["reactions"] = [reaction for reaction in reactions if reaction["users"]]
    if not message["reactions"]:
        del message["reactions"]
    slack.workspace.keep_message(message)
    slack.delivery.reaction_event("reaction_removed", user, name, message)
