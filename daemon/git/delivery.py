"""What leaves the clone: a branch to the remote, a patch file."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from company.errors import GitError
from daemon.git.bare import make_bare, remotes_of
from daemon.git.clone import Clone, commit_named, note_pushed
from daemon.git.command import Identity, run_git
from daemon.git.complaint import readable, without_login
from daemon.git.control import REMOTE_CONFIG, open_control, write_whole
from daemon.git.naming import checked_branch
from daemon.git.source import checked_address

_DELIVERED = "refs/delivered/"  # what we last pushed, by branch
_NETWORK_TIMEOUT_S = 300.0
_PATCH_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Pushed:
    """``branch`` stands at the pushed commit on ``remote`` (an address without a login)."""

    remote: str
    branch: str


@dataclass(frozen=True)
class Remote:
    """``address`` is what git is given. ``config``: see ``run_git``, ``remote_config``."""

    address: str
    is_network: bool
    config: Path | None


def push(
    clone: Clone,
    branch: str,
    commit: str,
    *,
    timeout_s: float = _NETWORK_TIMEOUT_S,
    is_ours: bool = True,
) -> Pushed:
    """Set ``branch`` on the remote to ``commit``. Pushing the same again is harmless.

    A branch there that is not an ancestor is replaced only if it stands where we ourselves left it. One that is not
    ``is_ours`` (a base) is never replaced, and is fetched again like everybody's. Raises GitError
    with a code: ``branch_taken``, ``remote_refused``, ``remote_read_only``, ``remote_missing``, ``not_authorised``,
    ``remote_unreachable``, ``timed_out``, ``unsafe_url``, ``disk_full``.
    """
    ref = f"refs/heads/{checked_branch(branch)}"
    commit = commit_named(clone, commit)
    control = clone.control()
    remote = _remote_of(clone)
    delivered = _delivered(control, branch)
    try:
        _push(remote, control, timeout_s, f"{commit}:{ref}")
    except GitError as error:
        if error.code != "branch_taken" or delivered is None or not is_ours:
            raise
        _push(remote, control, timeout_s, f"{commit}:{ref}", f"--force-with-lease={ref}:{delivered}")
    if is_ours:
        run_git(("update-ref", f"{_DELIVERED}{branch}", commit), git_dir=control)
        note_pushed(clone, branch, commit)
    return Pushed(without_login(clone.remote), branch)


def _push(remote: Remote, control: Path, timeout_s: float, refspec: str, *options: str) -> None:
    run_git(
        (
            "push",
            "--quiet",
            "--no-verify",
            "--no-follow-tags",
            "--no-recurse-submodules",
            *options,
            remote.address,
            refspec,
        ),
        git_dir=control,
        timeout_s=timeout_s,
        network=remote.is_network,
        remote_config=remote.config,
    )


def _delivered(control: Path, branch: str) -> str | None:
    args = ("rev-parse", "--quiet", "--verify", f"{_DELIVERED}{branch}^{{commit}}")
    return run_git(args, git_dir=control, check=False).stdout.strip() or None


def _remote_of(clone: Clone) -> Remote:
    """Find out how the remote is reached.

    Our own through a control directory, so that nothing planted there runs. A person's repository in a folder as
    itself: what its owner put into its configuration and hooks is its rule, as on any server.
    """
    if not clone.remote:
        raise GitError(("push",), None, "a workspace has no remote to push to", code="remote_missing")
    remote = checked_address(clone.remote)
    if not remote.startswith("/"):
        return Remote(remote, is_network=True, config=None)
    path = Path(remote)
    if path.parent == remotes_of(clone.path.parent):
        make_bare(path)
        return Remote(str(open_control(clone.beside / "remote", path)), is_network=False, config=None)
    config = clone.beside / "remote.gitconfig"
    write_whole(config, REMOTE_CONFIG)
    return Remote(remote, is_network=False, config=config)


def remote_commit(clone: Clone, branch: str, *, timeout_s: float = 60) -> str | None:
    """Return where ``branch`` stands on the remote; None when it is not there. Raises GitError as ``push`` does."""
    ref = f"refs/heads/{checked_branch(branch)}"
    remote = _remote_of(clone)
    output = run_git(
        ("ls-remote", "--refs", remote.address, ref),
        git_dir=clone.control(),
        timeout_s=timeout_s,
        network=remote.is_network,
    )
    for line in output.stdout.splitlines():
        commit, _, name = line.partition("\t")
        if name == ref:
            return commit
    return None


def squash(
    clone: Clone, branch: str, *, base: str, tree_of: str, message: str, name: str, email: str, at: str
) -> str:
    """Set ``branch`` in the clone to one commit on ``base`` with the files of ``tree_of``, and return it.

    ``at``: its dates, a stored time (UTC, ISO 8601): the same call makes the same commit. ``base`` itself when the
    files are the same.
    """
    control = clone.control()
    parent, last = _ends(clone, base, tree_of)
    trees = run_git(("rev-parse", f"{parent}^{{tree}}", f"{last}^{{tree}}"), git_dir=control).stdout.split()
    commit = parent
    if trees[0] != trees[1]:
        args = ("commit-tree", trees[1], "-p", parent)
        text, identity = message.strip() + "\n", Identity(name, email, at)
        commit = run_git(args, git_dir=control, input_text=text, identity=identity).stdout.strip()
    run_git(("update-ref", f"refs/heads/{checked_branch(branch)}", commit), git_dir=control)
    return commit


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


def write_patch(clone: Clone, base: str, head: str, path: Path) -> None:
    """Write the difference of two commits to ``path``, binary files included, for ``git apply``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    args = (
        "diff-tree",
        "-p",
        "-r",
        "--binary",
        "--full-index",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
    )
    try:
        run_git(
            (*args, f"--output={spare}", *_ends(clone, base, head)),
            git_dir=clone.control(),
            timeout_s=_PATCH_TIMEOUT_S,
        )
        spare.replace(path)
    finally:
        spare.unlink(missing_ok=True)
