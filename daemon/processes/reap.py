"""Finding what an attempt left running when nobody was there to end it: by a token in its environment.

Every child is started with ``AGENT_SERVICE_RUN=<installation>/<job>/<name>/<attempt>``, and what it starts inherits
that. A process is signalled only when its pid, its start time and its token agree. What clears its environment and
has lost its shim as well is not found: only a control group could hold it.

On Linux /proc is read. Elsewhere psutil is asked, which is slower and weaker: it sees the environments of the own
user's processes only, and between its look and its signal lie microseconds.
"""

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from daemon.processes.family import HAS_PROC, signal_exactly, start_time

TOKEN_NAME = "AGENT_SERVICE_RUN"  # noqa: S105 - the name of a variable, no secret
ROUND_S = 0.01  # between two looks while killing


@dataclass(frozen=True)
class Stray:
    """A running process with a token of ours."""

    pid: int
    started: float  #: clock ticks since boot from /proc, seconds since 1970 from psutil
    token: str


class ProcessTable(Protocol):
    """Where processes are looked up."""

    def marked(self, prefix: str) -> list[Stray]:
        """Return the processes whose token starts with ``prefix``."""
        ...

    def kill(self, stray: Stray) -> bool:
        """Kill exactly this process; say whether it was there."""
        ...


class ProcTable:
    """Linux."""

    def marked(self, prefix: str) -> list[Stray]:
        """Return the processes whose token starts with ``prefix``."""
        needle = f"{TOKEN_NAME}={prefix}".encode()
        strays = []
        for name in (one.name for one in Path("/proc").iterdir()):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            started = start_time(int(name))
            words = _environ(name).split(b"\0") if started is not None else ()
            token = next((word for word in words if word.startswith(needle)), None)
            if started is not None and token is not None:
                strays.append(Stray(int(name), started, token.decode().partition("=")[2]))
        return strays

    def kill(self, stray: Stray) -> bool:
        """Kill exactly this process; say whether it was there."""
        return signal_exactly((stray.pid, int(stray.started)), signal.SIGKILL)


class PsutilTable:
    """Any system that psutil knows."""

    def __init__(self) -> None:
        import psutil  # 8 MB of the daemon's memory, for nothing where there is /proc

        self._psutil = psutil

    def marked(self, prefix: str) -> list[Stray]:
        """Return the processes whose token starts with ``prefix``."""
        strays = []
        for process in self._psutil.process_iter():
            try:
                token = process.environ().get(TOKEN_NAME, "")
                if token.startswith(prefix) and process.pid != os.getpid():
                    strays.append(Stray(process.pid, process.create_time(), token))
            except (self._psutil.Error, OSError):
                continue
        return strays

    def kill(self, stray: Stray) -> bool:
        """Kill exactly this process; say whether it was there."""
        try:
            process = self._psutil.Process(stray.pid)
            if process.create_time() != stray.started:
                return False
            process.kill()
        except self._psutil.Error:
            return False
        return True


def process_table() -> ProcessTable:
    """Return the best there is here."""
    return ProcTable() if HAS_PROC else PsutilTable()


def kill_marked(table: ProcessTable, token: str, *, within_s: float = 1.0) -> int:
    """Kill every process with exactly this token, looking again until none is left; return how many were killed."""
    killed: set[Stray] = set()
    deadline = time.monotonic() + within_s
    while True:
        strays = [stray for stray in table.marked(token) if stray.token == token]
        killed.update(stray for stray in strays if table.kill(stray))
        if not strays or time.monotonic() > deadline:
            return len(killed)
        threading.Event().wait(ROUND_S)


def _environ(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""  # gone, or another user's
