"""What a service finds in its environment: nothing of a terminal, unless it is written down for it.

Two places. The unit holds what everybody may read: PATH, language, proxies, the variables that config.yaml passes on
to agents. ``<state>/service.env`` holds what nobody may, such as ``ANTHROPIC_API_KEY``; the program reads it itself at
its start, so it is the same under every service manager.
"""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from company.config import Config
from company.config.values import has_password
from company.errors import ConfigError
from company.redaction import SECRET_NAME

FILE_NAME = "service.env"
_BYTES_MAX = 65_536
_SETTING = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")

#: a service manager sets these, or they belong to one session
_OF_A_SESSION = frozenset({"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "PWD", "SSH_AUTH_SOCK"})
#: what reaching a remote may need, and the one setting of ours that is a path
_FOR_US = (
    "http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "GIT_SSL_CAINFO", "GIT_SSH_COMMAND", "XDG_CONFIG_HOME", "AGENT_SERVICE_DATABASE_URL_FILE",
)  # fmt: skip


@dataclass(frozen=True)
class Carried:
    """What of a terminal's environment goes into the unit, and the names of what is too secret for it."""

    settings: tuple[tuple[str, str], ...]
    withheld: tuple[str, ...]


def carried(config: Config, environ: Mapping[str, str]) -> Carried:
    """Choose from ``environ`` what the service needs beside PATH."""
    names = dict.fromkeys((*config.environment_allowed, *_FOR_US, "AGENT_SERVICE_DATABASE_URL"))
    wanted = [name for name in names if name not in _OF_A_SESSION and environ.get(name)]
    secret = {name for name in wanted if is_secret(name, environ[name])}
    return Carried(
        tuple((name, environ[name]) for name in wanted if name not in secret),
        tuple(name for name in wanted if name in secret),
    )


def is_secret(name: str, value: str) -> bool:
    """Say whether a variable must not stand where everybody can read it."""
    return has_password(value) or bool(SECRET_NAME.search(name) and not value.startswith("/"))


def read_service_env(path: Path) -> dict[str, str]:
    """Read lines of ``NAME=value``; {} where there is no such file. Empty lines and those with # are passed over.

    A value is what stands behind the equals sign, quotes included: nothing is replaced in it. Raises ConfigError when
    others than its owner can read the file, and for a line that is none.
    """
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise ConfigError(path, "", "others can read it", mend=f"chmod 600 {path}")
            text = file.read(_BYTES_MAX).decode()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", f"cannot be read: {error}") from error
    settings: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _SETTING.fullmatch(line.strip())
        if match is None:
            raise ConfigError(path, "", "is no NAME=value", line=number, mend="write one setting a line")
        settings[match[1]] = match[2]
    return settings
