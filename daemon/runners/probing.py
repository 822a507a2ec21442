"""Whether a program is here, which version, and whether it could log in: offline, and without starting it if possible.

A program from npm says its version in the ``package.json`` beside it; starting Node for that takes seconds.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

PACKAGE_LEVELS = 4  # folders above the program's file in which its package.json may stand


def find_program(program: str, environment: Mapping[str, str]) -> Path | None:
    """Return the program's file, searched as an agent's process searches it."""
    found = shutil.which(program, path=environment.get("PATH", os.defpath))
    return Path(found) if found else None


def version_beside(program: Path, package: str) -> str | None:
    """Return the version of the npm package that the program's file belongs to; None where it is none of it."""
    for folder in list(program.resolve().parents)[:PACKAGE_LEVELS]:
        try:
            facts = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(facts, dict) and facts.get("name") == package:
            return str(facts.get("version"))
    return None


def version_in(words: str) -> str | None:
    """Return the first version number in what a program says of itself."""
    found = re.search(r"\d+\.\d+\.\d+[\w.-]*", words)
    return found[0] if found else None


def secrets_for(names: tuple[str, ...], take: Callable[[str], str | None]) -> dict[str, str]:
    """Return those of the variables that are set."""
    return {name: value for name in names if (value := take(name))}
