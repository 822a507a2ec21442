"""The local Slack for tests: a real server on loopback, and people who act in it.

``local_slack`` is started anew for each test, in a thread, on a free port, with ``bot/manifest.yaml`` and rate limits
off (``local_slack.switch(rate_limits=True)`` turns Slack's tiers on). ``start_local_slack(...)`` starts one with
another manifest, state folder or limits, as often as asked; ``.stop()`` and the same ``state`` again is a restart.
Connect the real client so::

    app = AsyncApp(client=AsyncWebClient(token=local_slack.bot_token, base_url=local_slack.api_url))
    AsyncSocketModeHandler(app, local_slack.app_token,
                           web_client=AsyncWebClient(token=local_slack.app_token, base_url=local_slack.api_url))

All acts are plain blocking calls; from a coroutine use ``asyncio.to_thread``. A channel is an id, ``#general``,
``#company``, or a person's id for their direct messages with the app. People: ``ADA`` (CEO), ``BEN`` (operator),
``CLEO`` (viewer). Each act answers Slack's JSON and raises ``ActRefused`` on ``ok: false``::

    said = local_slack.say(ADA, "#company", "hello @agents", thread=None)  # {"channel", "ts", "message"}
    done = local_slack.command(ADA, "#company", "/agents help")      # {"acknowledged", "error", "trigger_id", ...}
    card = local_slack.wait_for_message("#company", lambda m: "done" in m["text"], thread=None, user=None)
    local_slack.press(ADA, card, "approve", value=None, block_id=None, state=None)   # buttons, selects, overflow
    view = local_slack.wait_for_view(ADA)
    local_slack.submit(ADA, view, {"block": {"action": "text or option value"}})
    local_slack.close_view(ADA); local_slack.press_in_view(ADA, view, "action")
    local_slack.suggest(ADA, view, "action", "q")
    local_slack.react(ADA, card, "x"); local_slack.unreact(ADA, card, "x")
    local_slack.edit(ADA, said, "new text"); local_slack.delete(ADA, said)
    local_slack.upload(ADA, "#company", "notes.md", b"...", text="", thread=None)
    local_slack.shortcut(ADA, "start_work"); local_slack.shortcut(ADA, "prioritise_message", card)
    local_slack.load(ADA, "#company", "/work {n}", per_second=50, seconds=60)  # {"acknowledged", "p50_ms", "p99_ms"}
    local_slack.open_home(ADA); local_slack.create_channel(ADA, "shop"); local_slack.invite(ADA, "#shop", BOT_USER)

``acknowledged`` is False with ``error`` ``operation_timeout`` (3 s) or ``dispatch_failed`` (no app is connected).
Looking: ``messages(channel, thread=None)``, ``thread(message)``, ``ephemerals(user)``, ``message(m)`` (as it stands
now), ``views(user)``, ``home(user)``, ``sockets`` (live connections), ``calls`` (of each method),
``wait_until_connected()``, ``wait_until_quiet()`` (no event is under way). ``api(method, **arguments)`` is a raw call
with the bot's token.

Switches: ``switch(disconnect="refresh_requested" | "warning" | "link_disabled" | "too_many_websockets" | "close" |
"abort" | "silence")``, ``switch(speak=True)``, ``fail(method, kind, times=1, seconds=1.0, error="internal_error")``
with kind ``ratelimited``, ``http_500``, ``http_500_after``, ``reset_before``, ``reset_after``, ``slow`` or ``error``
(method ``*`` is each, ``response_url`` the response URLs), ``switch(clear_faults=True)``,
``switch(retry_scale=0.001)`` (waits between retries of events), ``switch(ack_s=0.2)``, ``switch(advance_s=1801)``
(let time pass), ``switch(request_url="http://127.0.0.1:1234/slack/events")`` (HTTP mode, signed with
``local_slack.signing_secret``).
"""

import base64
import contextlib
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import pytest

from bot.local_slack.credentials import Credentials
from bot.local_slack.server import LocalSlack, running_in_thread
from tests.conftest import Eventually

Json = dict[str, Any]
ADA: Final = "U0ADA"
BEN: Final = "U0BEN"
CLEO: Final = "U0CLEO"
BOT_USER: Final = "U0LOCALBOT"
GENERAL: Final = "C0GENERAL"
COMPANY: Final = "C0COMPANY"
MANIFEST: Final = Path(__file__).parents[2] / "bot" / "manifest.yaml"


class ActRefused(Exception):
    """The local Slack answered ``ok: false``; ``answer`` is all it said."""

    def __init__(self, answer: Json) -> None:
        super().__init__(answer)
        self.answer = answer
        self.error = str(answer["error"])


