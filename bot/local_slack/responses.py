"""What an app says through a response URL or in an acknowledgement: to one person or to all, new or in a place."""

from typing import Any

from . import ids
from .leases import Response
from .posting import app_message, content_of
from .refused import Refused
from .slack import Slack
from .workspace import Json


def respond(slack: Slack, response: Response, said: Any) -> None:
    """Do what the app says; ``response_type`` is ephemeral unless it says otherwise.

    Raises:
        Refused: what ``content_of`` refuses; ``invalid_payload``; ``message_not_found``.
    """
    if not isinstance(said, dict):
        raise Refused("invalid_payload")
    if said.get("delete_original"):
        _original(slack, response)
        _delete(slack, response)
    elif said.get("replace_original") and response.message_ts is not None:
        _replace(slack, response, said)
    else:
        _new(slack, response, said)


def _original(slack: Slack, response: Response) -> Json:
    if response.message_ts is None:
        raise Refused("message_not_found")
    return slack.workspace.any_message(response.channel, response.message_ts, response.user)


def _delete(slack: Slack, response: Response) -> None:
    message = _original(slack, response)
    if message["ts"] in slack.workspace.ephemerals:
        slack.workspace.drop_ephemeral(message["ts"])
        return
    slack.workspace.drop_message(response.channel, message["ts"])
    slack.delivery.changed_event("message_deleted", message, message)


def _replace(slack: Slack, response: Response, said: Json) -> None:
    before = _original(slack, response)
    content = content_of(said)
    message = {n: v for n, v in before.items() if n not in ("text", "blocks", "attachments")} | content
    if message["ts"] in slack.workspace.ephemerals:
        slack.workspace.keep_ephemeral(message)
        return
    message |= {"edited": {"user": ids.BOT_USER, "ts": f"{int(slack.clock.now())}.000000"}}
    slack.workspace.keep_message(message)
    slack.delivery.changed_event("message_changed", message, before)


def _new(slack: Slack, response: Response, said: Json) -> None:
    message = app_message(slack.workspace, response.channel, content_of(said))
    thread = said.get("thread_ts") or response.thread_ts
    if thread in slack.workspace.messages.get(response.channel, {}):
        message["thread_ts"] = thread
    if said.get("response_type") == "in_channel":
        slack.workspace.keep_message(message)
        slack.delivery.message_event(message)
    else:
        slack.workspace.keep_ephemeral(message | {"for_user": response.user, "is_ephemeral": True})
    if response.message_ts is None and not said.get("keep_place"):
        response.message_ts = message["ts"]  # the first answer to a command is what replace_original replaces
