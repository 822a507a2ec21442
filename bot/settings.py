"""What the bot needs to reach Slack, from config.yaml and the environment: read once, at start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from company.config import Config, secret
from company.errors import ConfigError

SLACK_URL: Final = "https://slack.com/api/"
#: set by the parent that started a local Slack: its Web API. Then, and only then, is the Slack we talk to a local one.
LOCAL_URL_VARIABLE: Final = "AGENT_SERVICE_LOCAL_SLACK_URL"
#: the local Slack takes any; these say so in its log
LOCAL_BOT_TOKEN: Final = "xoxb-local-slack"  # noqa: S105 - no secret: the local Slack knows no secrets
LOCAL_APP_TOKEN: Final = "xapp-local-slack"  # noqa: S105
LOCAL_SIGNING_SECRET: Final = "local-slack"  # noqa: S105


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
        return SlackSettings(
            base_url=local_url,
            is_local=True,
            bot_token=LOCAL_BOT_TOKEN,
            app_token=LOCAL_APP_TOKEN,
            signing_secret=LOCAL_SIGNING_SECRET,
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
