"""The workspace: people, channels, messages, files, views; in memory, each change written through to its file.

Things are the JSON objects that Slack's API shows, so that what is kept is what is answered. What only we need
(``for_user`` of an ephemeral, ``user`` of a view) is taken off by ``shown``.
"""

from collections.abc import Callable, Collection
from typing import Any, Final

from . import ids
from .clock import Clock
from .manifest import Manifest
from .records import Records
from .refused import Refused
from .seed import channels_of, groups_of, users_of

Json = dict[str, Any]
#: what a page is told: the change, and whom it concerns
Listener = Callable[[Json, Collection[str]], None]

#: what nobody keeps anyway: the oldest go first
EPHEMERALS: Final = 2000
_OURS: Final = ("for_user", "channel_id", "owner", "path")


def shown(thing: Json) -> Json:
    """Give a thing as Slack's API shows it."""
    return {name: value for name, value in thing.items() if name not in _OURS}


class Workspace:
    """State and the changes of it. Used from the server's one thread."""

    def __init__(self, records: Records, manifest: Manifest, clock: Clock) -> None:
        self.manifest = manifest
        self.clock = clock
        self._records = records
        self._listeners: list[Listener] = []
        self.users = {user["id"]: user for user in users_of(manifest)}
        self.groups = {group["id"]: group for group in groups_of()}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, dict[str, Json]] = {}
        self.ephemerals: dict[str, Json] = {}
        self.files: dict[str, Json] = {}
        self.views: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}
        self._load()

    def _load(self) -> None:
        self.channels = {channel["id"]: channel for channel in self._records.all("channel")}
        for channel in channels_of(self.users.values()):
            if channel["id"] not in self.channels:
                self.keep_channel(channel)
        for message in self._records.all("message"):
            self.messages.setdefault(message["channel_id"], {})[message["ts"]] = message
            self.clock.note(message["ts"])
        self.files = {file["id"]: file for file in self._records.all("file")}
        self.homes = {view["owner"]: view for view in self._records.all("home")}
        self.views = {view["id"]: view for view in self.homes.values()}

    # -- changes, told to pages --

    def listen(self, listener: Listener) -> None:
        """Tell this one of each change."""
        self._listeners.append(listener)

    def tell(self, change: Json, audience: Collection[str]) -> None:
        """Tell the pages of these people."""
        for listener in self._listeners:
            listener(change, audience)

    def keep_channel(self, channel: Json) -> None:
        """Add or change a channel."""
        self.channels[channel["id"]] = channel
        self.messages.setdefault(channel["id"], {})
        self._records.keep("channel", channel["id"], channel)
        self.tell({"kind": "channel", "channel": channel}, self.users)

    def keep_message(self, message: Json) -> None:
        """Add or change a message; ``channel_id`` says where."""
        channel = message["channel_id"]
        kept = self.messages[channel]
        if message["ts"] not in kept and message.get("thread_ts", message["ts"]) != message["ts"]:
            self._count_reply(kept[message["thread_ts"]], message)
        kept[message["ts"]] = message
        self._records.keep("message", f"{channel}:{message['ts']}", message)
        change = {"kind": "message", "channel": channel, "message": shown(message)}
        self.tell(change, self.channels[channel]["members"])

    def _count_reply(self, parent: Json, reply: Json) -> None:
        who = reply.get("user") or reply.get("bot_id")
        parent["thread_ts"] = parent["ts"]
        parent["reply_count"] = parent.get("reply_count", 0) + 1
        parent["reply_users"] = sorted({*parent.get("reply_users", ()), who})
        parent["reply_users_count"] = len(parent["reply_users"])
        parent["latest_reply"] = reply["ts"]
        self.keep_message(parent)

    def drop_message(self, channel: str, ts: str) -> None:
        """Delete one; a thread's root becomes a tombstone while it has replies."""
        message = self.messages[channel].pop(ts)
        self._records.drop("message", f"{channel}:{ts}")
        change = {"kind": "message_deleted", "channel": channel, "ts": ts}
        self.tell(change, self.channels[channel]["members"])
        if message.get("reply_count"):
            tomb = {"type": "message", "subtype": "tombstone", "text": "This message was deleted.",
                    "user": ids.SLACKBOT, "hidden": True}  # fmt: skip
            thread = {name: value for name, value in message.items() if name.startswith("reply")}
            self.keep_message({**thread, **tomb, "ts": ts, "thread_ts": ts, "channel_id": channel})
        elif message.get("thread_ts") in self.messages[channel]:
            self._uncount_reply(self.messages[channel][message["thread_ts"]])

    def _uncount_reply(self, parent: Json) -> None:
        left = self.thread(parent["channel_id"], parent["ts"])[1:]
        parent["reply_count"] = len(left)
        parent["reply_users"] = sorted({str(reply.get("user")) for reply in left})
        parent["latest_reply"] = left[-1]["ts"] if left else parent["ts"]
        self.keep_message(parent)

    def keep_ephemeral(self, message: Json) -> None:
        """Show one person something that no history holds."""
        self.ephemerals[message["ts"]] = message
        while len(self.ephemerals) > EPHEMERALS:
            del self.ephemerals[next(iter(self.ephemerals))]
        change = {"kind": "message", "channel": message["channel_id"], "message": shown(message)}
        self.tell(change, (message["for_user"],))

    def drop_ephemeral(self, ts: str) -> None:
        """Take one away again."""
        message = self.ephemerals.pop(ts)
        change = {"kind": "message_deleted", "channel": message["channel_id"], "ts": ts}
        self.tell(change, (message["for_user"],))

    def keep_file(self, file: Json) -> None:
        """Add or change a file's record."""
        self.files[file["id"]] = file
        self._records.keep("file", file["id"], file)

    def keep_home(self, view: Json) -> None:
        """Show a person's App Home."""
        before = self.homes.get(view["owner"])
        if before is not None:
            self.views.pop(before["id"], None)
        self.homes[view["owner"]] = view
        self.views[view["id"]] = view
        self._records.keep("home", view["owner"], view)
        self.tell({"kind": "home", "view": shown(view)}, (view["owner"],))

    # -- looking things up --

    def channel(self, channel_id: str) -> Json:
        """Give a channel.

        Raises:
            Refused: ``channel_not_found``.
        """
        if channel_id not in self.channels:
            raise Refused("channel_not_found")
        return self.channels[channel_id]

    def user(self, user_id: str) -> Json:
        """Give a person.

        Raises:
            Refused: ``user_not_found``.
        """
        if user_id not in self.users:
            raise Refused("user_not_found")
        return self.users[user_id]

    def message(self, channel: str, ts: str) -> Json:
        """Give a message of the history.

        Raises:
            Refused: ``message_not_found``.
        """
        found = self.messages.get(channel, {}).get(ts)
        if found is None:
            raise Refused("message_not_found")
        return found

    def any_message(self, channel: str, ts: str, user: str) -> Json:
        """Give a message that this person sees, ephemerals too.

        Raises:
            Refused: ``message_not_found``.
        """
        private = self.ephemerals.get(ts)
        if private is not None and private["for_user"] == user and private["channel_id"] == channel:
            return private
        return self.message(channel, ts)

    def thread(self, channel: str, ts: str) -> list[Json]:
        """Give a thread, its root first."""
        kept = self.messages.get(channel, {}).values()
        return sorted(
            (m for m in kept if m["ts"] == ts or m.get("thread_ts") == ts), key=lambda message: message["ts"]
        )

    def direct(self, user: str) -> Json:
        """Give the direct messages between this person and the app."""
        self.user(user)
        for channel in self.channels.values():
            if channel.get("is_im") and channel["user"] == user:
                return channel
        raise Refused("channel_not_found")

    def named(self, channel: str) -> Json:
        """Give a channel by id or by ``#name``; a person's id gives the direct messages with them.

        Raises:
            Refused: ``channel_not_found``.
        """
        if channel in self.users and channel not in (ids.BOT_USER, ids.SLACKBOT):
            return self.direct(channel)
        for known in self.channels.values():
            if known.get("name") and known["name"] == channel.removeprefix("#"):
                return known
        return self.channel(channel)


def kind_of(channel: Json) -> str:
    """Give the word in scope names: channels, groups, im."""
    if channel.get("is_im"):
        return "im"
    return "groups" if channel.get("is_private") else "channels"


def type_of(channel: Json) -> str:
    """Give the word in events: channel, group, im."""
    return {"channels": "channel", "groups": "group", "im": "im"}[kind_of(channel)]
