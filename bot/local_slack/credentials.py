"""The secrets of one local Slack: the app's tokens, and the key without which the page will not open.

Agents run on this machine too, and loopback is open to them. So tokens are made at random and kept in a file that
only the owner reads, outside any worktree; whoever holds none can neither press a button nor pose as the bot.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

_VARIABLES: Final = {
    "bot_token": "SLACK_BOT_TOKEN",
    "app_token": "SLACK_APP_TOKEN",
    "signing_secret": "SLACK_SIGNING_SECRET",
    "page_key": "LOCAL_SLACK_PAGE_KEY",
}


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the app presents (``xoxb-``, ``xapp-``), what it checks signatures with, and what the browser shows once."""

    bot_token: str
    app_token: str
    signing_secret: str
    page_key: str


def credentials_of(state: Path, environment: Mapping[str, str]) -> Credentials:
    """Read ``credentials.json`` of the state folder, or make it; variables named as the bot's take precedence."""
    path = state / "credentials.json"
    if not path.exists():
        made = Credentials(
            bot_token=f"xoxb-local-{secrets.token_urlsafe(18)}",
            app_token=f"xapp-local-{secrets.token_urlsafe(18)}",
            signing_secret=secrets.token_hex(16),
            page_key=secrets.token_urlsafe(18),
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(made), file, indent=2)
    kept = Credentials(**json.loads(path.read_text()))
    given = {field: environment[name] for field, name in _VARIABLES.items() if environment.get(name)}
    return replace(kept, **given)
