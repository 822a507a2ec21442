"""Reading config.yaml and the environment: all that is wrong is told at once, each with its line."""

import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from company.config.problems import SHOWN_MAX, Problem, from_validation, secrets_in
from company.config.records import Config
from company.config.references import broken_references
from company.config.values import database_url
from company.errors import ConfigError
from company.yaml_text import YamlDocument, YamlError, load_yaml

SECRET_MAX = 16_384  # bytes; a private key has 3 KiB
_NOT_IN_FILE = ("root", "path")  # fields of Config that say where it was read


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Read ``path``; ``AGENT_SERVICE_DATABASE_URL`` (or ``…_FILE``) wins over its ``database.url``.

    Raises ConfigError with up to ten problems in its reason, a line each.
    """
    path = path.absolute()
    document = _document(path)
    problems = secrets_in(document)
    config, more = _validated(path, document)
    problems += [one for one in more if one.line not in {known.line for known in problems}]
    if config is None or problems:
        raise _refusal(path, problems)
    return with_database_url(config, environ)


def with_database_url(config: Config, environ: Mapping[str, str]) -> Config:
    """Return the configuration with the environment's database, where it names one. Raises ConfigError."""
    url = secret(environ, "AGENT_SERVICE_DATABASE_URL")
    if url is None:
        return config
    try:
        database_url(url)
    except ValueError as error:
        raise ConfigError(config.path, "AGENT_SERVICE_DATABASE_URL", str(error)) from None
    return config.model_copy(update={"database": config.database.model_copy(update={"url": url})})


def secret(environ: Mapping[str, str], name: str) -> str | None:
    """Return the secret ``name``: from the environment, or from the file that ``<name>_FILE`` names.

    Raises ConfigError when the file cannot be read, or could be read by everybody.
    """
    if environ.get(name):
        return environ[name]
    key = f"{name}_FILE"
    if not environ.get(key):
        return None
    path = Path(environ[key]).expanduser()
    try:
        if path.stat().st_mode & stat.S_IROTH:
            raise ConfigError(path, key, "everybody on this machine can read it", mend=f"chmod 600 {path}")
        with path.open("rb") as file:
            text = file.read(SECRET_MAX).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, key, f"cannot be read: {error}") from error
    if not text:
        raise ConfigError(path, key, "is empty")
    return text


def _document(path: Path) -> YamlDocument:
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, "", "is not UTF-8", line=line, mend="save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(
            path, "", f"cannot be read: {error.strerror or error}", mend="agent-service init DIR makes one"
        ) from error
    try:
        return load_yaml(text, name=path.name)
    except YamlError as error:
        raise ConfigError(path, "", error.reason, line=error.line) from error


def _validated(path: Path, document: YamlDocument) -> tuple[Config | None, list[Problem]]:
    given = {} if document.data is None else document.data
    if not isinstance(given, dict):
        return None, [Problem("", "a list or a text: config.yaml is a mapping of sections", 1)]
    problems = [
        Problem(key, "is where the file stands, and cannot be set", document.line_of((key,)))
        for key in _NOT_IN_FILE
        if key in given
    ]
    settings = {key: as_tuples(value) for key, value in given.items() if key not in _NOT_IN_FILE}
    # A section with nothing under it is None in YAML: its defaults hold.
    settings = {key: value for key, value in settings.items() if value is not None}
    try:
        config = Config.model_validate({**settings, "root": path.parent, "path": path})
    except ValidationError as error:
        return None, problems + from_validation(error, document, Config)
    return config, problems + broken_references(config, document)


def as_tuples(value: Any) -> Any:
    """Make tuples of lists: pydantic, being strict, takes no list for a tuple."""
    if isinstance(value, list):
        return tuple(as_tuples(one) for one in value)
    if isinstance(value, dict):
        return {key: as_tuples(one) for key, one in value.items()}
    return value


def _refusal(path: Path, problems: Iterable[Problem]) -> ConfigError:
    found = list(problems)
    if len(found) == 1:
        only = found[0]
        return ConfigError(path, only.key, only.reason, line=only.line, mend=only.mend)
    shown = [one.sentence() for one in found[:SHOWN_MAX]]
    if len(found) > SHOWN_MAX:
        shown.append(f"and {len(found) - SHOWN_MAX} more")
    mend = next((one.mend for one in found if one.mend), "")
    return ConfigError(path, "", "; ".join(shown), mend=mend)
