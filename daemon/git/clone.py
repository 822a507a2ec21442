"""The service's own clone of a repository: made once, fetched when its source moved, shared by all jobs on it.

Branches of the source stand under ``refs/remotes/upstream/``, what the jobs made under ``refs/heads/``
(``agent/<job id>``, ``agent-step/<job id>/<iteration>-<agent>``); fetching prunes only the former. The source is only
ever read: its objects and refs through a control directory of ours, its config as data.
"""

import hashlib
import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from company.errors import GitError
from company.ids import slug
from daemon.git import bare
from daemon.git.command import Identity, run_git
from daemon.git.control import open_control, read_json, write_json
from daemon.git.locking import locked
from daemon.git.naming import checked_branch, is_branch, is_commit, may_be_commit
from daemon.git.refs import is_moved_by, ref_value, signature
from daemon.git.source import Source, folder_at, look_at

UPSTREAM = "refs/remotes/upstream/"
WORKSPACE_BRANCH = "main"
_REFSPECS = ("+refs/heads/*:refs/remotes/upstream/*", "+refs/tags/*:refs/tags/*")
_STATE = {"source", "watched", "fetch", "push", "folder", "default_branch", "signature", "fetch_started_ns"}
_NOTE_PATIENCE_S = 0.2
_USUAL_BRANCHES = ("main", "master", "trunk", "develop")


@dataclass(frozen=True)
class Clone:
    """A bare repository of the service.

    ``source`` is what was asked for, ``upstream`` the address that is fetched, ``remote`` the one that is pushed to.
    The two are the same but for a checkout without ``origin`` (pushed to a bare repository of the service) and one
    whose ``origin`` has a ``pushurl``. All three are empty or our own for a workspace.
    """

    path: Path
    source: str
    upstream: str
    remote: str

    @property
    def beside(self) -> Path:
        """The folder of control directories, locks and state."""
        return self.path.with_suffix(".control")

    @property
    def state_path(self) -> Path:
        """The file that says where the clone came from and what was fetched."""
        return self.beside / "state.json"

    def control(self) -> Path:
        """Return the control directory of the clone itself, put right."""
        return open_control(self.beside / "clone", self.path)


def open_clone(
    source: str, clones_dir: Path, *, name: str, timeout_s: float = 300, fresh: bool = True
) -> Clone:
    """Return the clone of ``source``, made if it is not there, fetched if ``fresh`` and the source has moved.

    A source on this machine is looked at without a process and fetched only when a ref of it changed. Calls at the
    same time share one fetch. Not ``fresh``: as it was last fetched.

    Raises GitError with a ``code``: those of ``source.look_at`` and ``complaint.py``, and ``no_commits`` when there is
    nothing to start from.
    """
    asked_at = time.time_ns()
    key = _key(source)
    path = clone_path(source, clones_dir, name=name)
    beside = path.with_suffix(".control")
    known = _current(source, path, beside, fresh=fresh)
    if known is not None:
        return known
    with locked(beside / "locks" / "clone", timeout_s):
        known = _current(source, path, beside, fresh=fresh, since_ns=asked_at)
        if known is not None:
            return known
        bare.make_bare(path)
        looked = look_at(source, git_dir=open_control(beside / "clone", path))
        state = read_json(beside / "state.json") or {}
        state |= {
            "source": source,
            "watched": _config_stamp(source),
            "fetch": looked.fetch,
            "push": looked.push or str(bare.own_remote(path.parent, slug(name), key, source)),
            "folder": looked.folder is not None,
        }
        clone = Clone(path, source, looked.fetch, state["push"])
        state |= _fetch(clone, looked, state.get("default_branch"), timeout_s)
        write_json(clone.state_path, state)
    return clone


def clone_path(source: str, clones_dir: Path, *, name: str) -> Path:
    """Return where the clone of ``source`` stands, or would."""
    return clones_dir.absolute() / f"{slug(name)}-{_key(source)}.git"


