"""One writer at a time: a lock file (flock) that threads and processes of this host share.

The lock belongs to whoever holds the open file, so the kernel frees it when the holder dies. Its descriptor is also
handed to the git process that works under it (``command.run_git``, ``hold``): when the daemon is killed and its git
lives on, the next daemon waits for that git instead of taking its lock files for left-overs.

A lock file is never deleted: two holders of one name could then hold two different files.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from company.errors import GitError

_FIRST_LOOK_S, _LAST_LOOK_S = 0.002, 0.05


@contextmanager
def locked(path: Path, timeout_s: float) -> Iterator[int]:
    """Hold the lock file at ``path`` and give its descriptor. Raises GitError when it is not free in time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _wait_for(descriptor, path, time.monotonic() + timeout_s)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, path: Path, deadline: float) -> None:
    pause = _FIRST_LOOK_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise GitError(
                    ("lock", path.name),
                    None,
                    f"another git call kept {path} for too long",
                    mend="see which process holds that file; the job can be retried",
                    code="busy",
                ) from None
            time.sleep(pause)
            pause = min(pause * 1.5, _LAST_LOOK_S)
        else:
            return
