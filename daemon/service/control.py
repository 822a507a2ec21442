"""Calls to the service manager's own programs: the one place of this package that starts a process.

systemctl, loginctl, journalctl and launchctl: short calls with a time limit, no terminal, plain output.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from company.errors import AgentServiceError

CALL_S = 30.0
_SHOWN = 600  # characters of what a program said
_NO_MANAGER = (
    "not been booted with systemd",
    "Failed to connect to",
    "Failed to get D-Bus connection",
    "No medium found",
)


class ServiceManagerError(AgentServiceError):
    """The machine's service manager is not there, or refused. What it had done before stays done."""

    def __init__(self, argv: Sequence[str], said: str, *, mend: str = "") -> None:
        self.argv, self.said, self.mend = tuple(argv), said, mend
        super().__init__(f"{' '.join(argv)}: {said}")


@dataclass(frozen=True)
class Called:
    """How a call ended. Text is what the program wrote, without the line end."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str

    def or_raise(self, mend: str = "") -> str:
        """Return what it wrote; raise ServiceManagerError where it failed."""
        if self.exit_code == 0:
            return self.stdout
        said = (self.stderr or self.stdout or f"exit code {self.exit_code}")[-_SHOWN:]
        if any(words in said for words in _NO_MANAGER):
            mend = (
                "no service manager answers here (a container, or su without a login?): log in as that user, or run "
                "agent-service up under whatever keeps programs running here"
            )
        raise ServiceManagerError(self.argv, said, mend=mend)


def call(argv: Sequence[str], *, timeout_s: float = CALL_S) -> Called:
    """Run a program and wait for its end. Raises ServiceManagerError when it is not there or does not end."""
    environment = {**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": "", "PAGER": "cat"}
    runtime = f"/run/user/{os.getuid()}"
    if "XDG_RUNTIME_DIR" not in environment and Path(runtime).is_dir():
        environment["XDG_RUNTIME_DIR"] = (
            runtime  # su and cron do not set it; the user's manager listens there
        )
    try:
        ran = subprocess.run(
            list(argv),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise ServiceManagerError(
            argv,
            f"{argv[0]} is not installed",
            mend="services need systemd or launchd: run agent-service up under whatever keeps programs running here",
        ) from None
    except subprocess.TimeoutExpired:
        raise ServiceManagerError(argv, f"did not end within {timeout_s:.0f} s", mend="try again") from None
    return Called(tuple(argv), ran.returncode, ran.stdout.strip(), ran.stderr.strip())
