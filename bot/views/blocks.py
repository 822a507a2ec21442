"""The parts of messages and forms, each within Slack's limits whatever text it is given. Pure.

Text handed in as ``mrkdwn`` is shown as it is: it was escaped by whoever wrote it (``mrkdwn.py``). Plain text (of
buttons, titles, options) is shown by Slack letter by letter and needs no escaping.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from bot.views import limits
from bot.views.ids import ActionId, CallbackId, FieldId, Subject
from bot.views.message import Block, Message
from bot.views.mrkdwn import clip

_NOTHING: Final = "–"


def message(text: str, blocks: Iterable[Block]) -> Message:
    """Return a message whose blocks fit: those beyond the budget are dropped from the end of the body.

    The first block says what it is about and the last ones are buttons: both always stay.
    """
    kept = list(blocks)[: limits.MESSAGE_BLOCKS_MAX]
    while len(kept) > 2 and len(json.dumps(kept, ensure_ascii=False)) > limits.MESSAGE_BUDGET:
        body = [at for at, one in enumerate(kept) if at > 0 and one["type"] not in ("actions", "input")]
        if not body:
            break
        kept.pop(body[-1])
    return Message(clip(text, limits.MESSAGE_TEXT_MAX) or _NOTHING, kept)


def section(mrkdwn: str, limit: int = limits.SECTION_TEXT_MAX) -> Block:
    """Return a paragraph."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip(mrkdwn, limit) or _NOTHING}}


def context(*mrkdwn: str) -> Block:
    """Return small grey words."""
    words = " · ".join(one for one in mrkdwn if one)
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": clip(words, limits.CONTEXT_TEXT_MAX) or _NOTHING}],
    }


def divider() -> Block:
    """Return a line."""
    return {"type": "divider"}


def actions(*elements: Block | None, block_id: str | None = None) -> list[Block]:
    """Return a row of buttons; none where there is no button."""
    shown = [one for one in elements if one is not None][: limits.ACTIONS_ELEMENTS_MAX]
    if not shown:
        return []
    return [{"type": "actions", "elements": shown, **({"block_id": block_id} if block_id else {})}]


def button(
    action: ActionId | str,
    label: str,
    subject: Subject,
    *,
    style: str | None = None,
    confirm: Block | None = None,
) -> Block:
    """Return a button; ``style`` is 'primary' or 'danger'."""
    made: dict[str, Any] = {
        "type": "button",
        "action_id": str(action),
        "text": plain(label, limits.BUTTON_TEXT_MAX),
        "value": subject.dumped(),
    }
    if style:
        made["style"] = style
    if confirm is not None:
        made["confirm"] = confirm
    return made


def link_button(action: ActionId, label: str, url: str) -> Block | None:
    """Return a button that opens a page; None for an address Slack would refuse."""
    if not url.startswith(("https://", "http://")) or len(url) > limits.BUTTON_URL_MAX:
        return None
    return {"type": "button", "action_id": action, "text": plain(label, limits.BUTTON_TEXT_MAX), "url": url}


def confirm(title: str, text: str, yes: str, no: str) -> Block:
    """Return what is asked before a button does its work."""
    return {
        "title": plain(title, limits.CONFIRM_TITLE_MAX),
        "text": plain(text, limits.CONFIRM_TEXT_MAX),
        "confirm": plain(yes, limits.CONFIRM_BUTTON_MAX),
        "deny": plain(no, limits.CONFIRM_BUTTON_MAX),
    }


def overflow(action: ActionId, choices: Sequence[tuple[str, Subject]]) -> Block:
    """Return a menu behind three dots."""
    return {
        "type": "overflow",
        "action_id": action,
        "options": [option(label, one.dumped()) for label, one in choices[: limits.OVERFLOW_OPTIONS_MAX]],
    }


def option(label: str, value: str) -> Block:
    """Return one choice."""
    return {"text": plain(label, limits.OPTION_TEXT_MAX), "value": value[: limits.OPTION_VALUE_MAX]}


def plain(text: str, limit: int) -> Block:
    """Return plain text on one line, cut visibly; never empty, which Slack refuses."""
    words = " ".join(text.split()) or _NOTHING
    return {
        "type": "plain_text",
        "text": words if len(words) <= limit else f"{words[: limit - 1]}…",
        "emoji": True,
    }


def text_input(
    field: FieldId,
    label: str,
    *,
    initial: str = "",
    is_long: bool = False,
    is_optional: bool = False,
    placeholder: str = "",
    max_length: int = limits.INPUT_TEXT_MAX,
) -> Block:
    """Return a field to write in."""
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": field,
        "multiline": is_long,
        "max_length": max_length,
    }
    if initial:
        element["initial_value"] = initial[:max_length]
    if placeholder:
        element["placeholder"] = plain(placeholder, limits.PLACEHOLDER_MAX)
    return _input(field, label, element, is_optional=is_optional)


def choice_input(
    field: FieldId,
    label: str,
    choices: Sequence[tuple[str, str]],
    *,
    initial: str | None = None,
    is_optional: bool = True,
) -> list[Block]:
    """Return a menu of (label, value); nothing where there is nothing to choose, which Slack refuses."""
    offered = [option(words, value) for words, value in choices if 0 < len(value) <= limits.OPTION_VALUE_MAX]
    offered = offered[: limits.OPTIONS_MAX]
    if not offered:
        return []
    element: dict[str, Any] = {"type": "static_select", "action_id": field, "options": offered}
    chosen = next((one for one in offered if one["value"] == initial), None)
    if chosen is not None:
        element["initial_option"] = chosen
    return [_input(field, label, element, is_optional=is_optional)]


def modal(
    callback: CallbackId, title: str, submit: str, subject: Subject | None, blocks: Sequence[Block]
) -> Block:
    """Return a form; ``subject`` comes back with what was filled in."""
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title, limits.VIEW_TITLE_MAX),
        "submit": plain(submit, limits.VIEW_BUTTON_MAX),
        "close": plain("Cancel", limits.VIEW_BUTTON_MAX),
        "private_metadata": subject.dumped() if subject is not None else "",
        "blocks": list(blocks)[: limits.VIEW_BLOCKS_MAX],
    }


def _input(field: FieldId, label: str, element: Block, *, is_optional: bool) -> Block:
    return {
        "type": "input",
        "block_id": field,
        "label": plain(label, limits.INPUT_LABEL_MAX),
        "element": element,
        "optional": is_optional,
    }
