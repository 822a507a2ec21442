"""Keeping the service's own repositories small: what stands in them, what may leave them, and packing.

A clone can always be made again from its source, but for branches that were never pushed: these are the only copy.
Objects are pruned a day after nothing names them any more; git itself keeps what somebody has just written again.
"""

import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from company.ids import JOB_ID
from daemon.git.bare import remotes_of
from daemon.git.clone import Clone
from daemon.git.command import run_git
from daemon.git.control import open_control, read_json
from daemon.git.locking import locked

WORKSPACE = "workspace-"  # how the names of clones begin that belong to one job
DRAFT = "."  # how the names begin of what is being made, or is on its way out
_HEADS, _STEPS, _DELIVERED = "refs/heads/", "agent-step/", "refs/delivered/"
_LOCK_TIMEOUT_S = 5.0
_PACK_TIMEOUT_S = 3600.0
_LOOSE_MAX = 2000  # loose objects and packs beyond which a repository is packed: each costs every git call
_PACKS_MAX = 20
_PRUNED_AFTER = "1.day.ago"


@dataclass(frozen=True)
class Branches:
    """The branches that jobs made in a clone."""

    of_steps: frozenset[str]  #: jobs that have branches of steps, or worktrees, in it
    pushed: dict[str, str]  #: job -> its branch, which stands at the same commit on the remote
    unpushed: tuple[str, ...]  #: branches that are nowhere else


def stored_clones(clones_dir: Path) -> Iterator[Clone]:
    """Yield the clones in the folder, workspaces too. One whose making was cut short has no source."""
    for path in sorted(_entries(clones_dir)):
        if path.suffix == ".git" and not path.name.startswith(DRAFT) and (path / "objects").is_dir():
            state = read_json(path.with_suffix(".control") / "state.json") or {}
            source, fetch, push = (str(state.get(key, "")) for key in ("source", "fetch", "push"))
            yield Clone(path, source, fetch, push)


def drafts(clones_dir: Path) -> Iterator[Path]:
    """Yield what was being made, or removed, when a process ended."""
    yield from (path for path in sorted(_entries(clones_dir)) if path.name.startswith(DRAFT))


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if not path.is_symlink()]
    except OSError:
        return []


def last_used(clone: Clone) -> float:
    """Return when the clone was opened last, in seconds since 1970."""
    for path in (clone.state_path, clone.path):
        try:
            return path.stat().st_mtime
        except OSError:
            continue
    return time.time()


def branches(clone: Clone) -> Branches:
    """Look at the branches of jobs. Raises GitError."""
    listed = run_git(
        ("for-each-ref", "--format=%(objectname) %(refname)", _HEADS, _DELIVERED), git_dir=clone.control()
    ).stdout.splitlines()
    refs = {name: commit for commit, _, name in (line.partition(" ") for line in listed)}
    made = {name.removeprefix(_HEADS): commit for name, commit in refs.items() if name.startswith(_HEADS)}
    steps = {name for name in made if name.startswith(_STEPS)}
    jobs = {match[0] for name in steps if (match := JOB_ID.match(name.removeprefix(_STEPS)))}
    ours = made.keys() - steps
    pushed = {name for name in ours if refs.get(_DELIVERED + name) == made[name]}
    return Branches(
        of_steps=frozenset(jobs | _jobs_with_worktrees(clone)),
        pushed={match[0]: name for name in pushed if (match := JOB_ID.search(name))},
        unpushed=tuple(sorted(ours - pushed)),
    )


def _jobs_with_worktrees(clone: Clone) -> set[str]:
    found = set()
    for file in (clone.beside / "worktrees").glob("*/record.json"):
        record = read_json(file) or {}
        match = JOB_ID.search(str(record.get("branch", ""))) or JOB_ID.search(str(record.get("path", "")))
        if match:
            found.add(match[0])
    return found


def forget_branch(clone: Clone, branch: str) -> None:
    """Remove a job's branch from the clone, and what was noted of its push."""
    lines = f"delete {_HEADS}{branch}\ndelete {_DELIVERED}{branch}\n"
    run_git(("update-ref", "--stdin"), git_dir=clone.control(), input_text=lines)


def set_aside(clone: Clone, used_at: float) -> Path | None:
    """Take a clone out of use, unless it was opened after ``used_at``; return where it waits to be removed.

    Whoever opens its source from now on makes a new one. Its locks stay: two holders of one lock could otherwise
    hold two files. Raises GitError (``busy``), OSError.
    """
    with locked(clone.beside / "locks" / "clone", _LOCK_TIMEOUT_S):
        # Without its state nobody takes the clone for a good one; who took it just before has left a later mark.
        state = clone.state_path.with_name("state.going.json")
        if clone.state_path.exists():
            clone.state_path.rename(state)
            if state.stat().st_mtime > used_at:
                state.rename(clone.state_path)
                return None
        aside = clone.path.with_name(f"{DRAFT}{clone.path.name}.{uuid.uuid4().hex}")
        clone.path.rename(aside)
        for entry in clone.beside.iterdir():
            if entry.name == "locks":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
    return aside


def pack(clone: Clone) -> tuple[str, ...]:
    """Pack the clone, and the service's own remote of it, where there is much to pack; return what was packed.

    For a clone that no job works in. Raises GitError.
    """
    packed = []
    with locked(clone.beside / "locks" / "clone", _LOCK_TIMEOUT_S) as hold:
        if _is_loose(clone.path):
            _pack(clone.control(), hold)
            packed.append(clone.path.name)
        remote = Path(clone.remote)
        if clone.remote and remote.parent == remotes_of(clone.path.parent) and _is_loose(remote):
            _pack(open_control(clone.beside / "remote", remote), hold)
            packed.append(remote.name)
    return tuple(packed)


def _is_loose(repository: Path) -> bool:
    objects = repository / "objects"
    packs = sum(1 for _ in (objects / "pack").glob("*.pack"))
    # One of 256 folders tells about all of them: names are hashes.
    sample = objects / "17"
    loose = 256 * sum(1 for _ in sample.iterdir()) if sample.is_dir() else 0
    return packs > _PACKS_MAX or loose > _LOOSE_MAX


def _pack(control: Path, hold: int) -> None:
    for args in (
        ("pack-refs", "--all", "--prune"),
        ("repack", "-q", "-d", "-l", "-A", f"--unpack-unreachable={_PRUNED_AFTER}"),
        ("prune", f"--expire={_PRUNED_AFTER}"),
    ):
        run_git(args, git_dir=control, timeout_s=_PACK_TIMEOUT_S, hold=hold)
