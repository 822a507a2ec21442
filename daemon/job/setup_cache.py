"""What a repository's setup makes (virtual environment, node_modules), kept by its lock files.

A fresh worktree has nothing that git does not track. Running ``npm ci`` or ``uv sync`` for each agent of each job
would dominate the work, so what the first setup put into the top of the worktree is copied aside, under a key of
the commands and the content of the lock files, and copied into the next worktree.

Such trees hold absolute paths (a virtual environment's scripts, editable installs): they are rewritten to the new
place. Where a path hides in a binary file the setup is not kept, and simply runs each time.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

#: taken as lock files where the repository's entry in config.yaml names none
USUAL_LOCK_FILES = (
    "uv.lock", "poetry.lock", "Pipfile.lock", "pylock.toml", "requirements.txt", "requirements-dev.txt",
    "pyproject.toml", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "package.json",
    "Cargo.lock", "go.sum", "Gemfile.lock", "composer.lock",
)  # fmt: skip

_PLACE = "worktree"  # file in a cached tree: the path it was made at


class SetupCache:
    """``.compound-state/setup-cache/<key>/``. Safe to use from several jobs at once: entries appear whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, worktree: Path, setup: Sequence[Sequence[str]], lock_files: Sequence[str]) -> str:
        """Return the key of this setup: its commands and the content of the lock files that exist."""
        digest = hashlib.sha256(repr([tuple(argv) for argv in setup]).encode())
        for name in lock_files or USUAL_LOCK_FILES:
            path = worktree / name
            if path.is_file() and not path.is_symlink():
                digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:32]

    def listing(self, worktree: Path) -> frozenset[str]:
        """Return the names at the top of the worktree."""
        return frozenset(path.name for path in worktree.iterdir())

    def keep(self, key: str, worktree: Path, before: frozenset[str]) -> bool:
        """Copy aside what appeared at the top of ``worktree`` since ``before``; say whether that could be done."""
        made = sorted(self.listing(worktree) - before)
        entry = self._folder / key
        if entry.exists():
            return True
        if any(_binary_mentions(worktree / name, worktree) for name in made):
            return False
        draft = self._folder / f".{key}.{os.getpid()}.{os.urandom(4).hex()}"
        draft.mkdir(parents=True)
        try:
            for name in made:
                _copy(worktree / name, draft / "tree" / name)
            (draft / "tree").mkdir(exist_ok=True)
            (draft / _PLACE).write_text(str(worktree), encoding="utf-8")
            with contextlib.suppress(OSError):  # another job kept the same setup first
                draft.rename(entry)
        finally:  # a full disk must not be filled by halves
            shutil.rmtree(draft, ignore_errors=True)
        return True

    def restore(self, key: str, worktree: Path) -> bool:
        """Copy what is kept under ``key`` into ``worktree``; False when nothing is. What is there is left as it is."""
        entry = self._folder / key
        try:
            os.utime(
                entry
            )  # the mark of its last use: housekeeping goes by it, and leaves alone what is used
        except FileNotFoundError:
            return False
        except OSError:
            pass  # a disk that can only be read: nothing is removed from it either
        made_at = (entry / _PLACE).read_text(encoding="utf-8")
        draft = worktree.with_name(f".{worktree.name}.restoring")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            for path in (entry / "tree").iterdir():
                target = worktree / path.name
                if not target.exists() and not target.is_symlink():
                    _copy(path, draft / path.name)
                    _move_mentions(draft / path.name, made_at.encode(), str(worktree).encode())
                    (draft / path.name).rename(target)  # whole or not at all, whenever this process is killed
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return True


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _files(top: Path) -> Iterator[Path]:
    if top.is_symlink() or not top.is_dir():
        yield top
        return
    for folder, folders, names in os.walk(top):
        yield from (Path(folder) / name for name in names)
        yield from (path for name in folders if (path := Path(folder) / name).is_symlink())


def _binary_mentions(top: Path, worktree: Path) -> bool:
    needle = str(worktree).encode()
    for path in _files(top):
        if path.suffix == ".pyc" or path.is_symlink() or not path.is_file():
            continue  # a compiled module names its source for tracebacks only
        data = path.read_bytes()
        if needle in data and b"\0" in data:
            return True
    return False


def _move_mentions(top: Path, old: bytes, new: bytes) -> None:
    for path in _files(top):
        if path.is_symlink():
            points_at = str(path.readlink())
            if points_at.startswith(old.decode()):
                path.unlink()
                path.symlink_to(new.decode() + points_at[len(old) :])
        elif path.suffix != ".pyc" and path.is_file():
            data = path.read_bytes()
            if old in data:
                path.write_bytes(data.replace(old, new))
