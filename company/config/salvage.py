"""What can still be known of a config.yaml that cannot be used: enough to look into the books and to stop a job.

A slip in one section must not take away the commands one needs while mending it. So each section is read for itself.
Where the books are must be certain: with ``folders`` or ``database`` unreadable there is nothing to offer. Who may
give orders must be too: with ``roles`` unreadable a terminal may only look.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from company.config.loading import as_tuples, with_database_url
from company.config.records import Config
from company.errors import ConfigError
from company.yaml_text import YamlError, load_yaml

_MUST_BE_READ = ("database", "folders")
_WANTED = (*_MUST_BE_READ, "company", "limits", "roles")
_ONLY_LOOKS = {"terminal_role": "viewer"}
_SECTION = re.compile(r"^([A-Za-z_]\w*)[ \t]*:", re.MULTILINE)


def salvage_config(path: Path, environ: Mapping[str, str]) -> Config | None:
    """Return a configuration of the sections that can be read, without agents or repositories; None: not enough."""
    try:
        text = path.absolute().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    kept: dict[str, Any] = {}
    for name, sections in _sections(text).items():
        value = _readable(path, name, sections)
        if value is not None:
            kept[name] = value
        elif name in _MUST_BE_READ:
            return None
        elif name == "roles":
            kept[name] = _ONLY_LOOKS
    try:
        return with_database_url(_config(path, kept), environ)
    except (ConfigError, ValidationError):
        return None


def _sections(text: str) -> dict[str, list[str]]:
    """Cut the text where a key stands at the margin; return the pieces of each wanted section."""
    starts = list(_SECTION.finditer(text))
    ends = [match.start() for match in starts[1:]] + [len(text)]
    found: dict[str, list[str]] = {}
    for match, end in zip(starts, ends, strict=True):
        if match[1] in _WANTED:
            found.setdefault(match[1], []).append(text[match.start() : end])
    return found


def _readable(path: Path, name: str, sections: list[str]) -> dict[str, Any] | None:
    if len(sections) != 1:  # which of them was meant?
        return None
    try:
        data = load_yaml(sections[0], name=path.name).data
        value = as_tuples(data[name] or {})
        _config(path, {name: value})
    except (YamlError, ValidationError):
        return None
    return value if isinstance(value, dict) else None


def _config(path: Path, settings: Mapping[str, Any]) -> Config:
    path = path.absolute()
    return Config.model_validate({**settings, "root": path.parent, "path": path})
