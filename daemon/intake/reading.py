"""Reading a file that anybody may have put there: regular, whole, bounded, and never waited for.

Opened without following links and without blocking, judged by what was opened and not by its name: between a look
and an opening the name may come to mean another file. A file that is being written is not read: Linux tells exactly
(a read lease is refused while any process has the file open for writing), elsewhere a change during the reading does.
"""

import fcntl
import os
import signal
import stat
import sys
from contextlib import suppress
from pathlib import Path

from company.errors import AgentServiceError, PriorityFileError

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


class StillWritten(AgentServiceError):
    """Somebody is writing the file; it is complete later."""


def is_being_written(path: Path) -> bool:
    """Say whether a process has the file open for writing, where that can be known; else False."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return False
    try:
        return _has_writer(descriptor)
    finally:
        os.close(descriptor)


def read_file(path: Path, name: str, max_bytes: int) -> bytes:
    """Return the file's bytes. ``name`` is what errors call it.

    Raises PriorityFileError for what is no file to be read, StillWritten, FileNotFoundError.
    """
    refuse_kind(path.lstat(), name)
    try:
        descriptor = os.open(path, _FLAGS)
    except PermissionError as error:
        raise PriorityFileError(
            name, "the service may not read it", mend="give its user the right to read"
        ) from error
    try:
        before = os.fstat(descriptor)
        refuse_kind(before, name)
        if _has_writer(descriptor):
            raise StillWritten(name)
        if before.st_size > max_bytes:
            raise _too_large(name, max_bytes)
        data = _read_up_to(descriptor, max_bytes + 1)
        if _mark(os.fstat(descriptor)) != _mark(before):
            raise StillWritten(name)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise _too_large(name, max_bytes)
    return data


def refuse_kind(found: os.stat_result, name: str) -> None:
    """Raise PriorityFileError unless ``found`` is a regular file with one name."""
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG:
        raise PriorityFileError(
            name, f"it is {_KINDS.get(kind, 'no file')}, not a file", mend="put a copy of the file here"
        )
    if found.st_nlink > 1:
        raise PriorityFileError(
            name,
            "it has a second name elsewhere (a hard link), through which it could change while it is worked on",
            mend="put a copy of the file here (cp)",
        )


def _has_writer(descriptor: int) -> bool:
    if sys.platform != "linux":
        return False
    # Whoever opens the file for writing while we hold the lease makes the kernel signal us. The default is SIGIO,
    # which ends a process that does not expect it; SIGURG is ignored by one that does not.
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:  # another user's file, or a file system without leases
        return False
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _read_up_to(descriptor: int, count: int) -> bytes:
    parts: list[bytes] = []
    while count > 0 and (part := os.read(descriptor, min(count, 1 << 20))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _mark(found: os.stat_result) -> tuple[int, int]:
    return found.st_size, found.st_mtime_ns


def _too_large(name: str, max_bytes: int) -> PriorityFileError:
    return PriorityFileError(
        name,
        f"larger than {max_bytes} bytes (intake.max_file_bytes)",
        mend="put what is large into the repository, and name it in the file",
    )
