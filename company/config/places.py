"""Where config.yaml is, and where the files are that the product ships."""

from collections.abc import Mapping
from pathlib import Path

from company.errors import ConfigError

FILE_NAME = "config.yaml"


def find_config(explicit: Path | None, cwd: Path, environ: Mapping[str, str]) -> Path:
    """Return the config.yaml to use: ``explicit``, ``AGENT_SERVICE_CONFIG``, or the first from ``cwd`` up.

    A folder stands for the config.yaml in it. Raises ConfigError when there is none.
    """
    asked = explicit or (Path(value) if (value := environ.get("AGENT_SERVICE_CONFIG")) else None)
    if asked is not None:
        path = cwd / asked.expanduser()
        path = path / FILE_NAME if path.is_dir() else path
        if path.is_file():
            return path.absolute()
        raise ConfigError(path, "", "there is no such file", mend="agent-service init DIR makes one")
    for folder in (cwd.absolute(), *cwd.absolute().parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise ConfigError(
        cwd / FILE_NAME, "", "no company here or in a folder above", mend="agent-service init DIR makes one"
    )


def shipped(name: str) -> Path:
    """Return a file or folder that the product ships: ``schema.sql``, ``config.yaml``, ``prompts/…``.

    In an installed wheel they are in the package's folder ``company/shipped``, in a clone where they are
    edited. Raises FileNotFoundError.
    """
    package = Path(__file__).resolve().parents[1]
    for path in (package / "shipped" / name, package.parent / name, package.parent / "daemon" / name):
        if path.exists():
            return path
    raise FileNotFoundError(f"the product ships no {name!r}")
