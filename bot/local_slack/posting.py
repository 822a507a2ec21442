"""How words become messages: what each way of posting may say, and what Slack adds to it."""

import json
from typing import Any

from . import ids
from .block_rules import (
    BLOCKS_TOTAL,
    MARKDOWN_TOTAL,
    METADATA_BYTES,
    TEXT_EDITED,
    TEXT_POSTED,
    actions_of,
    look_at_blocks,
    markdown_characters,
    total_characters,
)
from .refused import Refused
from .shapes import Problem
from .workspace import Json, Workspace


def refusal(error: str, problems: list[Problem]) -> Refused:
    """Say it as Slack does: each fault with its place."""
    lines = [problem.line() for problem in problems]
    return Refused(error, errors=lines, response_metadata={"messages": [f"[ERROR] {line}" for line in lines]})


def content_of(said: Json, *, text_most: int = TEXT_POSTED) -> Json:
    """Read text, blocks, attachments and metadata of a call, and refuse what Slack would.

    Raises:
        Refused: ``no_text``, ``invalid_blocks``, ``msg_blocks_too_long``, ``msg_too_long``, ``metadata_too_large`` ...
    """
    text = str(said.get("text") or "")
    blocks = _listed(said, "blocks", "invalid_blocks_format")
    attachments = _listed(said, "attachments", "invalid_attachments")
    if said.get("markdown_text"):
        if text or blocks:
            raise Refused("markdown_text_conflict")
        text, blocks = "", [{"type": "markdown", "text": said["markdown_text"]}]
    if not text.strip() and not blocks and not attachments:
        raise Refused("no_text")
    if len(attachments) > 100:
        raise Refused("too_many_attachments")
    _check_blocks(blocks)
    if len(text) > text_most and text_most == TEXT_EDITED:
        raise Refused("msg_too_long")
    content: Json = {"text": text[:text_most]}
    if blocks:
        content["blocks"] = named(blocks)
    if attachments:
        content["attachments"] = [{"id": n, **each} for n, each in enumerate(attachments, 1)]
    return content


def _check_blocks(blocks: list[Any]) -> None:
    problems = look_at_blocks(blocks, "message")
    if problems:
        raise refusal("invalid_blocks", problems)
    if markdown_characters(blocks) > MARKDOWN_TOTAL or total_characters(blocks) > BLOCKS_TOTAL:
        raise Refused("msg_blocks_too_long")


def metadata_of(said: Json) -> Json | None:
    """Read a call's metadata; None where the call has none.

    Raises:
        Refused: ``invalid_metadata_format``, ``invalid_metadata_schema`` or ``metadata_too_large``.
    """
    metadata = said.get("metadata")
    if metadata is None or metadata == "":
        return None
    if not isinstance(metadata, dict):
        raise Refused("invalid_metadata_format")
    if metadata and not (
        isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(metadata)) > METADATA_BYTES:
        raise Refused("metadata_too_large")
    return metadata


def named(blocks: list[Json]) -> list[Json]:
    """Give blocks and elements the ids that their author did not."""
    done = []
    for block in json.loads(json.dumps(blocks)):
        block.setdefault("block_id", ids.short_id())
        for element in actions_of(block):
            element.setdefault("action_id", ids.short_id())
        done.append(block)
    return done


def app_message(workspace: Workspace, channel: str, content: Json) -> Json:
    """Make the app's message, not yet kept."""
    return {
        "type": "message", "channel_id": channel, "ts": workspace.clock.next_ts(), "user": ids.BOT_USER,
        "bot_id": ids.BOT, "app_id": ids.APP, "team": ids.TEAM,
        "bot_profile": {"id": ids.BOT, "app_id": ids.APP, "user_id": ids.BOT_USER, "team_id": ids.TEAM,
                        "name": workspace.manifest.bot_name, "deleted": False, "updated": 0},
        **content,
    }  # fmt: skip


def note_to(workspace: Workspace, user: str, channel: str, text: str, thread_ts: str | None = None) -> None:
    """Let Slackbot tell one person something that only they see."""
    message: Json = {
        "type": "message", "subtype": "bot_message", "is_ephemeral": True, "user": ids.SLACKBOT, "text": text,
        "ts": workspace.clock.next_ts(), "team": ids.TEAM, "channel_id": channel, "for_user": user,
    }  # fmt: skip
    workspace.keep_ephemeral(message | ({"thread_ts": thread_ts} if thread_ts else {}))


def _listed(said: Json, name: str, error: str) -> list[Any]:
    value = said.get(name)
    if value is None or value == "":
        return []
    if not isinstance(value, list):
        raise Refused(error)
    return value
