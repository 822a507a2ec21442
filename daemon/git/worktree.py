"""Worktrees: one folder for each agent to work in, each on a branch of its own.

The folder is a whole small repository: its ``.git`` is the *agent's*, made by us, borrowing the clone's objects. What
an agent does with it (commits, configures, deletes, swaps it) moves nothing of ours, because we never read it: our own
HEAD, index and record of the folder stand in a control directory (``control.py``), and the work is what stands in the
files. Commits that an agent made are thereby folded into ours, by content.

Every function may run twice, after a crash at any point, and ends in the same state.
"""

import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from company.errors import GitError
from daemon.git import agent_git
from daemon.git.clone import Clone, commit_named
from daemon.git.command import Identity, run_git
from daemon.git.control import read_json
from daemon.git.held import Held, Record, Worktree, held, held_by_key
from daemon.git.naming import checked_branch
from daemon.git.staging import stage, take_away

__all__ = ["Worktree", "add_worktree", "commit_all", "head_of", "prune", "remove_job", "remove_worktree"]

_STEP_BRANCHES = "refs/heads/agent-step/"


def add_worktree(clone: Clone, path: Path, branch: str, commit: str, *, is_apart: bool = False) -> Worktree:
    """Return the worktree at ``path`` on ``branch``, laid out from ``commit`` (any name ``commit_named`` knows).

    One that was laid out from this very commit is taken as it is: it may hold an agent's work, committed or not. Any
    other of ours is brought to ``commit``: its changes and new files go, ignored files (``node_modules``) stay.
    ``is_apart``: whoever works there cannot read the clone.

    Raises GitError: ``bad_branch``, ``no_such_commit``, ``not_ours`` when something else stands at ``path``.
    """
    worktree = Worktree(path.absolute(), clone, checked_branch(branch), is_apart)
    head = commit_named(clone, commit)
    with held(worktree) as desk:
        is_there = _look_at_place(desk)
        record = desk.record()
        is_same = record is not None and (record.branch, record.base) == (branch, head)
        if record is not None and is_there and is_same and record.is_out:
            desk.settle(record)
            return worktree
        record = desk.keep(Record(str(worktree.path), branch, base=head, head=head))
        worktree.path.mkdir(parents=True, exist_ok=True)
        _lay_out_again(desk, record) if is_there else desk.lay_out(record)
    return worktree


def _look_at_place(desk: Held) -> bool:
    """Say whether a worktree of ours, perhaps half made, is at the path; GitError when it is something else."""
    path = desk.worktree.path
    record = desk.record()
    if path.is_dir() and not path.is_symlink():
        if record is not None and record.path == str(path):
            return True
        if not any(path.iterdir()):
            return False
        if record is None and _is_moved_here(desk):
            return True
    elif not path.is_symlink() and not path.exists():
        (desk.control / "index").unlink(missing_ok=True)  # of a folder that somebody deleted
        return False
    raise GitError(
        ("worktree", str(path)),
        None,
        f"something that is not a worktree of this service stands at {path}; it was left alone",
        mend=f"move {path} away, then retry the job",
        code="not_ours",
    )


def _is_moved_here(desk: Held) -> bool:
    """Take the folder over where it is known by a path that is gone: the whole company was moved. Say whether it is.

    The work in it stays; what the agent's ``.git`` said of the clone's old place is made anew.
    """
    worktree = desk.worktree
    for key, record in _records(worktree.clone):
        before = Path(record.path)
        is_it = record.branch == worktree.branch and before.parts[-2:] == worktree.path.parts[-2:]
        if not is_it or os.path.lexists(before):
            continue
        old = desk.control.with_name(key)
        with suppress(FileNotFoundError):  # a crash came behind this line
            (old / "index").replace(desk.control / "index")
        agent_git.make(
            worktree.path,
            worktree.clone.path,
            branch=record.branch,
            commit=record.head,
            index=desk.control / "index",
            is_apart=worktree.is_apart,
        )
        desk.keep(replace(record, path=str(worktree.path)))
        shutil.rmtree(old, ignore_errors=True)
        return True
    return False


def _lay_out_again(desk: Held, record: Record) -> None:
    try:
        desk.lay_out(record)
        desk.git("clean", "-ffdq")
    except GitError:
        # A damaged index, folders without permission, a file where a folder must be: begin with nothing.
        take_away(desk.worktree.path)
        (desk.control / "index").unlink(missing_ok=True)
        desk.worktree.path.mkdir(parents=True)
        desk.lay_out(record)


def commit_all(worktree: Worktree, message: str, *, name: str, email: str) -> str | None:
    """Commit every change in the worktree (new files too, ignored ones not) and return the commit.

    None when nothing has changed. ``message`` is also the key of a repeated call: when nothing has changed since a
    commit of ours with this very message, that commit is returned. No hook runs.

    Raises GitError: ``no_worktree`` when the folder is gone, ``cannot_add`` when a file cannot be read.
    """
    text = message.strip() + "\n"
    with held(worktree) as desk:
        record = desk.known()
        if not record.is_published:
            record = desk.publish(record)
        if not stage(desk, record.head):
            is_repeated = record.head != record.base and _message_of(desk, record.head) == text
            return record.head if is_repeated else None
        tree = desk.git("write-tree").stdout.strip()
        args = ("commit-tree", tree, "-p", record.head)
        commit = desk.git(*args, input_text=text, identity=Identity(name, email)).stdout.strip()
        desk.publish(desk.keep(replace(record, head=commit, is_published=False)))
    return commit


def _message_of(desk: Held, commit: str) -> str:
    return desk.git("cat-file", "commit", commit).stdout.partition("\n\n")[2]


def head_of(worktree: Worktree) -> str:
    """Return the commit the worktree's branch stands at. Raises GitError (``no_worktree``)."""
    with held(worktree) as desk:
        return desk.known().head


def remove_worktree(worktree: Worktree) -> None:
    """Take the folder away and what we know of it. Its branch stays. Not an error when it is gone already."""
    with held(worktree) as desk:
        _remove(desk)


def _remove(desk: Held) -> None:
    take_away(desk.worktree.path)
    shutil.rmtree(desk.control, ignore_errors=True)


def remove_job(clone: Clone, job_id: str) -> None:
    """Remove a job's worktrees (those under a folder of its name, or on its branches) and its step branches.

    The job's own branch stays. May run twice.
    """
    for key, record in _records(clone):
        is_branch = record.branch == f"agent/{job_id}" or record.branch.startswith(f"agent-step/{job_id}/")
        if is_branch or job_id in Path(record.path).parts:
            with held_by_key(clone, key, record) as desk:
                _remove(desk)
    control = clone.control()
    listed = run_git(
        ("for-each-ref", "--format=delete %(refname)", f"{_STEP_BRANCHES}{job_id}/"), git_dir=control
    )
    if listed.stdout:
        run_git(("update-ref", "--stdin"), git_dir=control, input_text=listed.stdout)


def prune(clone: Clone) -> tuple[Path, ...]:
    """Forget the worktrees whose folders are gone, and return where those were."""
    gone = []
    for key, record in _records(clone):
        with held_by_key(clone, key, record) as desk:
            if not Path(record.path).exists():
                shutil.rmtree(desk.control, ignore_errors=True)
                gone.append(Path(record.path))
    return tuple(sorted(gone))


def _records(clone: Clone) -> list[tuple[str, Record]]:
    found = []
    for file in sorted((clone.beside / "worktrees").glob("*/record.json")):
        value = read_json(file)
        if value is not None:
            found.append((file.parent.name, Record(**value)))
    return found
