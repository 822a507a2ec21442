"""Branches and tags of a repository on this machine, read from its files: no process, a few microseconds a ref."""

import os
from collections.abc import Iterator
from pathlib import Path

from daemon.git.source import Folder

_REF_MAX = 1024  # bytes of a loose ref that are read; 41 are usual


def ref_value(repository: Path, name: str) -> str | None:
    """Return what a ref holds: an object's name, or ``ref: …``; None when there is no such ref.

    ``name`` is a whole ref name whose parts were checked (``naming.is_branch``). A loose ref wins over a packed one.
    """
    loose = _content(f"{repository}/{name}")
    if loose is not None:
        return loose
    ending = f" {name}"
    for line in _packed(repository):
        if line.endswith(ending):
            return line.removesuffix(ending)
    return None


def _packed(repository: Path) -> Iterator[str]:
    try:
        with (repository / "packed-refs").open(encoding="utf-8", errors="surrogateescape") as file:
            yield from (line.rstrip("\n") for line in file)
    except FileNotFoundError:
        return


def signature(folder: Folder) -> str:
    """Return a text that changes when a branch, a tag or HEAD of a repository does.

    Loose refs by content; packed-refs by identity, size and time, as git itself does (it is replaced, never edited).
    """
    lines = [folder.head_text()]
    try:
        packed = (folder.shared / "packed-refs").stat()
        lines.append(f"{packed.st_ino} {packed.st_size} {packed.st_mtime_ns}")
    except FileNotFoundError:
        lines.append("")
    for kind in ("heads", "tags"):
        lines += _loose(f"{folder.shared}/refs/{kind}")
    return "\n".join(lines)


def is_moved_by(folder: Folder, branch: str, commit: str, *, before: str, after: str) -> bool:
    """Say whether two signatures differ by nothing but ``branch``, and it stands at ``commit`` afterwards."""
    path = f"{folder.shared}/refs/heads/{branch} "
    lines = after.split("\n")
    others = [line for line in lines if not line.startswith(path)]
    return path + commit in lines and others == [
        line for line in before.split("\n") if not line.startswith(path)
    ]


def _loose(directory: str) -> list[str]:
    found: list[str] = []
    try:
        with os.scandir(directory) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return found
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            found += _loose(entry.path)
        elif not entry.name.endswith(".lock"):
            found.append(f"{entry.path} {_content(entry.path) or ''}")
    return found


def _content(path: str) -> str | None:
    """Return what a loose ref holds; None when there is none that can be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(descriptor, _REF_MAX).decode("utf-8", "replace").strip()
    except OSError:  # a folder of that name
        return None
    finally:
        os.close(descriptor)
