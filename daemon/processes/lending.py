"""Lending a folder to the agents' user while something of it runs there, and taking it back before we work on it.

Everything but the user's runs is done by the service, as root, in the same folder. So nobody else may be able to move
about in it meanwhile: a name that is a file when it is looked at and a link when it is written would make root write
elsewhere. A folder that is ours again can be changed by nobody who still holds it open either.

Names are followed from descriptors, never through links. A file with several names (a package manager's cache, or
``/etc/shadow`` where the kernel lets anybody link it) is left to whom it belongs.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from daemon.processes.record import RunAs

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_TO_PASS = 0o711  # to get through, not to look about
_CLOSED = 0o700


def lend(folder: Path, run_as: RunAs) -> None:
    """Make ``folder``, and all in it, the user's. Once lent it is left alone: a run may be under way in it.

    Raises OSError.
    """
    with _opened(folder) as top:
        if os.fstat(top).st_uid == run_as.uid:
            return  # its own owner is changed last
        folders = list(_taken(top, run_as))
        for name in reversed(folders):  # the innermost first: what leads there is ours as long as we use it
            with contextlib.suppress(OSError), _opened(name, top) as inner:
                os.fchown(inner, run_as.uid, run_as.gid)
        os.fchown(top, run_as.uid, run_as.gid)


def take_back(folder: Path) -> None:
    """Make ``folder`` and the folders in it ours again, and closed. Nothing there is no error. Raises OSError."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), _opened(folder) as top:
        for _ in _taken(top, None):
            pass


def make_passage(base: Path, folder: Path) -> None:
    """Make ``folder`` below ``base``, each on the way open to pass through and closed to look into."""
    for one in (base, *(base / part for part in _ways(folder.relative_to(base)))):
        one.mkdir(exist_ok=True)
        one.chmod(_OPEN_TO_PASS)


def _ways(relative: Path) -> Iterator[Path]:
    for count in range(1, len(relative.parts) + 1):
        yield Path(*relative.parts[:count])


def _taken(top: int, owner_of_files: RunAs | None) -> Iterator[str]:
    """Take each folder from the top down, so that no name below it can be exchanged any more; yield those inside.

    ``owner_of_files``: who is to get the files meanwhile. A folder too deep to be named is passed over.
    """
    device = os.fstat(top).st_dev
    waiting = ["."]
    while waiting:
        name = waiting.pop()
        try:
            folder = os.open(name, _FOLDER, dir_fd=top)
        except OSError:
            continue
        try:
            facts = os.fstat(folder)
            if facts.st_dev != device:
                continue
            if facts.st_uid != os.geteuid():
                os.fchown(folder, os.geteuid(), os.getegid())
            if name == ".":
                os.fchmod(folder, _CLOSED)
            else:
                yield name
            with os.scandir(folder) as entries:
                found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
            for inner, one in found:
                if stat.S_ISDIR(one.st_mode):
                    waiting.append(f"{name}/{inner}")
                elif owner_of_files is not None and one.st_nlink == 1 and one.st_uid != owner_of_files.uid:
                    os.chown(
                        inner, owner_of_files.uid, owner_of_files.gid, dir_fd=folder, follow_symlinks=False
                    )
        finally:
            os.close(folder)


@contextlib.contextmanager
def _opened(name: Path | str, parent: int | None = None) -> Iterator[int]:
    descriptor = os.open(name, _FOLDER, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
