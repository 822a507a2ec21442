"""One daemon and one bot a folder: a lock that the kernel lets go of when the process ends, however it ends.

In the lock's file stand, a line each: the process, and the version, digest and folder of the code that it runs.
"""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from company.errors import AgentServiceError
from company.running_code import RunningCode, running_code

_READ_MAX = 8192  # bytes; a path may be long


@dataclass(frozen=True)
class Holder:
    """Who wrote the lock's file last; whether it still lives, the kernel knows."""

    pid: int
    code: RunningCode | None  #: None: it was written by a version that did not say


class FolderTaken(AgentServiceError):
    """Another one works in this folder; ``pid`` is its process, as it wrote it down."""

    def __init__(self, folder: Path, pid: str, program: str) -> None:
        self.folder, self.pid, self.program = folder, pid, program
        self.mend = "stop that one first, or leave it to its work: it takes the files that are dropped"
        super().__init__(f"a {program} is at work in {folder} already{f' (pid {pid})' if pid else ''}")


def hold_folder(state: Path, program: str = "daemon") -> int:
    """Take the lock of ``program`` and keep it until this process ends; return its descriptor. Raises FolderTaken."""
    state.mkdir(parents=True, exist_ok=True)
    path = state / f"{program}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.read(descriptor, 20).decode("ascii", "replace").partition("\n")[0]
        os.close(descriptor)
        raise FolderTaken(state.parent, pid, program) from error
    code = running_code()
    lines = (os.getpid(), code.version, code.digest, code.place)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"), 0)
    return descriptor


def holder_of(state: Path, program: str = "daemon") -> Holder | None:
    """Return who held the lock of ``program`` last; None: nobody, or it cannot be read."""
    try:
        with (state / f"{program}.lock").open("rb") as file:
            lines = file.read(_READ_MAX).decode("utf-8", "surrogateescape").splitlines()
        pid, *code = lines
        return Holder(int(pid), RunningCode(code[0], code[1], Path(code[2])) if len(code) > 2 else None)
    except (OSError, ValueError):
        return None
