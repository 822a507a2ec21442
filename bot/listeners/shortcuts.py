"""Shortcuts: a message becomes a job, and a form for a new one. Every other shortcut is acknowledged."""

import re

from slack_bolt.app.async_app import AsyncApp

from bot import answers
from bot.carrying import Carrier
from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import forms
from bot.views.ids import CallbackId
from company.repetition import command as c
from company.repetition.wording import plain, take_options


async def message_to_job(desk: Desk, at: Incoming) -> None:
    """Start what a message asks for, in its thread."""
    text, options = take_options(plain(str(at.message.get("text") or ""), bot_id=at.bot_id))
    options.pop("role", None)
    await answers.answer(desk, at, c.StartWork(text=text, **options))


async def ask_for_work(desk: Desk, at: Incoming) -> None:
    """Open the form for a new job."""
    names = [one.name for one in desk.office.config.repositories]
    await desk.open_form(at, forms.new_job("", names, at.channel_id))


async def unknown(_desk: Desk, _at: Incoming) -> None:
    """Hear a shortcut of another version."""


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear shortcuts."""
    app.shortcut(CallbackId.PRIORITISE_MESSAGE)(carrier.acknowledged(message_to_job))
    app.shortcut(CallbackId.START_WORK)(carrier.acknowledged(ask_for_work))
    app.shortcut(re.compile(".*"))(carrier.acknowledged(unknown))