def _key(source: str) -> str:
    return hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _current(
    source: str, path: Path, beside: Path, *, fresh: bool, since_ns: int | None = None
) -> Clone | None:
    """Return the clone as it is, if that is good enough: not to be fresh, unmoved, or fetched ``since_ns``."""
    state = read_json(beside / "state.json")
    if (
        state is None
        or not state.keys() >= _STATE
        or state["source"] != source
        or not (path / "HEAD").is_file()
        or _is_own_remote_elsewhere(path, state["push"])
    ):
        return None
    is_fetched_since = since_ns is not None and state["fetch_started_ns"] >= since_ns
    if fresh and not is_fetched_since and not _is_unmoved(source, state):
        return None
    try:
        os.utime(beside / "state.json")  # the mark of its last use: housekeeping goes by it
    except FileNotFoundError:
        return None  # it is being taken out of use (``upkeep.set_aside``)
    except OSError:
        pass  # a disk that can only be read: housekeeping can remove nothing either
    return Clone(path, source, state["fetch"], state["push"])


def _is_own_remote_elsewhere(path: Path, push: str) -> bool:
    """Say whether the remote of our own is noted where it was before the company's folder was moved."""
    remotes, noted = bare.remotes_of(path.parent), Path(push)
    return push.startswith("/") and noted.parent != remotes and (remotes / noted.name).is_dir()


def init_workspace(path: Path) -> Clone:
    """Return the clone at ``path`` (a folder ending in .git): one empty commit, for jobs without a repository.

    It has no source and no remote.
    """
    clone = Clone(path.absolute().with_suffix(".git"), "", "", "")
    if read_json(clone.state_path) is not None:
        return clone
    with locked(clone.beside / "locks" / "clone", 60):
        bare.make_bare(clone.path)
        control = clone.control()
        tree = run_git(("mktree",), git_dir=control, input_text="").stdout.strip()
        args = ("commit-tree", tree, "-m", "Start of the workspace")
        commit = run_git(args, git_dir=control, identity=Identity()).stdout.strip()
        run_git(("update-ref", UPSTREAM + WORKSPACE_BRANCH, commit), git_dir=control)
        write_json(clone.state_path, {"source": "", "default_branch": WORKSPACE_BRANCH})
    return clone


def resolve(clone: Clone, ref: str) -> str | None:
    """Return the commit that a branch of the source, a branch of a job, a tag or a commit's name means; or None.

    The source's branch wins over a job's of the same name. Other expressions (``a..b``, ``@{-1}``, options) are
    nothing. No process is run where the branch stands at a commit that was asked for before.
    """
    for name in [prefix + ref for prefix in (UPSTREAM, "refs/heads/", "refs/tags/") if is_branch(ref)]:
        value = ref_value(clone.path, name)
        if value is None:
            continue
        with suppress(LookupError):
            return _commit_of(clone, value) if is_commit(value) else _ask(clone, name)
    try:
        return _ask(clone, ref) if may_be_commit(ref) else None
    except LookupError:
        return None


@lru_cache(maxsize=4096)
def _commit_of(clone: Clone, object_name: str) -> str:
    """Return the commit an object is, or means (a tag); that never changes. Raises LookupError, never remembered."""
    return _ask(clone, object_name)


def _ask(clone: Clone, name: str) -> str:
    args = ("cat-file", "--batch-check=%(objecttype) %(objectname)")
    said = run_git(args, git_dir=clone.control(), input_text=f"{name}^{{commit}}\n").stdout
    kind, _, commit = said.strip().partition(" ")
    if kind != "commit":
        raise LookupError(name)
    return commit


def commit_named(clone: Clone, name: str) -> str:
    """Return the commit ``name`` means, without asking git when it is a whole commit name already.

    Raises GitError (``no_such_commit``).
    """
    commit = name if is_commit(name) else resolve(clone, name)
    if commit is None:
        raise GitError(
            ("resolve", name),
            None,
            f"{clone.source or clone.path} has no branch, tag or commit called {name!r}",
            mend="correct the name ('base:' in the priority file), or push that branch, then retry the job",
            code="no_such_commit",
        )
    return commit


def default_branch(clone: Clone) -> str:
    """Return the name of the branch the source itself starts from: its HEAD when it was last fetched.

    Raises GitError (``no_default_branch``) when its HEAD names none and no branch has a usual name.
    """
    state = read_json(clone.state_path) or {}
    branch = state.get("default_branch")
    if isinstance(branch, str) and branch:
        return branch
    raise GitError(
        ("default-branch",),
        None,
        f"{clone.source} is on no branch, and has none called {', '.join(_USUAL_BRANCHES)}",
        mend="name the branch to start from: 'base:' in the priority file or default_branch in config.yaml",
        code="no_default_branch",
    )


