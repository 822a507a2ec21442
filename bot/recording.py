"""Recording before anything else: the middleware that writes down what a person did, once, and lets it pass once.

What comes in is, in this order: written down (raw text, user, channel, thread, surface, delivery id), acknowledged by
its listener, carried out, and marked as carried out. So

* a redelivered envelope, or a line found again in a channel's history, is recorded once and carried out once; one
  that a killed bot had recorded and not carried out is carried out when it comes again;
* where the store does not answer within ``WAIT_S``, the payload goes into the spool, on the disk, and is acknowledged;
  the replay sends it through here again. While anything waits there, what comes after waits behind it;
* what nobody said to us (talk in channels) is not written down at all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.incoming import Incoming, Kind, incoming_of
from bot.spool import Spool
from company.errors import StoreError, StoreUnavailable
from company.orders import commands, looking
from company.orders.office import Actor, Office, Role
from company.repetition.grammar import Place, Where, label_of, read, read_slash, recordable

log = logging.getLogger(__name__)

WAIT_S: Final = 1.5  # of the 3 s in which Slack wants its answer
REPLAY_S: Final = 0.5  # between two tries to get into the store again
TRY_AGAIN: Final = 503  # the status of a replayed payload that still cannot be written
REPLAYED: Final = "x-agent-service-replayed"  # the header of a payload out of the spool
BUSY_WORDS: Final = "I have it, and begin as soon as my books are free again."


@dataclass(frozen=True)
class Noted:
    """An incoming thing with where it is written down; what listeners find in the context."""

    incoming: Incoming
    command_id: int | None  #: None: it is no command (a look at the home tab)


class Recorder:
    """Writes down, keeps out doubles, and keeps what cannot be written yet."""

    def __init__(self, office: Office, spool: Spool, *, prefix: str = "") -> None:
        self._office, self._spool, self._prefix = office, spool, prefix
        self._under_way: set[str] = set()
        # Few: the write lock lets one through at a time. Its own, so that no listener's reading is in its way.
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="recording")

    async def middleware(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        request: Any,
        next: Callable[[], Awaitable[None]],
    ) -> BoltResponse | None:
        """Let a payload pass once, after it was written down."""
        incoming = incoming_of(body, bot_id=str(context.bot_user_id or ""))
        if incoming is None:
            await next()
            return None
        is_replayed = REPLAYED in request.headers
        if self._spool and not is_replayed and _is_command(incoming):
            return await self._keep(body, incoming)
        writing = self._in_thread(self._note, incoming, is_replayed)
        try:
            async with asyncio.timeout(None if is_replayed else WAIT_S):
                noted = await asyncio.shield(writing)
        except (TimeoutError, StoreUnavailable) as error:
            if is_replayed:
                return BoltResponse(status=TRY_AGAIN, body="")
            log.warning("the store did not answer (%s): kept in the spool", str(error) or "in time")
            writing.add_done_callback(self._forget_late)
            return await self._keep(body, incoming)
        if noted is None:
            return BoltResponse(status=200, body="")
        context["noted"] = noted
        await next()
        return None

    def finish(self, noted: Noted) -> None:
        """Mark as carried out. Called from a thread, when a listener has come to its end."""
        try:
            if noted.command_id is not None:
                commands.finish(self._office, noted.command_id)
        except (
            StoreError
        ) as error:  # it is carried out all the same; a redelivery would find that by its order's key
            log.warning("command %s could not be marked: %s", noted.command_id, error)
        finally:
            self._under_way.discard(noted.incoming.delivery_id)

    async def replay(self, dispatch: Callable[[dict[str, Any]], Awaitable[int]]) -> None:
        """Send what waits in the spool through ``dispatch``, oldest first, for ever; it returns a status."""
        while True:
            body = self._spool.first()
            if body is not None:
                if await dispatch(body) == TRY_AGAIN:
                    body = None
                else:
                    await self._in_thread(self._spool.drop_first)
            if body is None:
                await asyncio.sleep(REPLAY_S)

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _keep(self, body: Mapping[str, Any], incoming: Incoming) -> BoltResponse:
        await self._in_thread(self._spool.add, body)
        return BoltResponse(status=200, body=BUSY_WORDS if incoming.kind is Kind.COMMAND else "")

    def _in_thread(self, call: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().run_in_executor(self._threads, call, *args)

    def _forget_late(self, writing: "asyncio.Future[Any]") -> None:
        """Forget what was written down after all, too late: the spool has it, and its replay carries it out."""
        if not writing.cancelled() and writing.exception() is None and writing.result() is not None:
            self._under_way.discard(writing.result().incoming.delivery_id)

    def _note(self, incoming: Incoming, is_replayed: bool) -> Noted | None:
        """Write down what was said to us; None for what need not be carried out (again)."""
        if incoming.kind is Kind.HOME:
            return Noted(incoming, None)
        job_id = looking.job_of_thread(self._office, incoming.channel_id, incoming.thread_ts)
        if incoming.kind is Kind.MESSAGE and not incoming.is_addressed and job_id is None:
            return None
        if incoming.delivery_id in self._under_way:
            if is_replayed:  # it is not known yet what becomes of it: the replay asks again
                raise StoreUnavailable("locked", "it is still being written")
            return None
        self._under_way.add(incoming.delivery_id)
        try:
            recorded = commands.record(self._office, _speaker(incoming), self._said(incoming, job_id))
        except BaseException:
            self._under_way.discard(incoming.delivery_id)
            raise
        if recorded.is_handled:
            self._under_way.discard(incoming.delivery_id)
            return None
        return Noted(incoming, recorded.command_id)

    def _said(self, incoming: Incoming, job_id: str | None) -> commands.Said:
        text = incoming.text
        intent = ""
        if incoming.kind is Kind.COMMAND:
            intent = label_of(read_slash(incoming.name, text, prefix=self._prefix))
            text = recordable(text)
            text = f"{incoming.name} {text}".strip()
        elif incoming.kind in (Kind.MESSAGE, Kind.DIRECT):
            intent = label_of(read(text, place_of(incoming, is_of_job=job_id is not None)))
            text = recordable(text)
        return commands.Said(
            text=text,
            intent=intent,
            channel_id=incoming.channel_id,
            thread_ts=incoming.thread_ts,
            delivery_id=incoming.delivery_id,
        )


def place_of(incoming: Incoming, *, is_of_job: bool) -> Place:
    """Return the grammar's name for where a message was said."""
    where = Where.ADDRESSED if incoming.is_addressed else Where.THREAD
    return Place(where=where, is_of_job=is_of_job, bot_id=incoming.bot_id)


def _speaker(incoming: Incoming) -> Actor:
    """Name who spoke; what they may is asked when it is carried out, and is no matter of recording."""
    return Actor(incoming.user_id, Role.NOBODY, "slack")


def _is_command(incoming: Incoming) -> bool:
    return incoming.kind is not Kind.HOME and (incoming.is_addressed or incoming.thread_ts is not None)
