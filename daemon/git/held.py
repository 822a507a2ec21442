"""A worktree held for writing: its record, its control directory, its lock.

The record is the truth about a branch; the ref follows it, whoever moved it meanwhile. It is written before ref and
files change, so whatever a crash leaves half done is finished by the next call (``Held.settle``).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from company.errors import GitError
from daemon.git import agent_git
from daemon.git.clone import Clone
from daemon.git.command import GitOutput, Identity, run_git
from daemon.git.control import open_control, read_json, write_json
from daemon.git.locking import locked

_LOCK_TIMEOUT_S = 300.0
_FILES_TIMEOUT_S = 600.0  # writing or reading every file of a large repository


@dataclass(frozen=True)
class Worktree:
    """A folder at ``path`` whose work becomes commits on ``branch`` of ``clone``."""

    path: Path
    clone: Clone
    branch: str
    is_apart: bool = False  #: its agent cannot read the clone, so its ``.git`` holds all objects itself


@dataclass(frozen=True)
class Record:
    """What we know of a worktree. ``head`` is the branch's commit, ``base`` the one that was last laid out.

    So ``base`` differs from ``head`` when work of the folder has been committed since.
    ``is_out``: the files were laid out whole. ``is_published``: the ref has been set to ``head``.
    """

    path: str
    branch: str
    base: str
    head: str
    is_out: bool = False
    is_published: bool = False


@dataclass(frozen=True)
class Held:
    """A worktree held for writing: its control directory, its record, the lock."""

    worktree: Worktree
    control: Path
    hold: int

    def git(self, *args: str, input_text: str | None = None, identity: Identity | None = None) -> GitOutput:
        """Run git on the worktree's files with our index."""
        return run_git(
            args,
            git_dir=self.control,
            work_tree=self.worktree.path,
            timeout_s=_FILES_TIMEOUT_S,
            input_text=input_text,
            identity=identity,
            hold=self.hold,
        )

    def record(self) -> Record | None:
        """Return what is known of the worktree; None when it is not one of ours."""
        value = read_json(self.control / "record.json")
        try:
            return Record(**value) if value else None
        except TypeError:
            return None

    def known(self) -> Record:
        """Return the record; GitError (``no_worktree``) when there is none or the folder is gone."""
        record = self.record()
        path = self.worktree.path
        is_known = record is not None and record.branch == self.worktree.branch
        if record is None or not is_known or path.is_symlink() or not path.is_dir():
            raise GitError(
                ("worktree", str(path)),
                None,
                f"{path} is not a worktree on {self.worktree.branch} (any more)",
                mend="retry the job: it makes its worktrees anew",
                code="no_worktree",
            )
        return record

    def keep(self, record: Record) -> Record:
        """Write the record."""
        write_json(self.control / "record.json", asdict(record))
        return record

    def publish(self, record: Record) -> Record:
        """Set the branch to ``record.head``, wherever it stood."""
        self.git("update-ref", f"refs/heads/{record.branch}", record.head)
        return self.keep(replace(record, is_published=True))

    def lay_out(self, record: Record) -> Record:
        """Make files and branch those of ``record.head``, and the agent's ``.git`` new. Files that git ignores stay.

        HEAD of the control directory names the branch, so one process does both.
        """
        self.git("reset", "--hard", "--quiet", "--no-recurse-submodules", record.head)
        agent_git.make(
            self.worktree.path,
            self.worktree.clone.path,
            branch=record.branch,
            commit=record.head,
            index=self.control / "index",
            is_apart=self.worktree.is_apart,
        )
        return self.keep(replace(record, is_out=True, is_published=True))

    def advance(self, head: str) -> Record:
        """Move branch and files on to the commit ``head``."""
        record = self.keep(replace(self.known(), base=head, head=head, is_out=False, is_published=False))
        return self.settle(record)

    def settle(self, record: Record) -> Record:
        """Finish what a crash left half done."""
        if not record.is_out:
            record = self.lay_out(record)
        if not record.is_published:
            record = self.publish(record)
        return record


@contextmanager
def held(worktree: Worktree) -> Iterator[Held]:
    """Hold a worktree for writing."""
    path = str(worktree.path).encode("utf-8", "surrogateescape")
    with _held(worktree, hashlib.sha256(path).hexdigest()[:24]) as one:
        yield one


@contextmanager
def held_by_key(clone: Clone, key: str, record: Record) -> Iterator[Held]:
    """Hold a worktree that is known by its control directory's name ``key`` only."""
    with _held(Worktree(Path(record.path), clone, record.branch), key) as one:
        yield one


@contextmanager
def _held(worktree: Worktree, key: str) -> Iterator[Held]:
    beside = worktree.clone.beside
    # 256 lock files for all worktrees: a lock file may never be deleted, and worktrees come and go.
    with locked(beside / "locks" / key[:2], _LOCK_TIMEOUT_S) as hold:
        head = f"ref: refs/heads/{worktree.branch}\n"
        control = open_control(beside / "worktrees" / key, worktree.clone.path, head=head)
        # No git of ours works here while we hold the lock: a lock file is a dead one's.
        for lock in control.glob("*.lock"):
            lock.unlink(missing_ok=True)
        yield Held(worktree, control, hold)
