"""What Slack sends, read into one record: who said what, where, and by which delivery. Pure.

The delivery id is the platform's own for this one thing that a person did: a message's channel and time (so that the
``message`` and the ``app_mention`` event of it, a redelivery, and the same line found in the history are one), else the
trigger of a command, a button or a form.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

#: subtypes of messages that a person typed
_TYPED = frozenset({None, "file_share", "thread_broadcast", "me_message"})
_EMPTY: Mapping[str, Any] = MappingProxyType({})


class Kind(StrEnum):
    """Which way something came in."""

    COMMAND = "command"
    MESSAGE = "message"  #: in a channel, with or without a mention
    DIRECT = "direct"  #: a direct message
    ACTION = "action"  #: a button or a menu
    FORM = "form"  #: a modal was sent
    SHORTCUT = "shortcut"
    REACTION = "reaction"
    HOME = "home"


#: what is said in a message, or done to one: what comes of it belongs into its thread
_WITH_A_MESSAGE = (Kind.MESSAGE, Kind.DIRECT, Kind.SHORTCUT)


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One thing a person did."""

    kind: Kind
    delivery_id: str
    workspace_id: str
    user_id: str
    channel_id: str | None = None
    text: str = ""  #: raw, as Slack sent it; of a button its action and value
    name: str = ""  #: the slash command, action id, callback id or reaction
    value: str = ""  #: of a button or menu
    message_ts: str | None = None  #: of the message that was sent, pressed or reacted to
    thread_ts: str | None = None  #: of the thread it stands in; None outside of threads
    is_addressed: bool = True  #: False: said in a channel without a mention
    trigger_id: str | None = None
    response_url: str | None = None
    private: str = ""  #: a form's private_metadata
    fields: Mapping[str, Any] = field(
        default_factory=dict
    )  #: action id -> value, of a form or beside a button
    files: tuple[Mapping[str, Any], ...] = ()
    bot_id: str = ""  #: our own user id, as mentions of us are written
    message: Mapping[str, Any] = field(
        default_factory=dict, repr=False
    )  #: that a shortcut or button is about
    view: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def answer_ts(self) -> str | None:
        """The thread an answer belongs into: the one it was said in, else the one its message begins."""
        return self.thread_ts or (self.message_ts if self.kind in _WITH_A_MESSAGE else None)


def incoming_of(body: Mapping[str, Any], *, bot_id: str = "") -> Incoming | None:
    """Read a payload of Slack; None for what no person did for us, or what says too little to be used."""
    if "command" in body:
        return _command(body)
    kind = body.get("type")
    if kind == "event_callback":
        return _event(body, _mapping(body.get("event")), bot_id)
    reader = {
        "block_actions": _action,
        "view_submission": _form,
        "shortcut": _shortcut,
        "message_action": _shortcut,
    }.get(str(kind))
    return reader(body) if reader is not None else None


def message_of(
    message: Mapping[str, Any], *, workspace_id: str, channel_id: str, is_direct: bool, bot_id: str
) -> Incoming | None:
    """Read one message, from an event or from a channel's history; None when no person typed it."""
    user_id, ts = message.get("user"), message.get("ts")
    if not user_id or not ts or user_id == bot_id or message.get("bot_id"):
        return None
    if message.get("subtype") not in _TYPED:
        return None
    text = str(message.get("text") or "")
    return Incoming(
        kind=Kind.DIRECT if is_direct else Kind.MESSAGE,
        delivery_id=f"message:{channel_id}:{ts}",
        workspace_id=workspace_id,
        user_id=str(user_id),
        channel_id=channel_id,
        text=text,
        message_ts=str(ts),
        thread_ts=_other(message.get("thread_ts"), ts),
        is_addressed=is_direct or (bool(bot_id) and f"<@{bot_id}" in text),
        files=tuple(_mapping(one) for one in message.get("files") or ()),
        bot_id=bot_id,
    )


def _other(thread_ts: Any, ts: Any) -> str | None:
    """Return the thread a message is an answer in; the first message of a thread is none."""
    return str(thread_ts) if thread_ts and thread_ts != ts else None


def _command(body: Mapping[str, Any]) -> Incoming | None:
    user_id = body.get("user_id")
    if not user_id:
        return None
    name, text = str(body["command"]), str(body.get("text") or "")
    return Incoming(
        kind=Kind.COMMAND,
        delivery_id=f"command:{body.get('trigger_id') or body.get('response_url')}",
        workspace_id=str(body.get("team_id") or ""),
        user_id=str(user_id),
        channel_id=_text(body.get("channel_id")),
        text=text,
        name=name,
        trigger_id=_text(body.get("trigger_id")),
        response_url=_text(body.get("response_url")),
    )


