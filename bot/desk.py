"""What a listener works with: the office where orders are given, who gives them, and a way to answer.

Everything that waits for the store runs in a thread, so that no order ever holds up an acknowledgement. An answer goes
where the person stands: to a slash command and a button only they see it, in a thread and in a direct message it is
said there.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.identity import Identity
from bot.incoming import Incoming, Kind
from bot.places import Place
from bot.trouble import SLACK_TROUBLE
from bot.uploading import Upload, upload
from bot.views.message import FileToUpload, Message, Shown
from company.orders import looking, people
from company.orders.office import Actor, Office, Role

log = logging.getLogger(__name__)

P = ParamSpec("P")
Result = TypeVar("Result")

_HERE = (Kind.MESSAGE, Kind.DIRECT)
#: a reaction that is there already, or whose message is gone, is as good as set
_DONE = frozenset({"already_reacted", "no_reaction", "message_not_found"})


class Desk:
    """One for the whole bot."""

    def __init__(self, office: Callable[[], Office], client: AsyncWebClient, identity: Identity) -> None:
        self._office, self.client, self._identity = office, client, identity

    @property
    def office(self) -> Office:
        """Return where orders are given, with the configuration in force."""
        return self._office()

    @property
    def prefix(self) -> str:
        """Return what config.yaml puts before the names of slash commands."""
        return self.office.config.slack.command_prefix

    async def actor(self, at: Incoming) -> Actor:
        """Return who did this, with the role they have now."""
        return await self._identity.actor_of(at.user_id, at.workspace_id)

    async def who_may(self, at: Incoming, role: str) -> tuple[str, ...]:
        """Return the people who have ``role`` or more."""
        return await asyncio.to_thread(people.holders, self.office, at.workspace_id, Role(role))

    async def order(
        self,
        given: Callable[Concatenate[Office, Actor, P], Result],
        at: Incoming,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Result:
        """Give an order, as the person who did this."""
        actor = await self.actor(at)
        return await asyncio.to_thread(given, self.office, actor, *args, **kwargs)

    async def job_of_thread(self, at: Incoming) -> str | None:
        """Return the job of the thread this was said in."""
        return await asyncio.to_thread(looking.job_of_thread, self.office, at.channel_id, at.thread_ts)

    async def job(self, at: Incoming, word: str, *, is_order: bool) -> str:
        """Return the id of the job that ``word`` means here."""
        own = await self.job_of_thread(at)
        return await self.order(looking.find_job_meant, at, word, own, is_order=is_order)

    async def retried_job(self, at: Incoming, word: str) -> str:
        """Return the job to retry: outside of a thread ``it`` is the last that did not make it."""
        own = await self.job_of_thread(at)
        return await self.order(looking.find_ended_job, at, word, own, is_failed=True)

    async def delivered_job(self, at: Incoming, word: str) -> str:
        """Return the job whose branch is meant: outside of a thread it must be named, nobody merges by a pronoun."""
        return await self.job(at, word, is_order=True)

    async def judged_job(self, at: Incoming, word: str) -> str:
        """Return the job that is praised or rejected: outside of a thread ``it`` is the last that ended."""
        own = await self.job_of_thread(at)
        return await self.order(looking.find_ended_job, at, word, own, is_failed=False)

    async def answer(self, at: Incoming, message: Shown) -> None:
        """Say ``message`` to whoever did this, where they did it."""
        if isinstance(message, FileToUpload):
            await self._send_file(at, message)
            return
        if at.kind in _HERE and at.channel_id:
            await self.say(at.channel_id, message, thread_ts=self._thread(at))
        else:
            await self.whisper(at, message)

    async def _send_file(self, at: Incoming, file: FileToUpload) -> None:
        """Share a file where it was asked for; what only they would see goes to their direct messages."""
        place = Place(at.channel_id, self._thread(at)) if at.kind in _HERE and at.channel_id else None
        if place is None:
            opened = await self.client.conversations_open(users=[at.user_id])
            place = Place(str(opened["channel"]["id"]))
        content = file.content.encode("utf-8", "replace")
        what = Upload(filename=file.filename, content=content, title=file.title, comment=file.comment)
        await upload(self.client, place, what)

    def _thread(self, at: Incoming) -> str | None:
        return at.thread_ts if at.kind is Kind.DIRECT else at.answer_ts

    async def say(self, channel_id: str, message: Message, *, thread_ts: str | None = None) -> str:
        """Post a message and return its ts."""
        posted = await self.client.chat_postMessage(
            channel=channel_id, thread_ts=thread_ts, unfurl_links=False, unfurl_media=False, **_body(message)
        )
        return str(posted["ts"])

    async def whisper(self, at: Incoming, message: Message) -> None:
        """Answer so that only the person sees it: where they stand, else in their direct messages."""
        if at.response_url:
            body = {"response_type": "ephemeral", "replace_original": False, **_body(message)}
            sent = await AsyncWebhookClient(at.response_url, session=self.client.session).send_dict(body)
            if sent.status_code == 200:
                return
            log.info("the response_url was refused (%s): told in another way", sent.status_code)
        if at.channel_id:
            try:
                await self.client.chat_postEphemeral(
                    channel=at.channel_id, user=at.user_id, thread_ts=at.thread_ts, **_body(message)
                )
                return
            except SlackApiError as error:
                log.info("an ephemeral was refused (%s): told directly", error.response.get("error"))
        await self.say(at.user_id, message)

    async def replace(self, at: Incoming, message: Message) -> None:
        """Change the message whose button was pressed."""
        if at.channel_id and at.message_ts:
            await self.client.chat_update(channel=at.channel_id, ts=at.message_ts, **_body(message))

    async def react(self, at: Incoming, name: str) -> None:
        """Put a reaction on what was said; a sign and no more, so that trouble with it is no trouble."""
        if not at.channel_id or not at.message_ts:
            return
        try:
            await self.client.reactions_add(channel=at.channel_id, timestamp=at.message_ts, name=name)
        except SLACK_TROUBLE as error:
            code = error.response.get("error") if isinstance(error, SlackApiError) else error
            if code not in _DONE:
                log.info("no reaction could be put on a message: %s", code)

    async def open_form(self, at: Incoming, view: Mapping[str, Any]) -> None:
        """Open a modal; its trigger lives three seconds."""
        await self.client.views_open(trigger_id=at.trigger_id or "", view=dict(view))


def _body(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": [dict(block) for block in message.blocks] or None}
