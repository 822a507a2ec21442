"""The home tab: what runs, what waits for a decision. Pure."""

from collections.abc import Sequence
from typing import Any

from bot.views import lists, replies
from company.store.candidates import Candidate
from company.store.sessions import Session


def home(jobs: Sequence[Session], proposals: Sequence[Candidate], prefix: str) -> dict[str, Any]:
    """Return the tab of somebody who may look."""
    blocks = [*lists.proposals(proposals).blocks, {"type": "divider"}, *replies.jobs(jobs, None).blocks]
    return _tab([*blocks, *replies.line(f"`/{prefix}agents help` shows what can be said.").blocks])


def for_strangers(user_id: str) -> dict[str, Any]:
    """Return the tab of somebody without a role."""
    text = f"You have no role here yet. Your id is `{user_id}`: ask the CEO to `grant` you one."
    return _tab(list(replies.line(text).blocks))


def _tab(blocks: list[Any]) -> dict[str, Any]:
    return {"type": "home", "blocks": blocks[:100]}
