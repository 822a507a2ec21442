"""What the bot needs to reach Slack, from config.yaml and the environment: read once, at start."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from company.config import Config, secret
from company.errors import ConfigError

SLACK_URL: Final = "https://slack.com/api/"
#: set by the parent that started a local Slack: its Web API. Then, and only then, is the Slack we talk to a local one.
LOCAL_URL_VARIABLE: Final = "AGENT_SERVICE_LOCAL_SLACK_URL"
LOCAL_WAIT_S: Final = 30.0  # how long the local Slack may take to make its credentials at its first start


@dataclass(frozen=True, kw_only=True)
class SlackSettings:
    """Where Slack is and how we are known there."""

    base_url: str
    is_local: bool
    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)  #: for Socket Mode
    signing_secret: str = field(default="", repr=False)  #: for HTTP mode


def has_tokens(environ: Mapping[str, str]) -> bool:
    """Say whether a workspace's bot token is there. Raises ConfigError for a file that cannot be read."""
    return secret(environ, "SLACK_BOT_TOKEN") is not None


def slack_settings(config: Config, environ: Mapping[str, str]) -> SlackSettings:
    """Return how to reach Slack. Raises ConfigError naming the token that is missing."""
    local_url = environ.get(LOCAL_URL_VARIABLE)
    if local_url and not has_tokens(environ):
        known = _local_credentials(config)
        return SlackSettings(
            base_url=local_url,
            is_local=True,
            bot_token=known["bot_token"],
            app_token=known["app_token"],
            signing_secret=known["signing_secret"],
        )
    is_socket = config.slack.mode == "socket"
    return SlackSettings(
        base_url=config.slack.base_url or SLACK_URL,
        is_local=False,
        bot_token=_needed(
            config, environ, "SLACK_BOT_TOKEN", "xoxb-…, from the app's page OAuth & Permissions"
        ),
        app_token=_needed(config, environ, "SLACK_APP_TOKEN", "xapp-…, from the app's page Basic Information")
        if is_socket
        else "",
        signing_secret=""
        if is_socket
        else _needed(config, environ, "SLACK_SIGNING_SECRET", "from the app's page Basic Information"),
    )


def _needed(config: Config, environ: Mapping[str, str], name: str, where: str) -> str:
    found = secret(environ, name)
    if found is None:
        raise ConfigError(
            config.path,
            name,
            "is not set",
            mend=f"set {name} (or {name}_FILE) to the token {where}; or agent-service up without any: a local Slack",
        )
    return found.strip()


def local_credentials_path(config: Config) -> Path:
    """Return where the local Slack keeps its tokens, which it makes at its first start."""
    return config.folders.state / "local-slack" / "credentials.json"


def _local_credentials(config: Config) -> dict[str, str]:
    """Read the local Slack's tokens, waiting for it to make them. Raises ConfigError."""
    path = local_credentials_path(config)
    deadline = time.monotonic() + LOCAL_WAIT_S
    while True:
        try:
            return {
                str(key): str(value) for key, value in json.loads(path.read_text(encoding="utf-8")).items()
            }
        except (OSError, ValueError) as error:  # not there yet, or half written
            if time.monotonic() > deadline:
                raise ConfigError(path, "", f"the local Slack made no credentials: {error}") from error
            time.sleep(0.05)