def _event(body: Mapping[str, Any], event: Mapping[str, Any], bot_id: str) -> Incoming | None:
    workspace_id, kind = str(body.get("team_id") or ""), event.get("type")
    channel_id = str(event.get("channel") or "")
    if kind in ("message", "app_mention") and channel_id:
        is_direct = event.get("channel_type") == "im" or channel_id.startswith("D")
        return message_of(
            event, workspace_id=workspace_id, channel_id=channel_id, is_direct=is_direct, bot_id=bot_id
        )
    user_id = event.get("user")
    if not user_id or user_id == bot_id:
        return None
    item = _mapping(event.get("item"))
    if kind == "reaction_added" and item.get("type") == "message":
        return Incoming(
            kind=Kind.REACTION,
            delivery_id=f"event:{body.get('event_id') or event.get('event_ts')}",
            workspace_id=workspace_id,
            user_id=str(user_id),
            channel_id=_text(item.get("channel")),
            text=f":{event.get('reaction')}:",
            name=str(event.get("reaction") or "").partition("::")[0],
            message_ts=_text(item.get("ts")),
        )
    if kind == "app_home_opened" and event.get("tab", "home") == "home":
        return Incoming(
            kind=Kind.HOME,
            delivery_id=f"event:{body.get('event_id')}",
            workspace_id=workspace_id,
            user_id=str(user_id),
        )
    return None


def _action(body: Mapping[str, Any]) -> Incoming | None:
    actions, user = body.get("actions") or (), _mapping(body.get("user"))
    if not actions or not user.get("id"):
        return None
    action, container = _mapping(actions[0]), _mapping(body.get("container"))
    message, view = _mapping(body.get("message")), _mapping(body.get("view"))
    value = _value(action)
    name = str(action.get("action_id") or "")
    message_ts = _text(message.get("ts") or container.get("message_ts"))
    return Incoming(
        kind=Kind.ACTION,
        delivery_id=f"action:{body.get('trigger_id') or action.get('action_ts')}",
        workspace_id=_workspace(body, user),
        user_id=str(user["id"]),
        channel_id=_text(_mapping(body.get("channel")).get("id") or container.get("channel_id")),
        text=f"[{name}] {value}".strip(),
        name=name,
        value=value,
        message_ts=message_ts,
        thread_ts=_other(message.get("thread_ts") or container.get("thread_ts"), message_ts),
        trigger_id=_text(body.get("trigger_id")),
        response_url=_text(body.get("response_url")),
        fields=_fields(_mapping(body.get("state"))),
        message=message,
        view=view,
    )


def _form(body: Mapping[str, Any]) -> Incoming | None:
    user, view = _mapping(body.get("user")), _mapping(body.get("view"))
    if not user.get("id") or not view:
        return None
    name, fields = str(view.get("callback_id") or ""), _fields(_mapping(view.get("state")))
    said = " ".join(str(value) for value in fields.values() if value)
    return Incoming(
        kind=Kind.FORM,
        delivery_id=f"form:{view.get('id')}:{view.get('hash') or body.get('trigger_id')}",
        workspace_id=_workspace(body, user),
        user_id=str(user["id"]),
        text=f"[{name}] {said}".strip(),
        name=name,
        trigger_id=_text(body.get("trigger_id")),
        private=str(view.get("private_metadata") or ""),
        fields=fields,
        view=view,
    )


def _shortcut(body: Mapping[str, Any]) -> Incoming | None:
    user, message = _mapping(body.get("user")), _mapping(body.get("message"))
    if not user.get("id"):
        return None
    name, ts = str(body.get("callback_id") or ""), _text(body.get("message_ts") or message.get("ts"))
    return Incoming(
        kind=Kind.SHORTCUT,
        delivery_id=f"shortcut:{body.get('trigger_id')}",
        workspace_id=_workspace(body, user),
        user_id=str(user["id"]),
        channel_id=_text(_mapping(body.get("channel")).get("id")),
        text=f"[{name}] {message.get('text') or ''}".strip(),
        name=name,
        message_ts=ts,
        thread_ts=_other(message.get("thread_ts"), ts),
        trigger_id=_text(body.get("trigger_id")),
        response_url=_text(body.get("response_url")),
        message=message,
    )


def _workspace(body: Mapping[str, Any], user: Mapping[str, Any]) -> str:
    return str(_mapping(body.get("team")).get("id") or user.get("team_id") or "")


def _fields(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was filled in, by action id."""
    return {
        action_id: _value(_mapping(element))
        for block in _mapping(state.get("values")).values()
        for action_id, element in _mapping(block).items()
    }


def _value(element: Mapping[str, Any]) -> str:
    """Return what was chosen or typed, whatever kind of element it was."""
    chosen = _mapping(element.get("selected_option"))
    for value in (element.get("value"), chosen.get("value"), element.get("selected_user")):
        if value is not None:
            return str(value)
    return ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _EMPTY


def _text(value: Any) -> str | None:
    return str(value) if value else None
