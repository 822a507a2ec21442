"""Acknowledge at once, carry out after: how every listener is run, and the one place where its failing is answered.

With ``process_before_response`` the acknowledgement leaves when a listener returns, so a listener that worked would be
late, and one that failed would leave none at all. Here the work is a task of its own; whoever asked is answered in any
case.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackClientError

from bot.desk import Desk
from bot.incoming import Incoming
from bot.recording import Noted, Recorder
from bot.trouble import SLACK_TROUBLE
from bot.views import problem
from company.errors import AgentServiceError, NotPermitted, StoreError

log = logging.getLogger(__name__)

Listener = Callable[[Desk, Incoming], Awaitable[None]]
"""Takes the facts, gives one order, shows one view."""

LEAVE_WITHIN_S: Final = 1.5  # what is under way when the bot is told to leave may come to its end for so long


class Carrier:
    """Runs listeners behind their acknowledgement."""

    def __init__(self, desk: Desk, recorder: Recorder) -> None:
        self._desk, self._recorder = desk, recorder
        self._tasks: set[asyncio.Task[None]] = set()

    def acknowledged(self, listener: Listener) -> Callable[..., Awaitable[None]]:
        """Return ``listener`` as Bolt calls it."""

        async def run(ack: Callable[..., Awaitable[Any]], context: AsyncBoltContext) -> None:
            await ack()
            noted = context.get("noted")
            if isinstance(noted, Noted):
                self._begin(listener, noted)

        return run

    async def leave(self) -> None:
        """Let what is under way come to its end, but do not wait for ever: it is recorded, and not marked."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LEAVE_WITHIN_S)

    def _begin(self, listener: Listener, noted: Noted) -> None:
        task = asyncio.create_task(self._carry_out(listener, noted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, listener: Listener, noted: Noted) -> None:
        try:
            await listener(self._desk, noted.incoming)
        except AgentServiceError as refused:
            await self._tell(noted.incoming, refused)
        except (SlackClientError, aiohttp.ClientError) as trouble:
            log.warning("Slack did not take an answer to %s: %s", noted.incoming.delivery_id, trouble)
        except Exception as fault:  # the top of a listener: whoever asked must hear that it failed
            log.exception("a listener failed")
            await self._tell(noted.incoming, fault)
        # Not in a `finally`: what was cut off because the bot leaves is not carried out, and is when it comes again.
        await asyncio.to_thread(self._recorder.finish, noted)

    async def _tell(self, at: Incoming, error: Exception) -> None:
        try:
            may = await self._desk.who_may(at, error.needed) if isinstance(error, NotPermitted) else ()
            await self._desk.whisper(at, problem.problem_view(error, may))
        except (StoreError, *SLACK_TROUBLE) as trouble:
            log.warning("the news of a failure did not get through: %s", trouble)
