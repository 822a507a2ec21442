"""Removing a folder for good, and nothing but it.

Whoever worked in the folder may have left anything there: links to elsewhere, folders without permissions, folders
nested deeper than a path can name, perhaps a process that still moves things about. So everything below the base is
reached by descriptors that follow no link and cross no mount, and a nested folder is first moved up to the top:
nothing is ever deeper than two levels.
"""

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 512  # bytes; the unit of st_blocks, whatever the file system's own is


def remove(base: Path, *parts: str) -> int:
    """Remove what stands at ``parts`` under ``base``; return the bytes it took. A link is removed itself.

    ``base`` is a folder of the company's, which its operator names, perhaps by a link. Nothing there is no error;
    a folder between that is a link is. May be repeated after a crash. Raises OSError.
    """
    try:
        with _folder_of(base, parts) as parent:
            name = parts[-1]
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
            freed = _size(found)
            if not stat.S_ISDIR(found.st_mode):
                os.unlink(name, dir_fd=parent)
                return freed
            with _opened(name, parent) as folder:
                freed += _empty(folder)
            os.rmdir(name, dir_fd=parent)
            return freed
    except FileNotFoundError:
        return 0


def measure(base: Path, *parts: str) -> int:
    """Return the bytes that what stands there takes on disk, without following a link; 0 where nothing is."""
    try:
        with _folder_of(base, parts) as parent:
            found = os.stat(parts[-1], dir_fd=parent, follow_symlinks=False)
    except OSError:
        return 0
    return _size(found) + (_size_below(base.joinpath(*parts)) if stat.S_ISDIR(found.st_mode) else 0)


def _size_below(top: Path) -> int:
    total, folders = 0, [str(top)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    total += _size(entry.stat(follow_symlinks=False))
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except (
            OSError
        ):  # gone meanwhile, or too deep to be named: a size is for people, and not worth an error
            continue
    return total


@contextmanager
def _folder_of(base: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """Open the folder that holds the last of ``parts``. Raises OSError, also where a part between is a link."""
    if not parts or any(part in ("", ".", "..") or "/" in part for part in parts):
        raise ValueError(f"not a place under {base}: {parts!r}")
    folder = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _empty(top: int) -> int:
    """Remove everything in the open folder ``top``; return the bytes it took."""
    device, freed = os.fstat(top).st_dev, 0
    while True:
        folders, size = _remove_files(top)
        freed += size
        if not folders:
            return freed
        for name in folders:
            with _opened(name, top) as folder:
                found = os.fstat(folder)
                freed += _size(found)
                if found.st_dev != device:
                    raise OSError(errno.EXDEV, "another file system is mounted in it", name)
                inner, size = _remove_files(folder)
                freed += size
                for one in inner:
                    with _opened(one, folder):  # makes it writable: only so can it be moved
                        os.rename(one, uuid.uuid4().hex, src_dir_fd=folder, dst_dir_fd=top)
            os.rmdir(name, dir_fd=top)


def _remove_files(folder: int) -> tuple[list[str], int]:
    """Remove what is no folder; return the names of the folders, and the bytes the rest took."""
    folders, freed = [], 0
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    for name, facts in found:
        if stat.S_ISDIR(facts.st_mode):
            folders.append(name)
        else:
            os.unlink(name, dir_fd=folder)
            freed += _size(facts)
    return folders, freed


@contextmanager
def _opened(name: str, parent: int) -> Iterator[int]:
    """Open a folder and see that we may change it."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except PermissionError:
        _unlock(name, parent)
        folder = os.open(name, _FOLDER, dir_fd=parent)
    try:
        mode = stat.S_IMODE(os.fstat(folder).st_mode)
        if mode & stat.S_IRWXU != stat.S_IRWXU:  # Go's module cache, for one, is read-only
            os.fchmod(folder, mode | stat.S_IRWXU)
        yield folder
    finally:
        os.close(folder)


def _unlock(name: str, parent: int) -> None:
    """Make a folder readable that cannot be opened; whatever stands under the name, no link is followed."""
    if not hasattr(os, "O_PATH"):
        os.chmod(name, stat.S_IRWXU, dir_fd=parent, follow_symlinks=False)
        return
    place = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        Path(f"/proc/self/fd/{place}").chmod(stat.S_IRWXU)
    finally:
        os.close(place)


def _size(found: os.stat_result) -> int:
    """Return what removing this name frees: nothing where the file has another."""
    is_last = stat.S_ISDIR(found.st_mode) or found.st_nlink == 1
    return found.st_blocks * _BLOCK if is_last else 0
