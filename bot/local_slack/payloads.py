"""The payloads that Slack sends an app. PURE: everything is an argument. Source: slack.md's wire protocol."""

from typing import Any

from . import ids

Json = dict[str, Any]
_TEAM = {"id": ids.TEAM, "domain": ids.TEAM_DOMAIN}
_TOKEN = "legacy-verification-token"  # noqa: S105 - Slack still sends one; nobody should look at it


def event_callback(event: Json, event_id: str, at: float) -> Json:
    """Wrap an event."""
    bot = {"enterprise_id": None, "team_id": ids.TEAM, "user_id": ids.BOT_USER, "is_bot": True,
           "is_enterprise_install": False}  # fmt: skip
    return {
        "token": _TOKEN, "team_id": ids.TEAM, "context_team_id": ids.TEAM, "context_enterprise_id": None,
        "api_app_id": ids.APP, "event": event, "type": "event_callback", "event_id": event_id,
        "event_time": int(at), "authorizations": [bot], "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }  # fmt: skip


def slash_command(
    command: str, text: str, user: Json, channel: Json, response_url: str, trigger_id: str
) -> Json:
    """Say what somebody typed."""
    return {
        "token": _TOKEN, "team_id": ids.TEAM, "team_domain": ids.TEAM_DOMAIN, "channel_id": channel["id"],
        "channel_name": channel.get("name", "directmessage"), "user_id": user["id"], "user_name": user["name"],
        "command": command, "text": text, "api_app_id": ids.APP, "is_enterprise_install": "false",
        "response_url": response_url, "trigger_id": trigger_id,
    }  # fmt: skip


def _interactive(kind: str, user: Json, trigger_id: str) -> Json:
    return {
        "type": kind, "team": _TEAM, "api_app_id": ids.APP, "token": _TOKEN, "trigger_id": trigger_id,
        "enterprise": None, "is_enterprise_install": False,
        "user": {"id": user["id"], "username": user["name"], "name": user["name"], "team_id": ids.TEAM},
    }  # fmt: skip


def _place(channel: Json) -> Json:
    return {"id": channel["id"], "name": channel.get("name", "directmessage")}


def message_actions(
    user: Json, channel: Json, message: Json, ephemeral: bool, actions: list[Json], state: Json,
    response_url: str, trigger_id: str,
) -> Json:  # fmt: skip
    """Say what somebody pressed or chose in a message. Of an ephemeral Slack sends no message."""
    container = {"type": "message", "message_ts": message["ts"], "channel_id": channel["id"],
                 "is_ephemeral": ephemeral}  # fmt: skip
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    said = _interactive("block_actions", user, trigger_id) | {
        "container": container, "channel": _place(channel), "state": {"values": state},
        "response_url": response_url, "actions": actions,
    }  # fmt: skip
    return said if ephemeral else {**said, "message": message}


def view_actions(user: Json, view: Json, actions: list[Json], trigger_id: str) -> Json:
    """Say what somebody pressed or chose in a modal or in the app's home."""
    return _interactive("block_actions", user, trigger_id) | {
        "container": {"type": "view", "view_id": view["id"]}, "view": view, "actions": actions,
    }  # fmt: skip


def view_submission(user: Json, view: Json, trigger_id: str) -> Json:
    """Say that somebody sent a modal's inputs; they stand in its state."""
    return _interactive("view_submission", user, trigger_id) | {"view": view, "response_urls": []}


def view_closed(user: Json, view: Json, is_cleared: bool) -> Json:
    """Say that somebody closed a modal."""
    said = _interactive("view_closed", user, "") | {"view": view, "is_cleared": is_cleared}
    said.pop("trigger_id")
    return said


def shortcut(user: Json, callback_id: str, trigger_id: str, at: float) -> Json:
    """Say that somebody used a global shortcut."""
    return _interactive("shortcut", user, trigger_id) | {"callback_id": callback_id, "action_ts": f"{at:.6f}"}


def message_shortcut(
    user: Json, callback_id: str, channel: Json, message: Json, response_url: str, trigger_id: str, at: float
) -> Json:
    """Say that somebody used a shortcut of a message."""
    return _interactive("message_action", user, trigger_id) | {
        "callback_id": callback_id, "channel": _place(channel), "message": message, "message_ts": message["ts"],
        "response_url": response_url, "action_ts": f"{at:.6f}",
    }  # fmt: skip


def suggestion(user: Json, action: Json, value: str, place: Json) -> Json:
    """Ask the app for the options of a menu."""
    said = _interactive("block_suggestion", user, "") | place
    said.pop("trigger_id")
    return said | {"action_id": action["action_id"], "block_id": action["block_id"], "value": value}
