"""What a person does in Slack: speaks, types a command, presses, fills in, reacts. Page and tests both act by this.

Each act says what came of it: ``acknowledged`` is whether the app answered in 3 s; the person sees an error if not.
"""

from typing import Any
from uuid import uuid4

from . import ids, payloads
from .block_rules import actions_of
from .composing import composed
from .delivery import Answer
from .modals import all_options, close_top, make_view, merged_values, push, remake_view, tell_stack
from .posting import note_to
from .reacting import add_reaction, remove_reaction
from .refused import Refused
from .responses import respond
from .seed import channel as channel_record
from .sharing import MOST_BYTES, new_file, share, store
from .slack import Slack
from .workspace import Json, shown


class Acting:
    """The people of one workspace."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._workspace = slack.workspace

    def _place(self, user: str, channel: str) -> tuple[Json, Json]:
        person = self._workspace.user(user)
        place = self._workspace.named(channel) if channel != ids.BOT_USER else self._workspace.direct(user)
        if user not in place["members"]:
            raise Refused("channel_not_found" if place["is_private"] else "not_in_channel")
        return person, place

    def _response_url(self, user: str, channel: str, message_ts: str | None, thread_ts: str | None) -> str:
        lease = self._slack.leases.response(user, channel, message_ts, thread_ts)
        return f"{self._slack.url}/response/{lease}"

    # -- words --

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Json:
        """Post what a person writes."""
        _person, place = self._place(user, channel)
        if not text.strip():
            raise Refused("no_text")
        message: Json = {
            "type": "message", "channel_id": place["id"], "ts": self._slack.clock.next_ts(), "user": user,
            "client_msg_id": str(uuid4()), "team": ids.TEAM,
            "text": composed(text, self._workspace.users, self._workspace.channels),
        }  # fmt: skip
        if thread_ts:
            root = self._workspace.message(place["id"], thread_ts)
            message["thread_ts"] = root.get("thread_ts", root["ts"])
        self._workspace.keep_message(message)
        self._slack.delivery.message_event(message)
        return {"channel": place["id"], "ts": message["ts"], "message": shown(message)}

    def edit(self, user: str, channel: str, ts: str, text: str) -> Json:
        """Change what a person wrote themselves."""
        before = self._own(user, channel, ts)
        edited = {"user": user, "ts": f"{int(self._slack.clock.now())}.000000"}
        new = composed(text, self._workspace.users, self._workspace.channels)
        message = before | {"text": new, "edited": edited}
        self._workspace.keep_message(message)
        self._slack.delivery.changed_event("message_changed", message, before)
        return {"message": shown(message)}

    def delete(self, user: str, channel: str, ts: str) -> Json:
        """Delete what a person wrote themselves; an ephemeral is only taken from sight."""
        if ts in self._workspace.ephemerals:
            self._workspace.any_message(channel, ts, user)
            self._workspace.drop_ephemeral(ts)
            return {}
        message = self._own(user, channel, ts)
        self._workspace.drop_message(message["channel_id"], ts)
        self._slack.delivery.changed_event("message_deleted", message, message)
        return {}

    def _own(self, user: str, channel: str, ts: str) -> Json:
        _person, place = self._place(user, channel)
        message = self._workspace.message(place["id"], ts)
        if message.get("user") != user:
            raise Refused("cant_update_message")
        return message

    def upload(
        self,
        user: str,
        channel: str,
        filename: str,
        content: bytes,
        text: str = "",
        thread_ts: str | None = None,
    ) -> Json:
        """Share a file."""
        _person, place = self._place(user, channel)
        if not content or len(content) > MOST_BYTES:
            raise Refused("file_upload_size_restricted")
        file = new_file(self._slack, filename, len(content), user=user)
        store(self._slack, file, content)
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        said = composed(text, self._workspace.users, self._workspace.channels)
        message = share(self._slack, place, [file], comment=said, thread=thread, user=user)
        return {"channel": place["id"], "ts": message["ts"], "message": shown(message), "file": shown(file)}

    def react(self, user: str, channel: str, ts: str, name: str) -> Json:
        """Add a reaction."""
        _person, place = self._place(user, channel)
        add_reaction(self._slack, self._workspace.message(place["id"], ts), name, user)
        return {}

    def unreact(self, user: str, channel: str, ts: str, name: str) -> Json:
        """Take a reaction away."""
        _person, place = self._place(user, channel)
        remove_reaction(self._slack, self._workspace.message(place["id"], ts), name, user)
        return {}

    # -- commands and shortcuts --

    async def command(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Json:
        """Type a slash command. In a thread Slack takes none."""
        person, place = self._place(user, channel)
        name, _, rest = text.strip().partition(" ")
        known = self._slack.manifest.command(name)
        if known is None:
            self._note(user, place, f"`{name}` is not a valid command.")
            return {"acknowledged": False, "error": "invalid_command"}
        if thread_ts:
            self._note(user, place, f"`{name}` is not supported in threads. Sorry!", thread_ts)
            return {"acknowledged": False, "error": "not_supported_in_threads"}
        if known.get("should_escape"):
            rest = composed(rest, self._workspace.users, self._workspace.channels, names=True)
        response = self._slack.leases.response(user, place["id"])
        trigger = self._slack.leases.trigger(user)
        address = f"{self._slack.url}/response/{response}"
        said = payloads.slash_command(name, rest.strip(), person, place, address, trigger)
        answer = await self._slack.delivery.ask("slash_commands", said)
        if not answer.acknowledged:
            self._note(user, place, f"`{name}` failed with the error “{answer.error}”")
        elif answer.payload:
            self._in_answer(response, answer.payload)
        return {"acknowledged": answer.acknowledged, "error": answer.error, "trigger_id": trigger,
                "response_url": address, "took_ms": answer.took_ms}  # fmt: skip

    def _in_answer(self, response: str, payload: Json) -> None:
        lease = self._slack.leases.spend(response)
        lease.left += 1  # the acknowledgement itself is none of the five uses
        try:
            respond(self._slack, lease, payload)
        except Refused as refused:
            note_to(
                self._workspace, lease.user, lease.channel, f"The app's answer was refused: {refused.error}"
            )

    async def shortcut(
        self, user: str, callback_id: str, channel: str | None = None, ts: str | None = None
    ) -> Json:
        """Use a shortcut: a global one, or one of a message."""
        person = self._workspace.user(user)
        known = self._slack.manifest.shortcut(callback_id)
        if known is None or (known["type"] == "message") != (channel is not None and ts is not None):
            raise Refused("invalid_callback_id")
        trigger = self._slack.leases.trigger(user)
        at = self._slack.clock.now()
        if channel is None or ts is None:
            answer = await self._slack.delivery.ask(
                "interactive", payloads.shortcut(person, callback_id, trigger, at)
            )
            return self._told(answer, user, None, trigger)
        _person, place = self._place(user, channel)
        message = self._workspace.message(place["id"], ts)
        address = self._response_url(user, place["id"], None, message.get("thread_ts"))
        said = payloads.message_shortcut(person, callback_id, place, shown(message), address, trigger, at)
        return self._told(await self._slack.delivery.ask("interactive", said), user, place, trigger)

    # -- buttons, menus, modals --

    async def press(
        self, user: str, action_id: str, *, channel: str | None = None, ts: str | None = None,
        view_id: str | None = None, block_id: str | None = None, value: Any = None, state: Json | None = None,
    ) -> Json:  # fmt: skip
        """Press a button or choose in a menu, of a message or a view; ``value`` is what is chosen."""
        person = self._workspace.user(user)
        if view_id is not None:
            view = self._view(user, view_id)
            view["state"] = {"values": merged_values(view, state or {})}
            action = self._action(view["blocks"], action_id, block_id, value)
            trigger = self._slack.leases.trigger(user, view_id)
            said = payloads.view_actions(person, shown(view), [action], trigger)
            return self._told(await self._slack.delivery.ask("interactive", said), user, None, trigger)
        _person, place = self._place(user, str(channel))
        message = self._workspace.any_message(place["id"], str(ts), user)
        action = self._action(message.get("blocks") or [], action_id, block_id, value)
        trigger = self._slack.leases.trigger(user)
        ephemeral = message["ts"] in self._workspace.ephemerals
        address = self._response_url(user, place["id"], message["ts"], message.get("thread_ts"))
        said = payloads.message_actions(
            person, place, shown(message), ephemeral, [action], state or {}, address, trigger
        )
        return self._told(await self._slack.delivery.ask("interactive", said), user, place, trigger)

    def _action(self, blocks: list[Json], action_id: str, block_id: str | None, value: Any) -> Json:
        for block in blocks:
            for element in actions_of(block):
                if element.get("action_id") == action_id and block_id in (None, block["block_id"]):
                    found = _action(element, block["block_id"], value)
                    if found is not None:
                        return found | {"action_ts": f"{self._slack.clock.now():.6f}"}
        raise Refused("action_not_found")

    async def suggest(self, user: str, view_id: str, action_id: str, value: str) -> Json:
        """Ask for the options of an external menu in a view."""
        person, view = self._workspace.user(user), self._view(user, view_id)
        for block in view["blocks"]:
            for element in actions_of(block):
                if element.get("action_id") == action_id:
                    place = {"container": {"type": "view", "view_id": view_id}, "view": shown(view)}
                    asked = element | {"block_id": block["block_id"]}
                    said = payloads.suggestion(person, asked, value, place)
                    answer = await self._slack.delivery.ask("interactive", said)
                    return {
                        "acknowledged": answer.acknowledged,
                        "options": (answer.payload or {}).get("options", []),
                    }
        raise Refused("action_not_found")

    async def submit(self, user: str, view_id: str, state: Json) -> Json:
        """Send a modal's inputs: ``{block: {action: {value or selected_option ...}}}``, or the plain values."""
        person, view = self._workspace.user(user), self._view(user, view_id)
        view["state"] = {"values": merged_values(view, state)}
        missing = _missing(view)
        if missing:
            return {
                "acknowledged": True,
                "errors": dict.fromkeys(missing, "Please complete this required field."),
            }
        trigger = self._slack.leases.trigger(user, view_id)
        answer = await self._slack.delivery.ask(
            "interactive", payloads.view_submission(person, shown(view), trigger)
        )
        if not answer.acknowledged:
            return {"acknowledged": False, "error": answer.error}
        return {"acknowledged": True, **self._answered(user, view, answer.payload or {})}

    def _answered(self, user: str, view: Json, payload: Json) -> Json:
        kind = payload.get("response_action")
        if kind == "errors":
            errors = payload.get("errors") or {}
            return {"errors": {block: str(text) for block, text in errors.items()}}
        try:
            if kind == "update":
                remake_view(self._slack, view, payload["view"])
            elif kind == "push":
                push(self._slack, user, make_view(self._slack, user, payload["view"]), fresh=False)
            elif kind == "clear":
                close_top(self._slack, user, all_of_them=True)
            elif view["id"] in self._slack.stacks.get(user, []):
                self._slack.stacks[user].remove(view["id"])
                self._workspace.views.pop(view["id"])
                tell_stack(self._slack, user)
        except Refused as refused:
            return {"error": refused.error, **refused.extra}
        return {}

    async def close(self, user: str, *, all_of_them: bool = False) -> Json:
        """Close the highest modal, or all; those that asked for it are told to the app."""
        person = self._workspace.user(user)
        stack = self._slack.stacks.get(user, [])
        top = self._workspace.views[stack[-1]] if stack else None
        clear = all_of_them or bool(top and top["clear_on_close"])
        for view in close_top(self._slack, user, all_of_them=clear):
            if view["notify_on_close"]:
                said = payloads.view_closed(person, shown(view), clear)
                await self._slack.delivery.ask("interactive", said)
        return {}

    def _view(self, user: str, view_id: str) -> Json:
        view = self._workspace.views.get(view_id)
        if view is None or view["owner"] != user:
            raise Refused("not_found")
        return view

    # -- places --

    def open_home(self, user: str, tab: str = "home") -> Json:
        """Open the app's page."""
        self._workspace.user(user)
        self._slack.delivery.home_event(user, tab)
        home = self._workspace.homes.get(user)
        return {"view": shown(home) if home else None}

    def create_channel(self, user: str, name: str, *, private: bool = False) -> Json:
        """Make a channel; the app is not in it until it is invited."""
        self._workspace.user(user)
        if any(channel.get("name") == name for channel in self._workspace.channels.values()):
            raise Refused("name_taken")
        channel = channel_record(ids.new_id("C"), name, [user], private=private)
        self._workspace.keep_channel(channel)
        return {"channel": channel}

    def invite(self, user: str, channel: str, whom: str) -> Json:
        """Bring somebody, or the app, into a channel."""
        _person, place = self._place(user, channel)
        self._workspace.user(whom)
        if whom in place["members"]:
            raise Refused("already_in_channel")
        place["members"].append(whom)
        self._workspace.keep_channel(place)
        self._slack.delivery.joined_event(whom, place, user)
        return {"channel": place}

    def leave(self, channel: str, whom: str) -> Json:
        """Take somebody, or the app, out of a channel."""
        place = self._workspace.named(channel)
        if whom not in place["members"]:
            raise Refused("not_in_channel")
        place["members"].remove(whom)
        self._workspace.keep_channel(place)
        return {"channel": place}

    def _note(self, user: str, place: Json, text: str, thread_ts: str | None = None) -> None:
        note_to(self._workspace, user, place["id"], text, thread_ts)

    def _told(self, answer: Answer, user: str, place: Json | None, trigger: str) -> Json:
        if not answer.acknowledged and place is not None:
            self._note(user, place, f"This app responded with the error “{answer.error}”")
        return {"acknowledged": answer.acknowledged, "error": answer.error, "trigger_id": trigger}


