"""The JSON state of one session: a file an agent and one for the session, for people and programs to look at.

Written atomically (temporary file, fsync, rename), so a reader or a crash never meets half a file. Nothing is ever
decided from these files: the store and the engine hold the truth.
"""

import json
import os
from pathlib import Path
from typing import Any

from company.redaction import Redactor


class StateFolder:
    """``.compound-state/session-<job id>/``."""

    def __init__(self, folder: Path, redactor: Redactor | None = None) -> None:
        self.folder, self._redactor = folder, redactor or Redactor()

    def write(self, name: str, facts: dict[str, Any]) -> Path:
        """Replace ``<name>.json`` whole, without secrets."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.json"
        text = json.dumps(self._redactor.value(facts), indent=2, ensure_ascii=False, sort_keys=False)
        write_atomically(path, f"{text}\n")
        return path

    def read(self, name: str) -> dict[str, Any]:
        """Return what ``<name>.json`` holds; empty when there is no such file."""
        try:
            facts = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return facts if isinstance(facts, dict) else {}


def write_atomically(path: Path, text: str) -> None:
    """Put ``text`` at ``path``: after a crash either the old file is there or the new one, whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
