"""What is asked of a process, and what became of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

#: '<job id>/<name>': each part starts with a letter or digit, so that no part is '..' or an option
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}/[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class EndReason(StrEnum):
    """Why a process is over."""

    EXITED = "exited"  #: by itself: look at exit_code, or at signal where one ended it
    WALL_TIMEOUT = "wall_timeout"  #: it took longer than wall_timeout_s
    IDLE_TIMEOUT = "idle_timeout"  #: it wrote nothing for idle_timeout_s
    MEMORY_LIMIT = "memory_limit"  #: it and its descendants held more than memory_limit_bytes
    STOPPED = "stopped"  #: somebody called stop()
    NOT_STARTED = "not_started"  #: the program could not be started: error says why
    LOST = (
        "lost"  #: nobody saw its end (its shim was killed, the machine went down), as often as it was tried
    )


class Stream(StrEnum):
    """Where a line comes from."""

    STDOUT = "stdout"
    STDERR = "stderr"
    SERVICE = "service"  #: a note of ours in the output: something was cut or dropped
    ATTEMPT = "attempt"  #: a former attempt was lost and a new one begins: what it said counts no more


@dataclass(frozen=True)
class RunAs:
    """A user of this machine, as its password file says."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    shell: str

    def variables(self) -> dict[str, str]:
        """Return what a login would set: the service's own would point to what the user cannot enter."""
        return {"HOME": self.home, "USER": self.name, "LOGNAME": self.name, "SHELL": self.shell or "/bin/sh"}


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """A process to run. The key is its identity: the same key is never run twice."""

    key: str  #: '<job id>/<name>', both safe as names of folders
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]  #: all of it: nothing is inherited
    output_path: Path  #: both streams, redacted, appended line by line
    wall_timeout_s: float
    idle_timeout_s: float | None  #: None is no limit
    output_limit_bytes: int  #: what this process may add to output_path
    memory_limit_bytes: int | None  #: for it and its descendants together; None is no limit
    stdin_path: Path | None = None  #: None is an empty standard input
    is_spoken_with: bool = (
        False  #: stdin_path is only its beginning: Processes.say() goes on, hang_up() ends it
    )
    shortened: tuple[
        str, ...
    ] = ()  #: lines of output that begin so are kept as that beginning, and a closing brace
    secrets: tuple[str, ...] = ()  #: values to redact, beside those whose variables have the name of a secret

    def __post_init__(self) -> None:
        """Refuse what could never be run, where the mistake is made."""
        if not KEY.fullmatch(self.key):
            raise ValueError(f"not a process key: {self.key!r}")
        if not self.argv or any("\0" in word for word in (*self.argv, *self.env, *self.env.values())):
            raise ValueError(f"{self.key}: an empty argument vector, or a NUL in it or in the environment")
        if self.is_spoken_with and self.stdin_path is None:
            raise ValueError(f"{self.key}: who is spoken with is told something first")


@dataclass(frozen=True, kw_only=True)
class ProcessEnd:
    """How it ended. Times are UTC as stored; ``duration_s`` is measured on the monotonic clock."""

    reason: EndReason
    exit_code: int | None  #: None where a signal ended it, and where it never ran
    signal: int | None
    started_at: str
    ended_at: str
    duration_s: float
    error: str = ""  #: why it could not be started, or was lost; '' otherwise
    dropped_bytes: int = 0  #: output that was not kept: over the limit, or the disk was full
    attempts: int = 1  #: how many times it was started, the lost ones included


class Detached(Exception):
    """The daemon is leaving; the process runs on, and the next daemon's run() of the same key finds it.

    Not an AgentServiceError: it must never be told to anyone as the outcome of a step.
    """
