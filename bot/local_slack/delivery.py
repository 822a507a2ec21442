"""From the workspace to the app: payloads over Socket Mode or signed HTTP, events again when nobody answered."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from . import ids, payloads
from .clock import Clock
from .signed import SignedRequests
from .sockets import Sockets
from .workspace import Json, Workspace, kind_of, shown, type_of

ACK_S: Final = 3.0
#: when an event that nobody acknowledged comes again [memory: Slack's docs]
RETRIES_S: Final = (0.0, 60.0, 300.0)
#: interactions whose acknowledgement may say something
_ANSWERED: Final = ("view_submission", "block_suggestion")
_MESSAGE_EVENT: Final = {
    "channels": "message.channels",
    "groups": "message.groups",
    "im": "message.im",
}


@dataclass(frozen=True)
class Answer:
    """What came back: acknowledged or not, with which payload, and, if not, Slack's word for why."""

    acknowledged: bool
    payload: Json | None = None
    error: str = ""
    took_ms: float = 0.0


class Delivery:
    """The one way to the app."""

    def __init__(self, workspace: Workspace, sockets: Sockets, signed: SignedRequests, clock: Clock) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._signed = signed
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self.ack_s = ACK_S
        #: what the waits between retries are multiplied with; tests take 0.001
        self.retry_scale = 1.0
        #: events under way or waiting to come again
        self.pending = 0

    async def ask(self, kind: str, payload: Json) -> Answer:
        """Deliver a command or an interaction, once, and wait for the acknowledgement."""
        if self._signed.url is None and not self._sockets.live:
            return Answer(False, error="dispatch_failed")
        answering = kind == "slash_commands" or payload["type"] in _ANSWERED
        began = time.perf_counter()
        said = await self._send(kind, payload, {"accepts_response_payload": answering})
        took_ms = (time.perf_counter() - began) * 1000
        if said is None:
            return Answer(False, error="operation_timeout", took_ms=took_ms)
        payload_back = said.get("payload")
        taken = payload_back if answering and isinstance(payload_back, dict) else None
        return Answer(True, taken, took_ms=took_ms)

    def event(self, event: Json) -> None:
        """Deliver an event in the background, again and again until it is acknowledged or given up."""
        at = self._clock.now()
        callback = payloads.event_callback(event, ids.new_id("Ev"), at)
        self.pending += 1
        task = asyncio.create_task(self._deliver_event(callback))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.pending -= 1

    async def _deliver_event(self, callback: Json) -> None:
        more: Json = {"accepts_response_payload": False}
        for attempt in range(len(RETRIES_S) + 1):
            if attempt:
                await asyncio.sleep(RETRIES_S[attempt - 1] * self.retry_scale)
                more |= {"retry_attempt": attempt, "retry_reason": "timeout"}
            if await self._send("events_api", callback, more) is not None:
                return

    async def _send(self, kind: str, payload: Json, more: Json) -> Json | None:
        envelope = {"envelope_id": str(uuid4()), "type": kind, "payload": payload, **more}
        if self._signed.url is not None:
            return await self._signed.deliver(envelope, self.ack_s)
        return await self._sockets.deliver(envelope, self.ack_s)

    # -- events, where the manifest asks for them and the app may see them --

    def _heard(self, channel: Json) -> bool:
        return ids.BOT_USER in channel["members"]

    def message_event(self, message: Json, **more: Any) -> None:
        """Tell of a message, and of a mention of the app in it."""
        channel = self._workspace.channels[message["channel_id"]]
        if not self._heard(channel):
            return
        base = shown(message) | {"channel": channel["id"], "event_ts": message["ts"]} | more
        base.pop("metadata", None)
        if _MESSAGE_EVENT[kind_of(channel)] in self._workspace.manifest.events:
            self.event(base | {"type": "message", "channel_type": type_of(channel)})
        mentioned = f"<@{ids.BOT_USER}>" in message["text"] and message.get("user") != ids.BOT_USER
        if mentioned and not channel.get("is_im") and "app_mention" in self._workspace.manifest.events:
            self.event(base | {"type": "app_mention"})

    def changed_event(self, subtype: str, message: Json, previous: Json) -> None:
        """Tell of an edited (``message_changed``) or deleted (``message_deleted``) message."""
        channel = self._workspace.channels[previous["channel_id"]]
        if (
            not self._heard(channel)
            or _MESSAGE_EVENT[kind_of(channel)] not in self._workspace.manifest.events
        ):
            return
        at = self._clock.next_ts()
        event = {
            "type": "message", "subtype": subtype, "hidden": True, "channel": channel["id"], "ts": at,
            "event_ts": at, "channel_type": type_of(channel), "previous_message": shown(previous),
        }  # fmt: skip
        if subtype == "message_changed":
            self.event(event | {"message": shown(message)})
        else:
            self.event(event | {"deleted_ts": previous["ts"]})

    def reaction_event(self, kind: str, user: str, name: str, message: Json) -> None:
        """Tell of a reaction that came or went."""
        channel = self._workspace.channels[message["channel_id"]]
        if not self._heard(channel) or kind not in self._workspace.manifest.events:
            return
        item = {"type": "message", "channel": channel["id"], "ts": message["ts"]}
        event = {"type": kind, "user": user, "reaction": name, "item": item,
                 "item_user": message.get("user"), "event_ts": self._clock.next_ts()}  # fmt: skip
        self.event(event)

    def joined_event(self, user: str, channel: Json, inviter: str | None) -> None:
        """Tell that somebody, or the app itself, came into a channel."""
        if "member_joined_channel" not in self._workspace.manifest.events or not self._heard(channel):
            return
        event = {"type": "member_joined_channel", "user": user, "channel": channel["id"],
                 "channel_type": "G" if channel["is_private"] else "C", "team": ids.TEAM,
                 "event_ts": self._clock.next_ts()}  # fmt: skip
        self.event(event | ({"inviter": inviter} if inviter else {}))

    def home_event(self, user: str, tab: str) -> None:
        """Tell that somebody opened the app."""
        if "app_home_opened" not in self._workspace.manifest.events:
            return
        event: Json = {"type": "app_home_opened", "user": user, "channel": self._workspace.direct(user)["id"],
                       "tab": tab, "event_ts": self._clock.next_ts()}  # fmt: skip
        home = self._workspace.homes.get(user)
        self.event(event | ({"view": shown(home)} if home and tab == "home" else {}))

    async def close(self) -> None:
        """Give up what waits."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
