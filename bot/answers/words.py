"""Words among people and agents: notes to a job, quiet, help, and what was not understood."""

from bot.answers import jobs
from bot.attachments import with_files
from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import guidance, replies
from bot.views.message import Message
from company.orders import threads
from company.orders.permission import Action, is_allowed
from company.repetition import command as c
from company.repetition.wording import take_options


async def tell(desk: Desk, at: Incoming, meant: c.TellJob) -> Message | None:
    """Pass words on to a job's agents; to one that has ended, a mention begins a new job in its thread."""
    if not at.is_addressed and not is_allowed(await desk.actor(at), Action.TELL):
        return None  # people may talk in a thread without being told each time what they may not
    job_id = await desk.job(at, meant.job, is_order=True)
    words = await with_files(desk, at, meant.text)
    told = await desk.order(
        threads.tell, at, job_id, words, delivery_id=at.delivery_id, is_addressed=at.is_addressed
    )
    if told.heard is threads.Heard.TOO_LATE:
        if not at.is_addressed:
            return None
        text, options = take_options(meant.text)
        options.pop("role", None)
        return await jobs.start_work(desk, at, c.StartWork(text=text, **options))
    if told.heard in (threads.Heard.NOTED, threads.Heard.ANSWERED):
        await desk.react(at, "memo" if told.heard is threads.Heard.NOTED else "white_check_mark")
    return replies.told(told)


async def aside(_desk: Desk, _at: Incoming, _meant: c.Aside) -> None:
    """Hear nothing."""


async def mute(desk: Desk, at: Incoming, meant: c.MuteJob) -> Message:
    """Leave a thread to people."""
    return replies.muted(await desk.order(threads.mute, at, await desk.job(at, meant.job, is_order=True)))


async def unmute(desk: Desk, at: Incoming, meant: c.UnmuteJob) -> Message:
    """Listen again."""
    return replies.muted(await desk.order(threads.unmute, at, await desk.job(at, meant.job, is_order=True)))


async def show_help(desk: Desk, _at: Incoming, meant: c.Help) -> Message:
    """Show what can be said; whoever asks may know."""
    return guidance.help_page(meant.topic, desk.prefix)


async def unclear(_desk: Desk, _at: Incoming, meant: c.Unclear) -> Message:
    """Offer to make a question a job."""
    return guidance.unclear(meant.text)


async def unknown(_desk: Desk, _at: Incoming, meant: c.Unknown) -> Message:
    """Say what it may have been meant for."""
    return guidance.unknown(meant.text, meant.suggestions)
