"""Slash commands: all of them, whatever their names, go through the one grammar."""

import re

from slack_bolt.app.async_app import AsyncApp

from bot import answers
from bot.carrying import Carrier
from bot.desk import Desk
from bot.incoming import Incoming
from company.repetition.grammar import read_slash


async def said(desk: Desk, at: Incoming) -> None:
    """Do what a slash command says."""
    await answers.answer(desk, at, read_slash(at.name, at.text, prefix=desk.prefix))


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear every command."""
    app.command(re.compile(".*"))(carrier.acknowledged(said))
