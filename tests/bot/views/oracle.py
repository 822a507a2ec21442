"""What Slack takes, by a table that is not ours: ``slackblocks`` keeps it; its module is private, hence the pin."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from slackblocks import _limits as slack

from bot.views import limits
from bot.views.message import Message

Json = Mapping[str, Any]

_TEXTS = {
    ("section", "text"): slack.SECTION_TEXT_MAX_LENGTH,
    ("button", "text"): slack.BUTTON_TEXT_MAX_LENGTH,
    ("button", "value"): slack.BUTTON_VALUE_MAX_LENGTH,
    ("button", "url"): slack.BUTTON_URL_MAX_LENGTH,
    ("option", "text"): slack.OPTION_TEXT_MAX_LENGTH,
    ("option", "value"): 75,  # slack_sdk's, the smaller one
    ("confirm", "title"): slack.CONFIRMATION_TITLE_MAX_LENGTH,
    ("confirm", "text"): slack.CONFIRMATION_TEXT_MAX_LENGTH,
    ("confirm", "confirm"): slack.CONFIRMATION_CONFIRM_MAX_LENGTH,
    ("confirm", "deny"): slack.CONFIRMATION_DENY_MAX_LENGTH,
    ("input", "label"): slack.INPUT_LABEL_MAX_LENGTH,
    ("modal", "title"): slack.VIEW_TITLE_MAX_LENGTH,
    ("modal", "submit"): slack.VIEW_SUBMIT_MAX_LENGTH,
    ("modal", "close"): slack.VIEW_CLOSE_MAX_LENGTH,
    ("plain_text_input", "placeholder"): slack.PLAIN_TEXT_INPUT_PLACEHOLDER_MAX_LENGTH,
}


def faults_of(message: Message) -> list[str]:
    """Say what Slack would refuse of a message."""
    found = list(faults_of_blocks(message.blocks, slack.MESSAGE_BLOCKS_MAX_ITEMS))
    if not message.text.strip():
        found.append("no_text")
    if len(message.text) > limits.MESSAGE_TEXT_MAX:
        found.append("msg_too_long: an edit would be refused")
    size = len(json.dumps(list(message.blocks), ensure_ascii=False))
    if size > limits.MESSAGE_BUDGET + 2_000:
        found.append(f"msg_blocks_too_long: {size}")
    return found


def faults_of_blocks(blocks: Any, blocks_max: int) -> Iterator[str]:
    """Say what Slack would refuse of blocks."""
    if len(blocks) > blocks_max:
        yield f"{len(blocks)} blocks"
    ids = [one["block_id"] for one in blocks if "block_id" in one]
    if len(ids) != len(set(ids)):
        yield "a block id twice"
    for block in blocks:
        yield from _faults(block)
        if block["type"] == "actions":
            names = [one["action_id"] for one in block["elements"]]
            if not 1 <= len(names) <= slack.ACTIONS_ELEMENTS_MAX_ITEMS or len(names) != len(set(names)):
                yield f"actions {names}"
        if block["type"] == "context" and not 1 <= len(block["elements"]) <= slack.CONTEXT_ELEMENTS_MAX_ITEMS:
            yield "context without elements, or with too many"


def _faults(node: Json, kind: str = "") -> Iterator[str]:
    kind = kind or str(node.get("type", ""))
    for key, value in node.items():
        words = (
            value.get("text") if isinstance(value, Mapping) and isinstance(value.get("text"), str) else value
        )
        limit = _TEXTS.get((kind, key))
        if limit is not None and isinstance(words, str) and not 0 < len(words) <= limit:
            yield f"{kind}.{key}: {len(words)} characters"
        if (
            key in ("action_id", "block_id", "callback_id")
            and not 0 < len(str(value)) <= slack.ACTION_ID_MAX_LENGTH
        ):
            yield f"{key}: {value!r}"
        if isinstance(value, Mapping):
            yield from _faults(value, {"confirm": "confirm"}.get(key, "") if kind == "button" else "")
        if isinstance(value, list):
            if key == "options" and not 1 <= len(value) <= slack.SELECT_OPTIONS_MAX_ITEMS:
                yield f"{len(value)} options"
            for one in value:
                yield from _faults(one, "option" if key == "options" else "")


def mrkdwn_of(blocks: Any) -> Iterator[str]:
    """Return every text that Slack reads as mrkdwn."""
    for block in blocks:
        for one in (block.get("text"), *(block.get("elements") or ())):
            if isinstance(one, Mapping) and one.get("type") == "mrkdwn":
                yield str(one["text"])
