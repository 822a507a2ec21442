"""Views: made, changed, stacked three high, closed; and the values of what was filled in."""

import json
import secrets
import time
from typing import Any, Final

from . import ids
from .block_rules import actions_of
from .posting import named, refusal
from .refused import Refused
from .shapes import Problem
from .slack import Slack
from .view_rules import look_at_view, too_large
from .workspace import Json, shown

MOST: Final = 3
_INITIAL: Final = {
    "initial_value": "value",
    "initial_option": "selected_option",
    "initial_options": "selected_options",
    "initial_date": "selected_date",
    "initial_time": "selected_time",
    "initial_date_time": "selected_date_time",
    "initial_user": "selected_user",
    "initial_users": "selected_users",
    "initial_channel": "selected_channel",
    "initial_conversation": "selected_conversation",
}
#: what an element's value is called in the state; None of them where nothing is chosen
VALUE_FIELDS: Final = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
    "rich_text_input": "rich_text_value",
}
_STATELESS: Final = ("button", "overflow", "image", "feedback_buttons", "icon_button")


def make_view(slack: Slack, user: str, said: Json) -> Json:
    """Make a view of what the app gave; it is not shown yet.

    Raises:
        Refused: ``invalid_arguments`` with the places of what is wrong, ``view_too_large``, ``duplicate_external_id``.
    """
    _check(said)
    external = said.get("external_id") or ""
    if external and any(view.get("external_id") == external for view in slack.workspace.views.values()):
        raise Refused("duplicate_external_id")
    view_id = ids.new_id("V")
    return _filled(said) | {
        "id": view_id, "team_id": ids.TEAM, "app_id": ids.APP, "bot_id": ids.BOT, "root_view_id": view_id,
        "app_installed_team_id": ids.TEAM, "previous_view_id": None, "owner": user,
    }  # fmt: skip


def _filled(said: Json) -> Json:
    view = json.loads(json.dumps(said))
    blocks = named(view["blocks"])
    return {
        "type": view["type"], "title": view.get("title"), "submit": view.get("submit"), "close": view.get("close"),
        "blocks": blocks, "callback_id": view.get("callback_id") or "", "external_id": view.get("external_id") or "",
        "private_metadata": view.get("private_metadata") or "", "state": {"values": initial_values(blocks)},
        "hash": f"{int(time.time())}.{secrets.token_hex(4)}", "clear_on_close": bool(view.get("clear_on_close")),
        "notify_on_close": bool(view.get("notify_on_close")),
    }  # fmt: skip


def _check(said: Json) -> None:
    problems = look_at_view(said)
    if problems:
        whole = Problem("failed to match all allowed schemas", "/view")
        raise refusal("invalid_arguments", [whole, *problems])
    if too_large(said):
        raise Refused("view_too_large")


def initial_values(blocks: list[Json]) -> Json:
    """Give the state of blocks that nobody has touched: ``{block: {action: {type, value}}}``."""
    values: Json = {}
    for block in blocks:
        for element in actions_of(block):
            if element["type"] not in _STATELESS:
                field = VALUE_FIELDS.get(element["type"], "value")
                initial = next((element[name] for name in _INITIAL if name in element), None)
                empty: Any = [] if field in ("selected_options", "selected_users", "files") else None
                entry = {"type": element["type"], field: empty if initial is None else initial}
                values.setdefault(block["block_id"], {})[element["action_id"]] = entry
    return values


def merged_values(view: Json, given: Json) -> Json:
    """Put what a person filled in over what stood there; blocks that are not in the view are left out."""
    values: Json = json.loads(json.dumps(view["state"]["values"]))
    for block in view["blocks"]:
        for element in actions_of(block):
            entry = values.get(block["block_id"], {}).get(element["action_id"])
            said = (given.get(block["block_id"]) or {}).get(element["action_id"])
            if isinstance(said, dict) and entry is not None:
                entry.update({name: value for name, value in said.items() if name != "type"})
            elif said is not None and entry is not None:
                field = VALUE_FIELDS.get(element["type"], "value")
                entry[field] = _chosen(element, said) if field.startswith("selected_option") else said
    return values


def _chosen(element: Json, said: Any) -> Any:
    options = all_options(element)
    if isinstance(said, list):
        return [option for option in options if option["value"] in said]
    return next((option for option in options if option["value"] == said), None)


def all_options(element: Json) -> list[Json]:
    """Give a menu's options, those in groups too."""
    groups = (group["options"] for group in element.get("option_groups", ()))
    return [*element.get("options", ()), *(option for options in groups for option in options)]


def view_by(slack: Slack, view_id: Any, external_id: Any) -> Json:
    """Give an open view.

    Raises:
        Refused: ``not_found``.
    """
    views = slack.workspace.views
    if view_id in views:
        return views[view_id]
    found = [view for view in views.values() if external_id and view.get("external_id") == external_id]
    if not found:
        raise Refused("not_found")
    return found[0]


def push(slack: Slack, user: str, view: Json, *, fresh: bool) -> None:
    """Show a modal, over those that the person has open or instead of them.

    Raises:
        Refused: ``push_limit_reached``.
    """
    stack = slack.stacks.setdefault(user, [])
    if fresh:
        for old in stack:
            slack.workspace.views.pop(old, None)
        stack.clear()
    if len(stack) >= MOST:
        raise Refused("push_limit_reached")
    if stack:
        below = slack.workspace.views[stack[-1]]
        view |= {"previous_view_id": below["id"], "root_view_id": below["root_view_id"]}
    stack.append(view["id"])
    slack.workspace.views[view["id"]] = view
    tell_stack(slack, user)


def remake_view(slack: Slack, before: Json, said: Json) -> Json:
    """Change an open view in its place; what was filled in stays where block and action are the same.

    Raises:
        Refused: as ``make_view``.
    """
    _check(said)
    kept = (
        "id",
        "team_id",
        "app_id",
        "bot_id",
        "root_view_id",
        "app_installed_team_id",
        "previous_view_id",
        "owner",
    )
    filled = _filled(said)
    view = filled | {name: before[name] for name in kept}
    view["state"] = {"values": _carried(filled["state"]["values"], before["state"]["values"])}
    if view["type"] == "home":
        slack.workspace.keep_home(view)
    else:
        slack.workspace.views[view["id"]] = view
        tell_stack(slack, view["owner"])
    return view


def _carried(values: Json, before: Json) -> Json:
    for block_id, actions in values.items():
        for action_id, entry in actions.items():
            old = (before.get(block_id) or {}).get(action_id)
            if old is not None and old["type"] == entry["type"]:
                actions[action_id] = old
    return values


def close_top(slack: Slack, user: str, *, all_of_them: bool = False) -> list[Json]:
    """Take the highest modal, or all, off a person's stack, and give them."""
    stack = slack.stacks.get(user, [])
    count = len(stack) if all_of_them else min(1, len(stack))
    closed = [slack.workspace.views.pop(stack.pop()) for _ in range(count)]
    tell_stack(slack, user)
    return closed


def tell_stack(slack: Slack, user: str) -> None:
    """Tell the person's pages which modals they have open."""
    views = [shown(slack.workspace.views[view_id]) for view_id in slack.stacks.get(user, [])]
    slack.workspace.tell({"kind": "modals", "views": views}, (user,))
