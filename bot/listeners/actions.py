"""Buttons: each carries what it is about as its value, and the order behind it decides who may.

A decision that was taken repaints its message, so that nobody presses in vain.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from slack_bolt.app.async_app import AsyncApp

from bot import answers
from bot.carrying import Carrier, Listener
from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import replies
from bot.views.ids import ActionId
from company.orders import agents, pauses, proposals
from company.repetition import command as c
from company.repetition.wording import take_options


async def stop(desk: Desk, at: Incoming) -> None:
    """Stop a job."""
    await answers.answer(desk, at, c.StopJob(job=at.value))


async def retry(desk: Desk, at: Incoming) -> None:
    """Start a job again."""
    await answers.answer(desk, at, c.RetryJob(job=at.value))


async def logs(desk: Desk, at: Incoming) -> None:
    """Show the end of a job's log."""
    await answers.answer(desk, at, c.ShowLogs(job=at.value))


async def praise(desk: Desk, at: Incoming) -> None:
    """Praise a job."""
    await answers.answer(desk, at, c.PraiseJob(job=at.value))


async def reject(desk: Desk, at: Incoming) -> None:
    """Reject a job: the reason is asked for in a form."""
    await answers.answer(desk, at, c.RejectJob(job=at.value))


async def approve(desk: Desk, at: Incoming) -> None:
    """Hire whom a proposal proposes, and show on its message who decided."""
    await desk.replace(at, replies.decided(await desk.order(proposals.approve, at, at.value)))


async def dismiss(desk: Desk, at: Incoming) -> None:
    """Put a proposal aside, and show on its message who decided."""
    await desk.replace(at, replies.decided(await desk.order(proposals.dismiss, at, at.value)))


async def fire(desk: Desk, at: Incoming) -> None:
    """Let an agent go."""
    change = await desk.order(agents.fire, at, at.value)
    await desk.whisper(at, replies.staff(change, "does not work here any more", "was fired before"))


async def pause(desk: Desk, at: Incoming) -> None:
    """Let nothing new start."""
    change = await desk.order(pauses.pause, at, at.value or pauses.ALL)
    await desk.whisper(at, replies.paused(change, is_pause=True))


async def resume(desk: Desk, at: Incoming) -> None:
    """Let it start again."""
    change = await desk.order(pauses.resume, at, at.value or pauses.ALL)
    await desk.whisper(at, replies.paused(change, is_pause=False))


async def start_work(desk: Desk, at: Incoming) -> None:
    """Make a question a job after all."""
    text, options = take_options(at.value)
    options.pop("role", None)
    await answers.answer(desk, at, c.StartWork(text=text, **options))


async def unknown(_desk: Desk, _at: Incoming) -> None:
    """Hear a button that only opens a page, or one of another version."""


LISTENERS: Mapping[str, Listener] = MappingProxyType(
    {
        ActionId.STOP: stop,
        ActionId.RETRY: retry,
        ActionId.LOGS: logs,
        ActionId.PRAISE: praise,
        ActionId.REJECT: reject,
        ActionId.APPROVE: approve,
        ActionId.DISMISS: dismiss,
        ActionId.FIRE: fire,
        ActionId.PAUSE: pause,
        ActionId.RESUME: resume,
        ActionId.START_WORK: start_work,
    }
)


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear buttons and menus."""
    for action_id, listener in LISTENERS.items():
        app.action(action_id)(carrier.acknowledged(listener))
    app.action(re.compile(".*"))(carrier.acknowledged(unknown))
