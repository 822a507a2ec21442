"""Forms (modals) and questions with buttons that commands lead to. Pure."""

import json
from typing import Any

from bot.views.ids import ActionId, CallbackId
from bot.views.message import Message
from bot.views.mrkdwn import cut, escaped
from bot.views.replies import page
from company.learning.evaluation import AgentEvaluation

REASON_FIELD = "reason"
TEXT_FIELD, REPO_FIELD, TEAM_FIELD = "text", "repo", "team"


def reject_reason(job_id: str, channel_id: str | None, thread_ts: str | None) -> dict[str, Any]:
    """Ask why a job is rejected."""
    return {
        "type": "modal",
        "callback_id": CallbackId.REJECT_REASON,
        "private_metadata": json.dumps({"job": job_id, "channel": channel_id, "thread": thread_ts}),
        "title": _plain("What was wrong?"),
        "submit": _plain("Reject"),
        "close": _plain("Back"),
        "blocks": [_text_input(REASON_FIELD, "The agents learn from it", is_long=True)],
    }


def new_job(text: str, repositories: list[str], channel_id: str | None) -> dict[str, Any]:
    """Ask for a new job."""
    blocks = [_text_input(TEXT_FIELD, "What is to be done?", is_long=True, initial=text)]
    if repositories:
        options = [{"text": _plain(cut(name, 75)), "value": name[:75]} for name in repositories[:100]]
        select = {"type": "static_select", "action_id": REPO_FIELD, "options": options}
        blocks.append(
            {
                "type": "input",
                "optional": True,
                "block_id": REPO_FIELD,
                "label": _plain("Where?"),
                "element": select,
            }
        )
    return {
        "type": "modal",
        "callback_id": CallbackId.NEW_JOB,
        "private_metadata": json.dumps({"channel": channel_id}),
        "title": _plain("A new job"),
        "submit": _plain("Start"),
        "close": _plain("Back"),
        "blocks": blocks,
    }


def ask_to_fire(one: AgentEvaluation) -> Message:
    """Ask once more before an agent goes."""
    base = page(
        "", [f"Let {one.emoji} *{escaped(one.name)}* go? It gets no new tasks, and its schedules pause."]
    )
    button = {
        "type": "button",
        "action_id": ActionId.FIRE,
        "style": "danger",
        "text": _plain(cut(f"Fire {one.name}", 75)),
        "value": one.agent_id,
    }
    return Message(base.text, [*base.blocks, {"type": "actions", "elements": [button]}])


def _text_input(name: str, label: str, *, is_long: bool, initial: str = "") -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": name, "multiline": is_long, "max_length": 2900}
    if initial:
        element["initial_value"] = initial[:2900]
    return {"type": "input", "block_id": name, "label": _plain(label), "element": element}


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}
