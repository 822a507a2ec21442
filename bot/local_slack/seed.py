"""Who and what is there at the first start: three people with roles, the app, two channels, and direct messages."""

from collections.abc import Iterable
from typing import Any, Final

from . import ids
from .manifest import Manifest

Json = dict[str, Any]
#: the people one can be, the first one first: name, role, colour of the picture
PEOPLE: Final = (
    ("U0ADA", "ada", "Ada", "CEO", "7c3aed"),
    ("U0BEN", "ben", "Ben", "operator", "0f766e"),
    ("U0CLEO", "cleo", "Cleo", "viewer", "b45309"),
)
_CREATED_AT: Final = 1_767_225_600  # 2026-01-01


def users_of(manifest: Manifest) -> list[Json]:
    """Give the people, the app's own user and Slackbot."""
    people = [
        _user(user_id, name, f"{first} ({role})", first, colour)
        for user_id, name, first, role, colour in PEOPLE
    ]
    bot = _user(ids.BOT_USER, manifest.bot_name, manifest.bot_name, manifest.bot_name, "334155")
    bot |= {"is_bot": True, "profile": {**bot["profile"], "bot_id": ids.BOT, "api_app_id": ids.APP}}
    return [*people, bot, _user(ids.SLACKBOT, "slackbot", "Slackbot", "Slackbot", "64748b")]


def groups_of() -> list[Json]:
    """Give one user group for each role."""
    return [
        {
            "id": f"S0{role.upper()}S", "team_id": ids.TEAM, "is_usergroup": True, "name": f"{role}s",
            "handle": f"{role.lower()}s", "description": f"Who is {role}", "date_create": _CREATED_AT,
            "date_delete": 0, "users": [user_id], "user_count": 1,
        }
        for user_id, _name, _first, role, _colour in PEOPLE
    ]  # fmt: skip


def channels_of(users: Iterable[Json]) -> list[Json]:
    """Give #general, #company, and the direct messages of each person with the app."""
    people = [user["id"] for user in users if not user["is_bot"] and user["id"] != ids.SLACKBOT]
    everyone = [*people, ids.BOT_USER]
    return [
        channel("C0GENERAL", "general", everyone, purpose="For everybody"),
        channel("C0COMPANY", "company", everyone, purpose="What the company of agents does"),
        *(direct(user) for user in people),
    ]


def channel(
    channel_id: str, name: str, members: list[str], *, purpose: str = "", private: bool = False
) -> Json:
    """Make a channel's record."""
    said = {"value": purpose, "creator": "U0ADA", "last_set": _CREATED_AT}
    return {
        "id": channel_id, "name": name, "name_normalized": name, "is_channel": not private, "is_group": private,
        "is_im": False, "is_mpim": False, "is_private": private, "is_archived": False, "is_shared": False,
        "is_general": name == "general", "created": _CREATED_AT, "creator": "U0ADA", "members": members,
        "topic": {"value": "", "creator": "", "last_set": 0}, "purpose": said, "context_team_id": ids.TEAM,
    }  # fmt: skip


def direct(user: str) -> Json:
    """Make the record of the direct messages between a person and the app."""
    return {
        "id": f"D0{user.removeprefix('U0')}", "is_im": True, "is_private": True, "is_archived": False, "user": user,
        "created": _CREATED_AT, "is_org_shared": False, "context_team_id": ids.TEAM, "members": [user, ids.BOT_USER],
    }  # fmt: skip


def _user(user_id: str, name: str, real_name: str, display_name: str, colour: str) -> Json:
    return {
        "id": user_id, "team_id": ids.TEAM, "name": name, "deleted": False, "color": colour,
        "real_name": real_name, "is_bot": False, "is_app_user": False, "tz": "Etc/UTC", "tz_offset": 0,
        "updated": _CREATED_AT, "is_admin": user_id == "U0ADA", "is_owner": user_id == "U0ADA",
        "profile": {"real_name": real_name, "display_name": display_name, "title": real_name.partition(" (")[2][:-1],
                    "team": ids.TEAM, "email": f"{name}@local-slack.invalid"},
    }  # fmt: skip
