"""Bring the index of a worktree in step with its files, whatever an agent left in them.

Submodules stay as they were: they are never fetched, so what stands in their folders is not theirs. A repository that
an agent made inside the worktree (project generators do) is taken in as plain files: git would otherwise record a
link to commits that nobody else has, or refuse the whole commit. Its ``.git`` is moved into the control directory.
"""

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from company.errors import GitError
from daemon.git.complaint import readable
from daemon.git.control import read_json, write_json
from daemon.git.held import Held

_LINK = "160000"  # the mode of a submodule
_DEPTH = 20  # repositories inside repositories


@dataclass(frozen=True)
class Change:
    """One staged difference. Modes as git writes them; all zeros: not there."""

    path: str
    old_mode: str
    new_mode: str
    old_object: str


def stage(held: Held, head: str) -> Sequence[Change]:
    """Put every change of the files into the index and return what differs from ``head``, in git's order.

    Raises GitError (``cannot_add``) when a file cannot be read.
    """
    for _ in range(_DEPTH):
        _add(held)
        changes = _staged(held, head)
        links = [change for change in changes if _LINK in (change.old_mode, change.new_mode)]
        made = [change.path for change in links if change.old_mode != _LINK]
        moved = [change for change in links if change.old_mode == change.new_mode]
        if moved:
            lines = "".join(f"{_LINK} {change.old_object}\t{change.path}\0" for change in moved)
            held.git("update-index", "-z", "--index-info", input_text=lines)
        if made:
            held.git("update-index", "-z", "--force-remove", "--stdin", input_text="\0".join(made) + "\0")
            _set_aside(held, made)
            continue
        return [change for change in changes if change not in moved]
    raise GitError(
        ("add",),
        None,
        f"repositories more than {_DEPTH} deep in each other in {held.worktree.path}",
        code="cannot_add",
    )


def set_aside(held: Held) -> tuple[str, ...]:
    """Return the folders whose own ``.git`` was moved away, sorted."""
    notes = read_json(held.control / "set-aside" / "notes.json") or {}
    return tuple(sorted(notes))


def _add(held: Held) -> None:
    for _ in range(_DEPTH):
        try:
            held.git("add", "--all")
        except GitError as error:
            if "does not have a commit checked out" not in error.stderr or not _set_aside(held, _inner(held)):
                raise
        else:
            return


def _inner(held: Held) -> list[str]:
    """Return the folders that git takes for repositories of their own: untracked ones, and submodules with a .git."""
    others = held.git("ls-files", "-z", "--others", "--exclude-standard").stdout.split("\0")
    entries = held.git("ls-files", "-z", "--stage").stdout.split("\0")
    links = [entry.partition("\t")[2] for entry in entries if entry.startswith(_LINK)]
    return [name.rstrip("/") for name in others if name.endswith("/")] + links


def _set_aside(held: Held, folders: Sequence[str]) -> bool:
    """Move the ``.git`` of each folder into the control directory; say whether there was any."""
    keep = held.control / "set-aside"
    keep.mkdir(exist_ok=True)
    notes = read_json(keep / "notes.json") or {}
    is_any = False
    for folder in folders:
        git = held.worktree.path / folder / ".git"
        if git.is_symlink() or git.exists():
            shutil.move(git, keep / uuid.uuid4().hex)
            notes[readable(folder)] = "its .git was moved away, its files were taken in"
            is_any = True
    write_json(keep / "notes.json", notes)
    return is_any


def _staged(held: Held, head: str) -> list[Change]:
    args = (
        "diff-index",
        "--cached",
        "--raw",
        "-z",
        "--no-renames",
        "--no-abbrev",
        "--ignore-submodules=none",
    )
    fields = held.git(*args, head, "--").stdout.split("\0")
    changes = []
    for facts, path in zip(fields[0::2], fields[1::2], strict=False):
        old_mode, new_mode, old_object, _, _ = facts.removeprefix(":").split(" ")
        changes.append(Change(path, old_mode, new_mode, old_object))
    return changes


def take_away(path: Path) -> None:
    """Delete a folder with everything in it, folders without write permission too. GitError (``disk``) if any stays."""
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():  # Go's module cache, for one, is read-only
        for folder in [
            path,
            *(entry for entry in path.rglob("*") if entry.is_dir() and not entry.is_symlink()),
        ]:
            folder.chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        raise GitError(
            ("worktree", str(path)),
            None,
            f"{path} cannot be deleted whole",
            mend=f"see what holds files in it (lsof +D {path}), then delete it by hand",
            code="disk",
        )