def note_pushed(clone: Clone, branch: str, commit: str) -> None:
    """Remember that the source moved by our own push, so that the next look at it finds nothing to fetch.

    Whatever else moved there meanwhile still differs from what was fetched. Left out when a fetch is under way.
    """
    if clone.remote != clone.upstream:
        return
    with suppress(GitError), locked(clone.beside / "locks" / "clone", _NOTE_PATIENCE_S):
        state = read_json(clone.state_path)
        folder = folder_at(Path(state["fetch"])) if state and state["folder"] else None
        if state is None or folder is None:
            return
        seen = signature(folder)
        if is_moved_by(folder, branch, commit, before=state["signature"], after=seen):
            write_json(clone.state_path, state | {"signature": seen})


def _is_unmoved(source: str, state: dict[str, Any]) -> bool:
    """Say whether all that was fetched is on this machine and still as it was. Runs no process."""
    folder = folder_at(Path(state["fetch"])) if state["folder"] else None
    if folder is None or state["watched"] != _config_stamp(source):
        return False
    return bool(state["signature"] == signature(folder))


def _config_stamp(source: str) -> str:
    """Return what changes when the config file of a local source does: its remotes may be others then."""
    folder = folder_at(Path(source).expanduser()) if "://" not in source else None
    if folder is None:
        return ""
    try:
        config = (folder.shared / "config").stat()
    except OSError:
        return ""
    return f"{config.st_ino} {config.st_size} {config.st_mtime_ns}"


def _fetch(clone: Clone, looked: Source, known_branch: str | None, timeout_s: float) -> dict[str, Any]:
    """Fetch, and return what the state says of it."""
    started = time.time_ns()
    seen = signature(looked.folder) if looked.folder else ""
    try:
        _run_fetch(clone, looked, timeout_s)
    except GitError as error:
        if looked.folder is None or error.code == "timed_out":
            raise
        _run_fetch(clone, looked, timeout_s)  # its owner's git may have packed it under our hands
    branch = _head_branch(clone, looked, known_branch, timeout_s)
    return {"default_branch": branch, "signature": seen, "fetch_started_ns": started}


def _run_fetch(clone: Clone, looked: Source, timeout_s: float) -> None:
    address = looked.fetch
    if looked.folder is not None:
        head = looked.folder.head_text()
        address = str(open_control(clone.beside / "source", looked.folder.shared, head=head))
    options = ("--quiet", "--prune", "--no-tags", "--update-shallow", "--no-write-fetch-head")
    run_git(
        ("fetch", *options, "--no-auto-maintenance", "--no-recurse-submodules", address, *_REFSPECS),
        git_dir=clone.control(),
        timeout_s=timeout_s,
        network=looked.folder is None,
    )


def _head_branch(clone: Clone, looked: Source, known: str | None, timeout_s: float) -> str:
    output = run_git(("for-each-ref", "--format=%(refname)", UPSTREAM), git_dir=clone.control())
    branches = [line.removeprefix(UPSTREAM) for line in output.stdout.splitlines()]
    if not branches:
        raise GitError(
            ("fetch", clone.source),
            None,
            f"{clone.source} has no commits yet",
            mend="make a first commit there (an empty one will do: git commit --allow-empty -m start), then retry",
            code="no_commits",
        )
    if looked.folder is not None:
        head = looked.folder.head_text().strip().removeprefix("ref: refs/heads/")
    elif known in branches:
        head = known or ""
    else:
        head = _remote_head(clone, timeout_s)
    candidates = [name for name in (head, *_USUAL_BRANCHES) if name in branches]
    if candidates:
        return checked_branch(candidates[0])
    return branches[0] if len(branches) == 1 else ""


def _remote_head(clone: Clone, timeout_s: float) -> str:
    args = ("ls-remote", "--symref", clone.upstream, "HEAD")
    said = run_git(args, git_dir=clone.control(), timeout_s=timeout_s, network=True).stdout
    match = re.match(r"ref: refs/heads/(\S+)\tHEAD", said)
    return match[1] if match else ""
