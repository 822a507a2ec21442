"""Reactions: ❌ on a job's message stops it."""

import asyncio
from typing import Final

from slack_bolt.app.async_app import AsyncApp

from bot.carrying import Carrier
from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import replies
from company.orders import jobs, looking

STOPS: Final = frozenset({"x", "negative_squared_cross_mark", "octagonal_sign", "no_entry", "no_entry_sign"})


async def reacted(desk: Desk, at: Incoming) -> None:
    """Stop the job whose message got a ❌; other reactions say nothing to us."""
    if at.name not in STOPS or not at.channel_id or not at.message_ts:
        return
    job_id = await asyncio.to_thread(looking.job_of_message, desk.office, at.channel_id, at.message_ts)
    if job_id is not None:
        await desk.whisper(at, replies.stopped(await desk.order(jobs.stop, at, job_id)))


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear reactions."""
    app.event("reaction_added")(carrier.acknowledged(reacted))
