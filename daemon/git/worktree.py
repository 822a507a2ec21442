"""Worktrees: one folder for each agent to work in, each on a branch of its own.

The folder is a whole small repository: its ``.git`` is the *agent's*, made by us, borrowing the clone's objects. What
an agent does with it (commits, configures, deletes, swaps it) moves nothing of ours, because we never read it: our own
HEAD, index and record of the folder stand in a control directory (``control.py``), and the work is what stands in the
files. Commits that an agent made are thereby folded into ours, by content.

Every function may run twice, after a crash at any point, and ends in the same state. The record is the truth about a
branch; the ref follows it, whoever moved it meanwhile.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from company.errors import GitError
from daemon.git.clone import Clone, commit_named
from daemon.git.command import Identity, run_git
from daemon.git.complaint import readable
from daemon.git.desk import Desk, Record, Worktree, desk_of
from daemon.git.naming import checked_branch

__all__ = [
    "Worktree",
    "add_worktree",
    "changed_files",
    "commit_all",
    "diff_text",
    "head_of",
    "remove_worktree",
]


def add_worktree(clone: Clone, path: Path, branch: str, commit: str) -> Worktree:
    """Return the worktree at ``path`` on ``branch``, standing at ``commit`` (any name ``resolve`` knows).

    One of ours that is there already is brought back to ``commit``: its changes and new files go, ignored files stay.
    Raises GitError: ``bad_branch``, ``no_such_commit``, ``not_ours`` when something else stands at ``path``.
    """
    worktree = Worktree(path.absolute(), clone, checked_branch(branch))
    head = commit_named(clone, commit)
    with desk_of(worktree) as desk:
        is_there = _look_at_place(desk)
        record = desk.keep(Record(str(worktree.path), branch, base=head, head=head))
        worktree.path.mkdir(parents=True, exist_ok=True)
        try:
            record = desk.lay_out(record)
        except GitError:
            if not is_there:
                raise
            (desk.control / "index").unlink(missing_ok=True)  # damaged; without it git writes every file anew
            record = desk.lay_out(record)
        if is_there:
            desk.git("clean", "-ffdq")
        desk.publish(record)
    return worktree


def _look_at_place(desk: Desk) -> bool:
    """Say whether a worktree of ours, perhaps half made, is at the path; GitError when it is something else."""
    path = desk.worktree.path
    record = desk.record()
    is_ours = record is not None and record.path == str(path) and not path.is_symlink()
    if path.is_symlink() or (path.exists() and not path.is_dir()) or (path.is_dir() and not is_ours):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            return False
        raise GitError(
            ("worktree", str(path)),
            None,
            f"something that is not a worktree of this service stands at {path}; it was left alone",
            mend=f"move {path} away, then retry the job",
            code="not_ours",
        )
    return path.is_dir()


def commit_all(worktree: Worktree, message: str, *, name: str, email: str) -> str | None:
    """Commit every change in the worktree (new files too, ignored ones not) and return the commit.

    None when nothing has changed. ``message`` is also the key of a repeated call: when nothing has changed and the
    branch already ends in a commit with this very message, that commit is returned. No hook runs.
    """
    with desk_of(worktree) as desk:
        record = desk.known()
        if not record.is_published:
            record = desk.publish(record)
        stage(desk)
        tree = desk.git("write-tree").stdout.strip()
        if tree == _tree_of(desk, record.head):
            return (
                record.head
                if record.head != record.base and _message_of(desk, record.head) == message
                else None
            )
        args = ("commit-tree", tree, "-p", record.head)
        commit = desk.git(*args, input_text=message, identity=Identity(name, email)).stdout.strip()
        record = desk.keep(replace(record, head=commit, is_out=True, is_published=False))
        desk.publish(record)
    return commit


def stage(desk: Desk) -> None:
    """Bring our index in step with the files."""
    desk.git("add", "--all", "--", ".")


def _tree_of(desk: Desk, commit: str) -> str:
    return desk.git("rev-parse", "--verify", f"{commit}^{{tree}}").stdout.strip()


def _message_of(desk: Desk, commit: str) -> str:
    return desk.git("cat-file", "commit", commit).stdout.partition("\n\n")[2]


def head_of(worktree: Worktree) -> str:
    """Return the commit the worktree's branch stands at. Raises GitError (``no_worktree``)."""
    with desk_of(worktree) as desk:
        return desk.known().head


def remove_worktree(worktree: Worktree) -> None:
    """Take the folder away and what we know of it. Its branch stays. Not an error when it is gone already."""
    with desk_of(worktree) as desk:
        _take_away(worktree.path)
        shutil.rmtree(desk.control, ignore_errors=True)


def _take_away(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path, ignore_errors=True)


def changed_files(clone: Clone, base: str, head: str) -> tuple[str, ...]:
    """Return the paths that differ between two commits, sorted. Bytes that are not UTF-8 show as ``\\xff``."""
    args = ("diff-tree", "-r", "--no-renames", "--name-only", "-z")
    names = run_git((*args, *_ends(clone, base, head)), git_dir=clone.control()).stdout.split("\0")
    return tuple(sorted(readable(name) for name in names if name))


def diff_text(clone: Clone, base: str, head: str, max_bytes: int) -> str:
    """Return the difference of two commits as a unified diff, cut (and marked so) after ``max_bytes``."""
    args = (
        "diff-tree",
        "-p",
        "-r",
        "-M",
        "--stat",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
    )
    output = run_git(
        (*args, *_ends(clone, base, head)), git_dir=clone.control(), output_limit=max_bytes, cut=True
    )
    text = readable(output.stdout)
    return f"{text}\n[cut after {max_bytes} bytes]\n" if output.truncated else text


def _ends(clone: Clone, base: str, head: str) -> tuple[str, str]:
    return commit_named(clone, base), commit_named(clone, head)
