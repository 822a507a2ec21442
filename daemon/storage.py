"""Trouble with storage, which passes by itself or by a person's hand: told from every other error, and waited out.

A full disk, a disk that can only be read, a database that is locked or restarts, a process table that is full: none
of it says anything about a job, and nothing about a job could be written down while it lasts. So whoever meets it
inside a job's step waits, with growing pauses, and repeats the step; steps are safe to repeat. No job ends by it.
"""

import errno
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from company.errors import AgentServiceError, GitError, StoreUnavailable

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = (
    0.25,
    10.0,
)  # so that work goes on within ten seconds of the end of the trouble

_PASSING = frozenset(
    {
        errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE,
        errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOLCK,
    }
)  # fmt: skip
#: MB free: a program that fails with less probably found no room (root and quotas see other limits than statvfs)
EXHAUSTED_MB = 8

_MB = 1 << 20

T = TypeVar("T")


class NoRoom(AgentServiceError):
    """A disk has no room for what a step needs; the words are those of ``shortage``."""


def trouble_in(error: BaseException) -> str:
    """Say what trouble with storage ``error`` tells of, in one line; '' when it tells of something else."""
    if isinstance(error, StoreUnavailable | NoRoom):
        return str(error)
    if isinstance(error, GitError):
        return _trouble_of_git(error)
    if isinstance(error, shutil.Error):  # of a whole tree: the reasons are in its words only
        words = str(error)
        return next((os.strerror(code) for code in _PASSING if os.strerror(code) in words), "")
    if isinstance(error, OSError) and error.errno in _PASSING:
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return ""


def _trouble_of_git(error: GitError) -> str:
    if isinstance(error.__cause__, OSError):  # it could not be started
        return trouble_in(error.__cause__)
    # A push that fails so tells of the remote's disk: the job ends blocked, with a clear word.
    is_ours = error.argv[:1] != ("push",)
    is_storage = error.code == "disk_full" or os.strerror(errno.EROFS) in error.stderr
    return str(error) if is_ours and is_storage else ""


def shortage(folders: Iterable[Path], reserve_mb: int) -> str:
    """Say which of ``folders`` could not take work: its disk has less than ``reserve_mb`` MB free, or is read-only.

    '' when all can. A folder that is not there is looked for where it would be made. Costs microseconds.
    """
    for folder in folders:
        existing, found = _disk_of(folder)
        if found.f_flag & os.ST_RDONLY:
            return f"the disk of {existing} can only be read"
        free = found.f_bavail * found.f_frsize
        if free < reserve_mb * _MB:
            return (
                f"{free / _MB:.0f} MB are free on the disk of {existing}; a job starts with {reserve_mb} MB or more "
                "(limits.disk_reserve_mb)"
            )
        if found.f_files and not found.f_favail:
            return f"the disk of {existing} takes no more files (no inodes are free)"
    return ""


def _disk_of(folder: Path) -> tuple[Path, os.statvfs_result]:
    """Return ``folder``, or what of it there is, and how its disk stands. Asked four times a second."""
    try:
        return folder, os.statvfs(folder)
    except (FileNotFoundError, NotADirectoryError):
        existing = next(path for path in folder.parents if path.exists())
        return existing, os.statvfs(existing)


class DiskWatch:
    """Remembers when a disk was full or read-only, so that a program that failed meanwhile is not blamed for it.

    Its end alone does not tell: on a full disk the end itself is recorded only when there is room again.
    """

    def __init__(self, folders: Callable[[], Iterable[Path]]) -> None:
        self._folders, self._full_at = folders, float("-inf")

    def look(self) -> None:
        """Look at the disks: four times a second, whoever has the time."""
        if shortage(self._folders(), EXHAUSTED_MB):
            self._full_at = time.monotonic()

    def was_full_since(self, began: float) -> bool:
        """Say whether a disk was full at a look since ``began`` (monotonic), or is now."""
        self.look()
        return self._full_at >= began


def patiently(attempt: Callable[[], T], what: str) -> T:
    """Return what ``attempt`` returns, repeating it as long as it meets trouble with storage.

    ``what`` is attempted, in words for the log. Other errors are raised. Ends with the process where nothing helps.
    """
    pause_s, said = FIRST_PAUSE_S, ""
    while True:
        try:
            result = attempt()
        except Exception as error:
            trouble = trouble_in(error)
            if not trouble:
                raise
            if trouble != said:
                log.warning("%s waits: %s", what, trouble)
        else:
            if said:
                log.info("%s goes on", what)
            return result
        said = trouble
        threading.Event().wait(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
