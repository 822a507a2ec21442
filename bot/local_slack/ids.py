"""Identifiers of the shapes that Slack's have: a letter that tells the kind, then capitals and digits."""

import secrets
import string
from typing import Final

_LETTERS: Final = string.ascii_uppercase + string.digits

TEAM: Final = "T0LOCALSLACK"
TEAM_DOMAIN: Final = "local-slack"
APP: Final = "A0LOCALAPP"
BOT: Final = "B0LOCALBOT"
BOT_USER: Final = "U0LOCALBOT"
SLACKBOT: Final = "USLACKBOT"


def new_id(kind: str) -> str:
    """Give a new identifier, such as ``F07ABCDEFGH`` for kind ``F``."""
    return kind + "0" + "".join(secrets.choice(_LETTERS) for _ in range(9))


def short_id() -> str:
    """Give what Slack calls a block whose author named it not."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(5))
