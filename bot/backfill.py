"""What was said while the socket was down: read from the channels' histories when it is up again, and recorded once.

A mark a channel says how far it was read. After each connect, every channel the bot is in is read from its mark on
(direct messages too), and so are the threads of jobs that have not ended. What is found goes through the same
middleware as if it had come just now, so what did come before is not carried out twice. A mention inside a thread of
no job, made while the socket was down, is not found: no history names the threads that went on.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.trouble import SLACK_TROUBLE
from company.orders import reading_on
from company.orders.office import Office

log = logging.getLogger(__name__)

FLUSH_S: Final = 20.0  # how often marks are written down; what lies behind a lost mark is read again
PAGE: Final = 200
PAGES_MAX: Final = 20  # of one channel: 4,000 messages; what is older is no command for today
_KINDS: Final = {"is_im": "im", "is_private": "group", "is_group": "group"}

Dispatch = Callable[[dict[str, Any]], Awaitable[int]]


class Backfill:
    """Reads on where the socket stopped."""

    def __init__(self, office: Callable[[], Office], client: AsyncWebClient, dispatch: Dispatch) -> None:
        self._office, self._client, self._dispatch = office, client, dispatch
        self._seen: dict[str, tuple[str, str]] = {}  # channel -> (kind, ts), not yet written down
        self._reading = asyncio.Lock()
        self._workspace_id = ""

    def note(self, body: Mapping[str, Any]) -> None:
        """Note how far a channel was read, by a message event that has come."""
        event = body.get("event")
        if body.get("type") != "event_callback" or not isinstance(event, Mapping):
            return
        channel_id, ts = event.get("channel"), event.get("ts")
        if event.get("type") != "message" or not isinstance(channel_id, str) or not isinstance(ts, str):
            return
        kind = {"im": "im", "group": "group"}.get(str(event.get("channel_type")), "channel")
        if event.get("thread_ts") in (None, ts) and self._seen.get(channel_id, ("", ""))[1] < ts:
            self._seen[channel_id] = (kind, ts)

    async def keep_marks(self) -> None:
        """Write the marks down now and then, for ever."""
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()

    async def flush(self) -> None:
        """Write down how far was read."""
        seen, self._seen = self._seen, {}
        if seen:
            await asyncio.to_thread(reading_on.move_marks, self._office(), seen)

    async def read_on(self, workspace_id: str) -> int:
        """Read what was said since the marks; return how many messages were passed on."""
        async with self._reading:
            self._workspace_id = workspace_id
            await self.flush()
            marks = await asyncio.to_thread(reading_on.marks, self._office())
            passed_on = 0
            async for channel in self._channels():
                passed_on += await self._read_channel(channel, marks.get(str(channel["id"])))
            passed_on += await self._read_threads()
            await self.flush()
            return passed_on

    async def _channels(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield every conversation the bot is in."""
        cursor = ""
        while True:
            page = await self._client.users_conversations(
                types="public_channel,private_channel,im", limit=PAGE, cursor=cursor or None
            )
            for channel in page.get("channels") or ():
                yield channel
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _read_channel(self, channel: Mapping[str, Any], mark: str | None) -> int:
        """Read one channel from its mark; one never read before only gets a mark, at its newest message."""
        channel_id = str(channel["id"])
        kind = next((kind for flag, kind in _KINDS.items() if channel.get(flag)), "channel")
        try:
            messages = await self._history(channel_id, mark)
        except SLACK_TROUBLE as trouble:
            log.warning("the history of %s could not be read: %s", channel_id, trouble)
            return 0
        if messages:
            self._seen[channel_id] = (kind, str(messages[-1].get("ts")))
        if mark is None:
            return 0
        for message in messages:
            await self._dispatch(self._as_event(message, channel_id, kind))
        return len(messages)

    async def _history(self, channel_id: str, mark: str | None) -> list[Mapping[str, Any]]:
        """Return the messages after ``mark``, oldest first; without a mark, the newest one."""
        if mark is None:
            newest = await self._client.conversations_history(channel=channel_id, limit=1)
            return list(newest.get("messages") or ())
        found: list[Mapping[str, Any]] = []
        cursor = ""
        for _ in range(PAGES_MAX):
            page = await self._client.conversations_history(
                channel=channel_id, oldest=mark, inclusive=False, limit=PAGE, cursor=cursor or None
            )
            found += page.get("messages") or ()
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return sorted(found, key=lambda message: str(message.get("ts")))

    async def _read_threads(self) -> int:
        """Read the threads of jobs that have not ended, or only just: their answers are in no channel's history."""
        count = 0
        for channel_id, thread_ts, since_ts in await asyncio.to_thread(
            reading_on.open_threads, self._office()
        ):
            try:
                page = await self._client.conversations_replies(
                    channel=channel_id, ts=thread_ts, oldest=since_ts, limit=PAGE
                )
            except SLACK_TROUBLE as trouble:
                log.warning("the thread %s could not be read: %s", thread_ts, trouble)
                continue
            kind = "im" if channel_id.startswith("D") else "channel"
            for message in page.get("messages") or ():
                if str(message.get("ts")) > max(since_ts, thread_ts):
                    await self._dispatch(self._as_event(message, channel_id, kind))
                    count += 1
        return count

    def _as_event(self, message: Mapping[str, Any], channel_id: str, kind: str) -> dict[str, Any]:
        """Return a message of the history as the event that would have brought it."""
        event = {"type": "message", **message, "channel": channel_id, "channel_type": kind}
        return {
            "type": "event_callback",
            "team_id": self._workspace_id,
            "event_id": f"history:{channel_id}:{message.get('ts')}",
            "event": event,
            "authorizations": [{"team_id": self._workspace_id, "is_bot": True}],
        }
