"""Messages: mentions, direct messages, and what is said in the threads of jobs.

A mention comes as two events, ``message`` and ``app_mention``; recording lets one of them pass. Talk in channels
that is none of ours was let fall there as well.
"""

from slack_bolt.app.async_app import AsyncApp

from bot import answers
from bot.carrying import Carrier
from bot.desk import Desk
from bot.incoming import Incoming
from bot.recording import place_of
from company.repetition.grammar import read


async def said(desk: Desk, at: Incoming) -> None:
    """Do what a message says."""
    is_of_job = await desk.job_of_thread(at) is not None
    meant = read(at.text, place_of(at, is_of_job=is_of_job))
    await answers.answer(desk, at, meant)


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear messages and mentions, and acknowledge all other events."""
    app.event("app_mention")(carrier.acknowledged(said))
    app.event("message")(carrier.acknowledged(said))
