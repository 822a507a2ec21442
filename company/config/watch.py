"""Following config.yaml while the service runs: safe changes at once, others named, a broken file ignored."""

import threading
from collections.abc import Mapping
from pathlib import Path

from company.config.loading import load_config
from company.config.records import Config
from company.errors import ConfigError

#: sections, or single keys of them, that are read once at start
NEEDS_RESTART = (
    "company.time_zone", "database", "folders", "intake.settle_s", "intake.rescan_s", "limits.agents_at_once", "slack",
)  # fmt: skip


class ConfigWatch:
    """The configuration in force. Thread-safe; readers take ``current()`` once for each thing they do."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        """Read ``path``. Raises ConfigError."""
        self._path, self._environ = path.absolute(), environ
        self._lock = threading.Lock()
        self._mark = _mark(self._path)
        self._config = load_config(self._path, environ)
        self.problem = ""  #: why the file, as it stands on the disk, is not in use; '' when it is

    def current(self) -> Config:
        """Return the newest configuration that could be used."""
        return self._config

    def refresh(self) -> list[str] | None:
        """Read the file again if it changed: None when it did not, else the changed keys that need a restart.

        What needs a restart keeps its old value until then. Raises ConfigError, once for each change of the
        file, when it cannot be used; the configuration in force stays.
        """
        with self._lock:
            mark = _mark(self._path)
            if mark == self._mark:
                return None
            self._mark = mark
            try:
                loaded = load_config(self._path, self._environ)
            except ConfigError as error:
                self.problem = str(error)
                raise
            self.problem = ""
            late = [key for key in NEEDS_RESTART if _value(loaded, key) != _value(self._config, key)]
            self._config = _keeping(self._config, loaded, late)
            return late


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _value(config: Config, key: str) -> object:
    value: object = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _keeping(old: Config, new: Config, keys: list[str]) -> Config:
    """Return ``new`` with the values of ``keys`` that ``old`` has."""
    for key in keys:
        section, _, field = key.partition(".")
        kept = getattr(old, section)
        if field:
            kept = getattr(new, section).model_copy(update={field: getattr(kept, field)})
        new = new.model_copy(update={section: kept})
    return new