class SlackStandIn:
    """A running local Slack and what people do in it. The module's docstring shows all of it."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        eventually: Eventually,
        page_url: str,
        stop: Callable[[], None],
    ) -> None:
        self.url = url
        self.stop = stop
        self.api_url = f"{url}/api/"
        self.page_url = page_url
        self.bot_token = credentials.bot_token
        self.app_token = credentials.app_token
        self.signing_secret = credentials.signing_secret
        self._key = credentials.page_key
        self._eventually = eventually
        # an opener of its own: no proxy of the environment comes between
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    # -- acts --

    def say(self, user: str, channel: str, text: str, thread: str | None = None) -> Json:
        return self._act("say", user=user, channel=channel, text=text, thread_ts=thread)

    def command(self, user: str, channel: str, text: str, thread: str | None = None) -> Json:
        return self._act("command", user=user, channel=channel, text=text, thread_ts=thread)

    def load(self, user: str, channel: str, text: str, *, per_second: float, seconds: float) -> Json:
        """Type commands at a steady rate, ``{n}`` being the number of each; how long acknowledgements took."""
        said = {"user": user, "channel": channel, "text": text, "per_second": per_second, "seconds": seconds}
        return self._call("/_control/load", said, within_s=seconds + 60)

    def press(
        self, user: str, message: Json, action_id: str, *, value: Any = None, block_id: str | None = None,
        state: Json | None = None,
    ) -> Json:  # fmt: skip
        place = {"channel": message["channel"], "ts": _ts(message)}
        return self._act(
            "press", user=user, action_id=action_id, value=value, block_id=block_id, state=state, **place
        )

    def press_in_view(
        self, user: str, view: Json, action_id: str, *, value: Any = None, state: Json | None = None
    ) -> Json:
        return self._act(
            "press", user=user, action_id=action_id, value=value, view_id=view["id"], state=state
        )

    def submit(self, user: str, view: Json, state: Json) -> Json:
        return self._act("submit", user=user, view_id=view["id"], state=state)

    def suggest(self, user: str, view: Json, action_id: str, value: str) -> Json:
        return self._act("suggest", user=user, view_id=view["id"], action_id=action_id, value=value)

    def close_view(self, user: str, *, all_of_them: bool = False) -> Json:
        return self._act("close", user=user, all_of_them=all_of_them)

    def react(self, user: str, message: Json, name: str) -> Json:
        return self._act("react", user=user, channel=message["channel"], ts=_ts(message), name=name)

    def unreact(self, user: str, message: Json, name: str) -> Json:
        return self._act("unreact", user=user, channel=message["channel"], ts=_ts(message), name=name)

    def edit(self, user: str, message: Json, text: str) -> Json:
        return self._act("edit", user=user, channel=message["channel"], ts=_ts(message), text=text)

    def delete(self, user: str, message: Json) -> Json:
        return self._act("delete", user=user, channel=message["channel"], ts=_ts(message))

    def upload(
        self,
        user: str,
        channel: str,
        filename: str,
        content: bytes,
        *,
        text: str = "",
        thread: str | None = None,
    ) -> Json:
        packed = base64.b64encode(content).decode()
        return self._act(
            "upload",
            user=user,
            channel=channel,
            filename=filename,
            content=packed,
            text=text,
            thread_ts=thread,
        )

    def shortcut(self, user: str, callback_id: str, message: Json | None = None) -> Json:
        place = {} if message is None else {"channel": message["channel"], "ts": _ts(message)}
        return self._act("shortcut", user=user, callback_id=callback_id, **place)

    def open_home(self, user: str) -> Json:
        return self._act("open_home", user=user)

    def create_channel(self, user: str, name: str, *, private: bool = False) -> Json:
        return self._act("create_channel", user=user, name=name, private=private)

    def invite(self, user: str, channel: str, whom: str) -> Json:
        return self._act("invite", user=user, channel=channel, whom=whom)

    def leave(self, channel: str, whom: str) -> Json:
        return self._act("leave", channel=channel, whom=whom)

    # -- looking --

    def state(self) -> Json:
        return self._call("/_control/state", None)

    def messages(self, channel: str, thread: str | None = None) -> list[Json]:
        """Give what stands in a channel, oldest first: roots and replies, or one thread."""
        place = self.channel_id(channel)
        found = [message for message in self.state()["messages"] if message["channel"] == place]
        return [m for m in found if thread in (None, m["ts"], m.get("thread_ts"))]

    def thread(self, message: Json) -> list[Json]:
        """Give the replies below a message."""
        return self.messages(message["channel"], _ts(message))[1:]

    def ephemerals(self, user: str) -> list[Json]:
        found: list[Json] = self.state()["ephemerals"]
        return [message for message in found if message["for_user"] == user]

    def message(self, message: Json) -> Json:
        """Give a message as it stands now."""
        channel, ts = message["channel"], _ts(message)
        query = urlencode({"channel": channel, "ts": ts, "user": message.get("for_user", "")})
        now: Json = self._call(f"/_control/message?{query}", None)["message"]
        return now | {name: message[name] for name in ("channel", "for_user") if name in message}

    def views(self, user: str) -> list[Json]:
        """Give a person's open modals, the highest last."""
        found: list[Json] = self.state()["views"].get(user, [])
        return found

    def home(self, user: str) -> Json | None:
        found: Json | None = self.state()["homes"].get(user)
        return found

    @property
    def sockets(self) -> int:
        return int(self.state()["sockets"])

    @property
    def calls(self) -> dict[str, int]:
        found: dict[str, int] = self.state()["calls"]
        return found

    def channel_id(self, channel: str) -> str:
        if channel in (ADA, BEN, CLEO):
            return f"D0{channel.removeprefix('U0')}"
        if not channel.startswith("#"):
            return channel
        listed = self.api("conversations.list", types="public_channel,private_channel", limit=1000)[
            "channels"
        ]
        return str(next(each["id"] for each in listed if each["name"] == channel[1:]))

    def wait_for_message(
        self, channel: str, check: Callable[[Json], object] | str = "", *, thread: str | None = None,
        user: str | None = None, within_s: float = 20.0,
    ) -> Json:  # fmt: skip
        """Wait until a message is such (or has these words in it); ``user``: their ephemerals too."""
        seen: list[Json] = []
        place = self.channel_id(channel)

        def such(message: Json) -> object:
            return (
                check in json.dumps(message, ensure_ascii=False) if isinstance(check, str) else check(message)
            )

        def look() -> bool:
            state = self.state()
            private = [m for m in state["ephemerals"] if user is not None and m["for_user"] == user]
            here = [m for m in [*state["messages"], *private] if m["channel"] == place]
            seen[:] = [m for m in here if thread in (None, m["ts"], m.get("thread_ts")) and such(m)]
            return bool(seen)

        self._eventually(look, within_s)
        return seen[-1]

    def wait_for_view(
        self, user: str, check: Callable[[Json], object] = bool, within_s: float = 20.0
    ) -> Json:
        """Wait until the highest modal of a person is such."""
        seen: list[Json] = []

        def look() -> bool:
            seen[:] = self.views(user)[-1:]
            return bool(seen and check(seen[0]))

        self._eventually(look, within_s)
        return seen[0]

    def wait_until_connected(self, sockets: int = 1, within_s: float = 20.0) -> None:
        self._eventually(lambda: self.sockets >= sockets, within_s)

    def wait_until_quiet(self, within_s: float = 20.0) -> None:
        self._eventually(lambda: not self.state()["events_pending"], within_s)

    def wait_until(self, check: Callable[[Json], object], within_s: float = 30.0) -> None:
        """Wait until the server's state (``state()``) is such."""
        self._eventually(lambda: check(self.state()), within_s)

    # -- switches and raw calls --

    def switch(self, **switches: Any) -> Json:
        return self._call("/_control/switch", switches)

    def fail(
        self, method: str, kind: str, *, times: int = 1, seconds: float = 1.0, error: str = "internal_error"
    ) -> None:
        fault = {"method": method, "kind": kind, "times": times, "seconds": seconds, "error": error}
        self.switch(fault=fault)

    def api(self, method: str, *, token: str | None = None, **arguments: Any) -> Json:
        """Call the Web API as the bot would, with a JSON body; give the answer, refusals too."""
        headers = {"Authorization": f"Bearer {self.bot_token if token is None else token}"}
        return self._request(f"/api/{method}", arguments, headers)

    def get(self, path: str) -> Json:
        """Get a path without any key or token."""
        return self._request(path, None, {})

    def _act(self, act: str, **said: Any) -> Json:
        return self._call(f"/_control/act/{act}", {n: v for n, v in said.items() if v is not None})

    def _call(self, path: str, body: Json | None, within_s: float = 60) -> Json:
        answer = self._request(path, body, {"X-Local-Slack-Key": self._key}, within_s)
        if not answer["ok"]:
            raise ActRefused(answer)
        return answer

    def _request(self, path: str, body: Json | None, headers: dict[str, str], within_s: float = 60) -> Json:
        data = None if body is None else json.dumps(body).encode()
        kind = {} if data is None else {"Content-Type": "application/json; charset=utf-8"}
        request = urllib.request.Request(self.url + path, data=data, headers={**headers, **kind})
        try:
            with self._open(request, timeout=within_s) as answer:
                said: Json = json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                said = json.load(refused) | {"status": refused.code}
        return said


def _ts(message: Json) -> str:
    return str(message.get("ts") or message["message"]["ts"])


class StartLocalSlack(Protocol):
    """Start one more; ``state`` again is a restart, after ``stop`` of the one before."""

    def __call__(
        self, *, state: Path | None = None, manifest: Path = MANIFEST, rate_limits: bool = False
    ) -> SlackStandIn: ...


@pytest.fixture
def start_local_slack(tmp_path: Path, eventually: Eventually) -> Iterator[StartLocalSlack]:
    with contextlib.ExitStack() as running:
        count = iter(range(100))

        def start(
            *, state: Path | None = None, manifest: Path = MANIFEST, rate_limits: bool = False
        ) -> SlackStandIn:
            folder = state or tmp_path / f"local-slack-{next(count)}"
            local = LocalSlack(state=folder, manifest=manifest, rate_limits=rate_limits, environment={})
            one = running.enter_context(contextlib.ExitStack())
            url = one.enter_context(running_in_thread(local))
            return SlackStandIn(url, local.slack.credentials, eventually, local.page_url, one.close)

        yield start


@pytest.fixture
def local_slack(start_local_slack: StartLocalSlack) -> SlackStandIn:
    return start_local_slack()
