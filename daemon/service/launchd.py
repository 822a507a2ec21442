"""A program of the company as a launchd property list: pure text.

Keys are Apple's (launchd.plist(5)). launchd has no readiness, no watchdog and no growing waits: it starts again what
failed, ten seconds apart.
"""

import plistlib
from typing import Any
from xml.parsers.expat import ExpatError

from daemon.service.record import OPEN_FILES, STOP_WITHIN_S, Scope, ServiceRecord, seal_line

START_AGAIN_S = 10
_HEAD_LINES = 2  # the XML declaration and the document type


def plist_name(name: str) -> str:
    """Return the file's name for a service called ``name``; the name is also its label."""
    return f"{name}.plist"


def render(record: ServiceRecord) -> str:
    """Return the property list's text, sealed. Raises ValueError for a control character, which XML cannot hold."""
    text = plistlib.dumps(_facts(record), sort_keys=False).decode()
    lines = text.splitlines(keepends=True)
    head, body = "".join(lines[:_HEAD_LINES]), "".join(lines[_HEAD_LINES:])
    return f"{head}<!-- {seal_line(body)} -->\n{body}"


def environment_of(text: str) -> dict[str, str]:
    """Return the variables that a property list sets; {} when it cannot be read."""
    found = _read(text).get("EnvironmentVariables", {})
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def without_environment(text: str) -> str:
    """Return a property list without its seal and its variables, for comparing two."""
    return plistlib.dumps(
        {key: value for key, value in _read(text).items() if key != "EnvironmentVariables"}
    ).decode()


def _read(text: str) -> dict[str, Any]:
    try:
        found = plistlib.loads(text.encode())
    except (plistlib.InvalidFileException, ExpatError, ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def _facts(record: ServiceRecord) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "Label": record.name,
        "ProgramArguments": list(record.argv),
        "WorkingDirectory": str(record.root),
        "EnvironmentVariables": dict(record.environment),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": START_AGAIN_S,
        "ExitTimeOut": STOP_WITHIN_S,
        # Agents go on while the service is restarted or upgraded; it finds them again.
        "AbandonProcessGroup": True,
        # The others are throttled in processor and disk, and agents, which build and test, would be with them.
        "ProcessType": "Interactive",
        "SoftResourceLimits": {"NumberOfFiles": OPEN_FILES, "Core": 0},
        "HardResourceLimits": {"NumberOfFiles": OPEN_FILES, "Core": 0},
        "StandardErrorPath": str(record.errors_path),
    }
    if record.scope is Scope.SYSTEM:
        facts["UserName"] = record.user
    return facts
