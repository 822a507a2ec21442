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
from company.repetition import command as c
from company.repetition.grammar import read
from company.repetition.wording import plain


async def said(desk: Desk, at: Incoming) -> None:
    """Do what a message says."""
    is_of_job = await desk.job_of_thread(at) is not None
    if at.files and not plain(at.text, bot_id=at.bot_id):
        meant: c.Command = c.TellJob(text="") if is_of_job else c.StartWork(text="")
    else:
        meant = read(at.text, place_of(at, is_of_job=is_of_job))
    await answers.answer(desk, at, meant)


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear messages and mentions, and acknowledge all other events."""
    app.event("app_mention")(carrier.acknowledged(said))
    app.event("message")(carrier.acknowledged(said))
