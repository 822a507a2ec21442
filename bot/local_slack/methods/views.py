"""Modals and the app's home, as the app opens and changes them."""

from typing import Any

from ..arguments import required
from ..modals import make_view, push, remake_view, view_by
from ..refused import Refused
from ..slack import Slack
from ..workspace import Json, shown
from .registry import method


def _view(said: Json, kind: str) -> Json:
    view: Any = said.get("view")
    if not isinstance(view, dict):
        raise Refused(
            "invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: view"]}
        )
    if view.get("type") not in (None, kind) and view["type"] in ("modal", "home"):
        raise Refused("invalid_view_type" if kind == "modal" else "invalid_arguments")
    return view


@method("views.open", "t4")
async def open_view(slack: Slack, said: Json) -> Json:
    """Open a modal for whoever made the trigger, within 3 s, over nothing else."""
    user, _inside = slack.leases.exchange(_trigger(said))
    view = make_view(slack, user, _view(said, "modal"))
    push(slack, user, view, fresh=True)
    return {"view": shown(view)}


@method("views.push", "t4")
async def push_view(slack: Slack, said: Json) -> Json:
    """Put a modal on the one in which the trigger was made; three at most."""
    user, inside = slack.leases.exchange(_trigger(said))
    if inside is None or inside not in slack.stacks.get(user, []):
        raise Refused("invalid_trigger_id")
    view = make_view(slack, user, _view(said, "modal"))
    push(slack, user, view, fresh=False)
    return {"view": shown(view)}


@method("views.update", "t4")
async def update_view(slack: Slack, said: Json) -> Json:
    """Change an open modal; a hash that is no longer its own is ``hash_conflict``."""
    before = view_by(slack, said.get("view_id"), said.get("external_id"))
    if said.get("hash") and said["hash"] != before["hash"]:
        raise Refused("hash_conflict")
    view = remake_view(slack, before, _view(said, str(before["type"])))
    return {"view": shown(view)}


@method("views.publish", "t4")
async def publish(slack: Slack, said: Json) -> Json:
    """Show the app's home to one person."""
    if not slack.manifest.home_tab:
        raise Refused("not_enabled")
    user = required(said, "user_id")
    slack.workspace.user(user)
    before = slack.workspace.homes.get(user)
    if said.get("hash") and (before is None or said["hash"] != before["hash"]):
        raise Refused("hash_conflict")
    view = make_view(slack, user, _view(said, "home"))
    slack.workspace.keep_home(view)
    return {"view": shown(view)}


def _trigger(said: Json) -> str:
    return required(said, "trigger_id")
