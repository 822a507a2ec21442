"""What the tests of git build with: git as a person runs it, a person's checkout, the service's place, a canary."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from daemon.git.clone import Clone, open_clone
from daemon.git.worktree import Worktree, add_worktree

IDENTITY = ("-c", "user.name=Person", "-c", "user.email=person@example.org")


def naive_git(cwd: Path, *args: str, check: bool = True) -> str:
    """Run git as anyone would: in the folder, with whatever configuration is found there."""
    done = subprocess.run(
        ("git", *IDENTITY, *args),
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=30,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"git {args}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def tree_hash(folder: Path) -> str:
    """Return a digest over every path, type, mode, time and byte under ``folder``, its ``.git`` included."""
    digest = hashlib.sha256()
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted([*folders, *files]):
            path = Path(root) / name
            facts = path.lstat()
            content = bytes(path.readlink()) if path.is_symlink() else b""
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
            digest.update(
                f"{path} {facts.st_mode:o} {facts.st_mtime_ns} {facts.st_size}\0".encode("utf-8", "replace")
            )
            digest.update(content)
    return digest.hexdigest()


@dataclass(frozen=True)
class Place:
    """Where the service keeps what it makes."""

    state: Path

    def open(
        self, source: Path | str, *, name: str = "app", fresh: bool = True, timeout_s: float = 60
    ) -> Clone:
        return open_clone(str(source), self.state / "clones", name=name, fresh=fresh, timeout_s=timeout_s)

    def worktree(
        self, clone: Clone, name: str = "backend", *, job: str = "job-1", commit: str = "main"
    ) -> Worktree:
        branch = f"agent-step/{job}/0-{name}"
        return add_worktree(clone, self.state / "worktrees" / job / name, branch, commit)


@dataclass(frozen=True)
class Canary:
    """A program that leaves a file behind when it runs, whatever it is run as."""

    program: Path
    mark: Path

    @property
    def sings(self) -> bool:
        return self.mark.exists()

    def hush(self) -> None:
        self.mark.unlink(missing_ok=True)


def make_canary(program: Path) -> Canary:
    """Write the program of a canary."""
    mark = program.with_name(f"{program.name}-sang")
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n")
    program.chmod(0o755)
    return Canary(program, mark)


def make_checkout(path: Path) -> Path:
    """Make a person's repository with two commits on ``main``."""
    path.mkdir(parents=True)
    naive_git(path, "init", "-q", "-b", "main", "--template=")
    (path / "README.md").write_text("one\n")
    (path / ".git" / "hooks").mkdir()
    (path / "src").mkdir()
    (path / "src" / "app.py").write_text("".join(f"line {number}\n" for number in range(20)))
    (path / ".gitignore").write_text("ignored/\n")
    naive_git(path, "add", ".")
    naive_git(path, "commit", "-qm", "one")
    (path / "README.md").write_text("two\n")
    naive_git(path, "commit", "-qam", "two")
    return path
