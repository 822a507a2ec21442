"""What doctor looks at of Slack: tokens, what Slack says they may (the scopes), and whether the socket can be opened.

Slack is asked by plain HTTPS: the daemon's side knows no Slack library.
"""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from company.errors import ConfigError
from daemon.cli.diagnosis import Finding

if TYPE_CHECKING:
    from company.config import Config

TIMEOUT_S: Final = 10
MESSAGES_TIMEOUT_S: Final = 120
SLACK_URL: Final = "https://slack.com/api/"
#: the bot's scopes, as bot/manifest.yaml asks for them (a test holds the two together), and what each is for
SCOPES: Final = {
    "app_mentions:read": "hear when it is mentioned",
    "channels:history": "read threads, and what was said while it was away",
    "channels:read": "find the channel for news",
    "chat:write": "write",
    "commands": "slash commands",
    "files:read": "read attached files",
    "files:write": "send reports and long output",
    "groups:history": "read private channels it is in",
    "groups:read": "find private channels",
    "im:history": "read direct messages to it",
    "im:read": "know its direct messages",
    "im:write": "write to the CEO first",
    "reactions:read": "hear ❌ as stop",
    "reactions:write": "acknowledge with a reaction",
    "usergroups:read": "roles by user group",
    "users:read": "names of people",
}
_PAGE: Final = "on the app's page at https://api.slack.com/apps"


@dataclass(frozen=True)
class _Answer:
    """What a method answered, or why it did not."""

    facts: dict[str, Any]
    scopes: frozenset[str]
    trouble: str = ""


def slack_findings(config: "Config") -> Iterator[Finding]:
    """Look at what the bot needs; without any token the local Slack is what is there."""
    if not config.slack.enabled:
        yield Finding("slack", "note", "switched off in config.yaml", "set slack.enabled: true")
        return
    try:
        bot, app, signing = (_secret(name) for name in ("BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET"))
    except ConfigError as error:
        yield Finding("slack", "broken", str(error), error.mend)
        return
    if bot is None and app is None and signing is None:
        yield Finding(
            "slack", "note", "no tokens: agent-service up starts a local Slack", "README.md: a real workspace"
        )
        return
    url = config.slack.base_url or SLACK_URL
    found = list(_bot_token(url, bot))
    yield from found
    if found and all(one.state == "ok" for one in found):
        yield _messages(config)
    if config.slack.mode == "socket":
        yield _app_token(url, app)
    elif signing is None:
        yield Finding(
            "slack signing",
            "broken",
            "SLACK_SIGNING_SECRET is not set",
            f"take it from Basic Information {_PAGE}",
        )
    else:
        yield Finding("slack signing", "ok", "SLACK_SIGNING_SECRET is set; requests prove it")


def _secret(name: str) -> str | None:
    from company.config import secret

    return secret(os.environ, f"SLACK_{name}")


def _bot_token(url: str, token: str | None) -> Iterator[Finding]:
    mend = f"take the xoxb- token from OAuth & Permissions {_PAGE}"
    if token is None:
        yield Finding("slack bot token", "broken", "SLACK_BOT_TOKEN is not set", mend)
        return
    if not token.startswith("xoxb-"):
        yield Finding("slack bot token", "broken", "SLACK_BOT_TOKEN is no bot token (xoxb-…)", mend)
        return
    answer = _ask(url, "auth.test", token)
    if answer.trouble:
        yield Finding("slack", "broken", answer.trouble, "see that this machine reaches Slack")
        return
    if not answer.facts.get("ok"):
        yield Finding("slack bot token", "broken", f"Slack answers {answer.facts.get('error')}", mend)
        return
    team, user = answer.facts.get("team"), answer.facts.get("user")
    yield Finding("slack bot token", "ok", f"{user} in {team}")
    if not answer.scopes:
        yield Finding(
            "slack scopes", "note", "Slack did not say which scopes the token has", "compare the manifest"
        )
        return
    missing = [scope for scope in SCOPES if scope not in answer.scopes]
    if not missing:
        yield Finding("slack scopes", "ok", f"all {len(SCOPES)}")
        return
    words = "; ".join(f"{scope} (to {SCOPES[scope]})" for scope in missing)
    yield Finding(
        "slack scopes",
        "broken",
        f"missing: {words}",
        f"paste bot/manifest.yaml again {_PAGE}, and reinstall the app",
    )


def _app_token(url: str, token: str | None) -> Finding:
    mend = f"make an app-level token with connections:write in Basic Information {_PAGE}"
    if token is None:
        return Finding("slack socket", "broken", "SLACK_APP_TOKEN is not set", mend)
    if not token.startswith("xapp-"):
        return Finding("slack socket", "broken", "SLACK_APP_TOKEN is no app-level token (xapp-…)", mend)
    answer = _ask(url, "apps.connections.open", token)
    if answer.trouble:
        return Finding("slack socket", "broken", answer.trouble, "see that this machine reaches Slack")
    if not answer.facts.get("ok"):
        return Finding("slack socket", "broken", f"Slack answers {answer.facts.get('error')}", mend)
    return Finding("slack socket", "ok", "Socket Mode can be opened")


def _messages(config: "Config") -> Finding:
    """Let Slack itself look at one message of each kind; the bot's program asks, because it makes them."""
    try:
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "bot.validating", str(config.path)],
            capture_output=True,
            text=True,
            timeout=MESSAGES_TIMEOUT_S,
            check=True,
        )
        found = json.loads(ran.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Finding("slack messages", "note", f"could not be looked at: {error}")
    if found["trouble"]:
        return Finding("slack messages", "note", str(found["trouble"]))
    if found["wrong"]:
        text = "; ".join(found["wrong"][:3])
        return Finding(
            "slack messages", "broken", f"Slack would refuse: {text}", "report this: it is a fault of ours"
        )
    return Finding(
        "slack messages", "ok", f"{found['looked_at']} of {found['looked_at']} kinds are taken by Slack"
    )


def _ask(url: str, method: str, token: str) -> _Answer:
    """Call a method. The address is config.yaml's, which takes https and loopback only."""
    request = urllib.request.Request(  # noqa: S310 - see above
        f"{url}{method}", data=b"", headers={"Authorization": f"Bearer {token.strip()}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - see above
            facts = json.loads(response.read(1_000_000))
            listed = response.headers.get("x-oauth-scopes") or ""
    except (urllib.error.URLError, OSError, ValueError) as error:
        return _Answer({}, frozenset(), f"{url} does not answer: {getattr(error, 'reason', error)}")
    scopes = frozenset(scope.strip() for scope in listed.split(",") if scope.strip())
    return _Answer(facts if isinstance(facts, dict) else {}, scopes)
