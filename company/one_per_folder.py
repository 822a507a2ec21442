"""One daemon and one bot a folder: a lock that the kernel lets go of when the process ends, however it ends."""

import fcntl
import os
from pathlib import Path

from company.errors import AgentServiceError


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
        pid = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise FolderTaken(state.parent, pid, program) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
