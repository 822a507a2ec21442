"""What went wrong, in one line with the mend, and the exit code: the only place that words it for terminals.

Exit codes, for scripts::

    0    done, or nothing was left to do
    1    refused, or a known error: the line says which and what mends it
    2    the command line itself is wrong
    3    a fault of the service
    4    the job that was waited for ended failed, blocked or stopped
    130  interrupted
"""

import errno
import os
from dataclasses import dataclass
from enum import IntEnum

import typer

from company.errors import (
    AgentServiceError,
    ConfigError,
    GitError,
    NotFound,
    OrderRefused,
    PriorityFileError,
    RunError,
    SchemaDrift,
    StoreError,
)

#: set to anything, a fault of the service shows its traceback
TRACEBACK_VARIABLE = "AGENT_SERVICE_TRACEBACK"


class ExitCode(IntEnum):
    """What the command tells the shell."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FAULT = 3
    NOT_COMPLETED = 4
    INTERRUPTED = 130


@dataclass(frozen=True)
class Problem:
    """One line for a person, a stable word for a program."""

    exit_code: ExitCode
    kind: str
    text: str
    mend: str = ""

    def line(self) -> str:
        """Write it as one line."""
        text = " ".join(self.text.split())
        return f"agent-service: {text} → {self.mend}" if self.mend else f"agent-service: {text}"

    def facts(self) -> dict[str, dict[str, str]]:
        """Return it as ``--json`` prints it."""
        return {"error": {"kind": self.kind, "text": self.text, "mend": self.mend}}


_KINDS: tuple[tuple[type[AgentServiceError], str], ...] = (
    (ConfigError, "config"),
    (PriorityFileError, "priority_file"),
    (NotFound, "not_found"),
    (SchemaDrift, "schema_drift"),
    (StoreError, "store"),
    (RunError, "runner"),
    (GitError, "git"),
)


def problem_of(error: BaseException) -> Problem:
    """Say what ``error`` means to whoever typed the command."""
    if isinstance(error, AgentServiceError):
        return Problem(ExitCode.REFUSED, _kind(error), str(error), error.mend)
    if isinstance(error, typer.TyperException):
        place = getattr(getattr(error, "ctx", None), "command_path", "agent-service")
        return Problem(ExitCode.USAGE, "usage", error.format_message(), f"{place} --help")
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Problem(ExitCode.INTERRUPTED, "interrupted", "interrupted")
    if isinstance(error, OSError):
        return Problem(ExitCode.REFUSED, "system", _os_words(error), _os_mend(error))
    return Problem(
        ExitCode.FAULT,
        "fault",
        f"a fault of the service: {type(error).__name__}: {error}",
        f"run it again with {TRACEBACK_VARIABLE}=1 and report what it prints",
    )


def _kind(error: AgentServiceError) -> str:
    if isinstance(error, OrderRefused):
        return error.code
    return next((kind for known, kind in _KINDS if isinstance(error, known)), "error")


def _os_words(error: OSError) -> str:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def _os_mend(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "free space on the disk and try again"
    if error.errno == errno.EROFS:
        return "make the disk writable and try again"
    if isinstance(error, IsADirectoryError):
        return "name a file in it"
    if isinstance(error, PermissionError):
        return "run it as the user that owns the company's folder"
    if isinstance(error, FileNotFoundError):
        return "check the path"
    return "agent-service doctor"
