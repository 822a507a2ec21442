"""``<state>/service.env``: the environment's secrets as a file, for programs that no terminal starts.

Lines of ``NAME=value``, readable by their owner alone. Every program of the company reads it at its start, so it is the
same under each service manager, for ``./start`` and for a single command. What the environment says itself wins.
"""

import re
import stat
from collections.abc import MutableMapping
from pathlib import Path

from company.errors import ConfigError
from company.yaml_text import YamlError, load_yaml

FILE_NAME = "service.env"
_BYTES_MAX = 65_536
_SETTING = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def take_service_env(config_path: Path, environ: MutableMapping[str, str]) -> None:
    """Add to ``environ`` what the company's service.env sets and it does not. Raises ConfigError.

    A config.yaml that cannot be read is somebody else's to complain of: then the usual place is looked at.
    """
    for name, value in read_service_env(_state_folder(config_path) / FILE_NAME).items():
        environ.setdefault(name, value)


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


def _state_folder(config_path: Path) -> Path:
    state = ".compound-state"
    try:
        data = load_yaml(config_path.read_text(encoding="utf-8"), name=config_path.name).data
        state = data["folders"]["state"]
    except (OSError, UnicodeDecodeError, YamlError, KeyError, TypeError):
        pass
    return config_path.parent / Path(str(state)).expanduser()
