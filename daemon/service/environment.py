"""What a service finds in its environment: nothing of a terminal, unless it is written down for it.

The unit holds what everybody may read: PATH, language, proxies, the variables that config.yaml passes on to agents.
What nobody may read, such as ``ANTHROPIC_API_KEY``, is in ``<state>/service.env`` (company/config/service_env.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from company.config import Config
from company.config.values import has_password
from company.redaction import SECRET_NAME
from daemon.service.search_path import runners_in_use

#: a service manager sets these, or they belong to one session
_OF_A_SESSION = frozenset({"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "PWD", "SSH_AUTH_SOCK"})
#: what reaching a remote may need, and the one setting of ours that is a path
_FOR_US = (
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "GIT_SSH_COMMAND",
    "XDG_CONFIG_HOME",
    "AGENT_SERVICE_DATABASE_URL_FILE",
    "GITHUB_TOKEN_FILE",
    "SLACK_BOT_TOKEN_FILE",
    "SLACK_APP_TOKEN_FILE",
    "SLACK_SIGNING_SECRET_FILE",
)
_SECRETS_OF_OURS = (
    "AGENT_SERVICE_DATABASE_URL", "GITHUB_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET",
)  # fmt: skip


@dataclass(frozen=True)
class Carried:
    """What of a terminal's environment goes into the unit, and the names of what is too secret for it."""

    settings: tuple[tuple[str, str], ...]
    withheld: tuple[str, ...]


def carried(config: Config, environ: Mapping[str, str]) -> Carried:
    """Choose from ``environ`` what the service needs beside PATH."""
    keys = _keys_of_runners(config)
    files = [f"{key}_FILE" for key in keys]
    names = dict.fromkeys((*config.environment_allowed, *_FOR_US, *_SECRETS_OF_OURS, *keys, *files))
    wanted = [name for name in names if name not in _OF_A_SESSION and environ.get(name)]
    secret = {name for name in wanted if is_secret(name, environ[name])}
    return Carried(
        tuple((name, environ[name]) for name in wanted if name not in secret),
        tuple(name for name in wanted if name in secret),
    )


def _keys_of_runners(config: Config) -> list[str]:
    """Return the variables in which the programs that run agents look for a key."""
    found: list[str] = []
    for settings in map(config.runners.of, runners_in_use(config)):
        found += [settings.key] if settings.key else settings.credentials
    return found


def is_secret(name: str, value: str) -> bool:
    """Say whether a variable must not stand where everybody can read it."""
    return has_password(value) or bool(SECRET_NAME.search(name) and not value.startswith("/"))
