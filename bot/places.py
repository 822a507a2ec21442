"""Where words belong: the thread of their job or subject, else where the company's news are told.

News are told in the channel of config.yaml (``slack.channel``), or in the direct messages of the first CEO. While there
is neither, they wait.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from slack_sdk.web.async_client import AsyncWebClient

from company.errors import NotFound
from company.orders.office import Office, Role
from company.store import outbox, people, sessions
from company.store.outbox import Word

if TYPE_CHECKING:
    from company.store.gate import Reading

PAGES_MAX: Final = 20  # of conversations.list: 20,000 channels


@dataclass(frozen=True)
class Place:
    """Where to post."""

    channel_id: str
    thread_ts: str | None = None


class Places:
    """Finds the place of each word; remembers what it asked Slack."""

    def __init__(self, office: Callable[[], Office], client: AsyncWebClient) -> None:
        self._office, self._client = office, client
        self._workspace_id = ""
        self._direct: dict[str, str] = {}  # user -> channel of the direct messages
        self._named: dict[str, str] = {}  # name -> channel

    async def of(self, word: Word) -> Place | None:
        """Return where ``word`` is to be posted; None: nowhere yet."""
        known = await asyncio.to_thread(self._known, word)
        if known is None:
            return await self.home()
        if known.channel_id.startswith(("U", "W")):
            return Place(await self._direct_channel(known.channel_id), known.thread_ts)
        return known

    async def home(self) -> Place | None:
        """Return where the company's news are told."""
        channel = self._office().config.slack.channel
        if channel:
            return Place(await self._channel_id(channel))
        ceo = await asyncio.to_thread(self._first_ceo, await self._workspace())
        return Place(await self._direct_channel(ceo)) if ceo is not None else None

    def _known(self, word: Word) -> Place | None:
        with self._office().store.reading() as tx:
            job_id = str(word.payload.get("job_id") or (word.subject_id if word.kind == "job" else ""))
            if job_id and (place := _of_job(tx, job_id)) is not None:
                return place
            about = str(word.payload.get("thread_of") or "")
            if about and (anchor := outbox.anchor_of(tx, about)) is not None:
                return Place(anchor.channel_id, anchor.message_ts)
        return Place(word.channel_id, word.thread_ts) if word.channel_id else None

    def _first_ceo(self, workspace_id: str) -> str | None:
        office = self._office()
        listed = next((one for one in office.config.roles.ceo if one[:1] in ("U", "W")), None)
        if listed is not None:
            return listed
        with office.store.reading() as tx:
            grants = people.list_grants(tx, workspace_id)
        return next((one.user_id for one in grants if one.role == Role.CEO), None)

    async def _workspace(self) -> str:
        if not self._workspace_id:
            self._workspace_id = str((await self._client.auth_test())["team_id"])
        return self._workspace_id

    async def _direct_channel(self, user_id: str) -> str:
        if user_id not in self._direct:
            opened = await self._client.conversations_open(users=[user_id])
            self._direct[user_id] = str(opened["channel"]["id"])
        return self._direct[user_id]

    async def _channel_id(self, channel: str) -> str:
        """Return the id of a channel that config.yaml names; a name Slack does not know stays as it is."""
        name = channel.removeprefix("#")
        if channel[:1] in ("C", "G") and channel.isupper():
            return channel
        if name not in self._named:
            self._named[name] = await self._looked_up(name) or channel
        return self._named[name]

    async def _looked_up(self, name: str) -> str | None:
        cursor = ""
        for _ in range(PAGES_MAX):
            page = await self._client.conversations_list(
                limit=1000, cursor=cursor, exclude_archived=True, types="public_channel,private_channel"
            )
            for channel in page.get("channels") or ():
                if channel.get("name") == name:
                    return str(channel["id"])
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return None


def _of_job(tx: "Reading", job_id: str) -> Place | None:
    try:
        session = sessions.get(tx, job_id)
    except NotFound:  # forgotten by housekeeping while its words waited
        return None
    return Place(session.channel_id, session.thread_ts) if session.channel_id else None