def _action(element: Json, block_id: str, value: Any) -> Json | None:
    base: Json = {
        name: element[name] for name in ("type", "action_id", "text", "style", "url") if name in element
    }
    base["block_id"] = block_id
    kind = element["type"]
    if kind in ("button", "icon_button"):
        if value is not None and value != element.get("value"):
            return None
        return base | ({"value": element["value"]} if "value" in element else {})
    if kind in ("static_select", "overflow", "radio_buttons"):
        chosen = next((each for each in all_options(element) if each["value"] == value), None)
        return None if chosen is None else base | {"selected_option": chosen}
    if kind in ("checkboxes", "multi_static_select"):
        wanted = value if isinstance(value, list) else [value]
        return base | {"selected_options": [o for o in all_options(element) if o["value"] in wanted]}
    field = {"users_select": "selected_user", "channels_select": "selected_channel", "datepicker": "selected_date",
             "conversations_select": "selected_conversation", "timepicker": "selected_time"}  # fmt: skip
    return base | {field.get(kind, "value"): value}


def _missing(view: Json) -> list[str]:
    found = []
    for block in view["blocks"]:
        if block["type"] == "input" and not block.get("optional"):
            entries = view["state"]["values"].get(block["block_id"], {}).values()
            said = [value for entry in entries for name, value in entry.items() if name != "type"]
            if not any(value not in (None, "", []) for value in said):
                found.append(block["block_id"])
    return found
