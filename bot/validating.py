"""``python -m bot.validating [config.yaml]``: let Slack look at one message of each kind, and keep nothing.

For ``agent-service doctor``, which is another program: it reads one JSON object from stdout, ``{"looked_at": 18,
"wrong": ["proposal: …"], "trouble": ""}``. Slack's method ``blocks.validate`` needs a token and no scope.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.client import WebClient

from bot import specimens
from bot.settings import slack_settings
from company.config import find_config, load_config
from company.errors import AgentServiceError

TIMEOUT_S: Final = 10


def validate(client: WebClient) -> dict[str, Any]:
    """Send each specimen to ``blocks.validate``."""
    looked_at, wrong = 0, list[str]()
    for name, argument in _arguments():
        try:
            answer = client.api_call("blocks.validate", params=argument)
            wrong += [f"{name}: {_words(one)}" for one in answer.get("errors") or ()]
        except SlackApiError as refused:
            code = str(refused.response.get("error"))
            if not code.startswith("invalid_"):
                return {"looked_at": looked_at, "wrong": wrong, "trouble": f"blocks.validate answers {code}"}
            wrong += [
                f"{name}: {_words(one)}" for one in refused.response.get("errors") or [{"message": code}]
            ]
        looked_at += 1
    return {"looked_at": looked_at, "wrong": wrong, "trouble": ""}


def _arguments() -> Iterator[tuple[str, dict[str, str]]]:
    for name, message in specimens.messages().items():
        yield name, {"blocks": json.dumps([dict(block) for block in message.blocks])}
    for name, view in specimens.forms_and_tabs().items():
        yield name, {"view": json.dumps(view)}


def _words(error: Mapping[str, Any]) -> str:
    return f"{error.get('message')} {error.get('pointer') or ''}".strip()


def main() -> int:
    """Look, and print what was seen."""
    try:
        path = find_config(Path(sys.argv[1]) if len(sys.argv) > 1 else None, Path.cwd(), os.environ)
        settings = slack_settings(load_config(path, os.environ), os.environ)
        client = WebClient(token=settings.bot_token, base_url=settings.base_url, timeout=TIMEOUT_S)
        found = validate(client)
    except (AgentServiceError, SlackClientError, OSError) as error:
        found = {"looked_at": 0, "wrong": [], "trouble": str(error)}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
