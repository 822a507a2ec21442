"""Bring lines of work together, without a checkout: ``git merge-tree`` makes the tree, the worktree then follows.

All or nothing: a conflict moves neither branch nor files. A commit that is in already is skipped, so a merge may run
twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from company.errors import GitError
from daemon.git.clone import Clone, commit_named
from daemon.git.command import Identity, run_git
from daemon.git.complaint import readable
from daemon.git.held import Worktree, held

_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Merged:
    """The line now stands at ``commit``."""

    commit: str


@dataclass(frozen=True)
class Conflict:
    """The lines changed the same places. ``files`` names them; ``detail`` is git's own account, for a brief."""

    files: tuple[str, ...]
    detail: str


@dataclass(frozen=True)
class Unchanged:
    """There was nothing to take in; the line still stands at ``commit``."""

    commit: str


def merge(
    clone: Clone,
    worktree: Worktree,
    commits: Sequence[str],
    message: str,
    *,
    name: str = Identity.name,
    email: str = Identity.email,
) -> Merged | Conflict:
    """Merge ``commits`` (commits or branches, in this order) into the worktree's branch and lay the result out.

    What was not committed in the worktree is lost: it is the service's own. Raises GitError (``no_such_commit``).
    """
    names = [commit_named(clone, commit) for commit in commits]
    with held(worktree) as desk:
        record = desk.settle(desk.known())
        head = record.head
        for commit in names:
            joined = _join(clone, head, commit, message, Identity(name, email))
            if isinstance(joined, Conflict):
                return joined
            head = joined
        if head != record.head:
            desk.advance(head)
    return Merged(head)


def integrate_base(
    clone: Clone,
    line: Worktree | str,
    base_branch: str,
    *,
    message: str = "",
    name: str = Identity.name,
    email: str = Identity.email,
) -> Merged | Conflict | Unchanged:
    """Take a base that moved meanwhile into a worktree's branch, or into a commit (then nothing moves but the result).

    Raises GitError (``no_such_commit``) when the base is gone.
    """
    base = commit_named(clone, base_branch)
    message = message or f"Take in {base_branch}"
    if isinstance(line, str):
        head = commit_named(clone, line)
        joined = _join(clone, head, base, message, Identity(name, email))
        if isinstance(joined, Conflict):
            return joined
        return Merged(joined) if joined != head else Unchanged(head)
    with held(line) as desk:
        before = desk.known().head
    merged = merge(clone, line, (base,), message, name=name, email=email)
    if isinstance(merged, Merged) and merged.commit == before:
        return Unchanged(before)
    return merged


def _join(clone: Clone, head: str, commit: str, message: str, identity: Identity) -> str | Conflict:
    control = clone.control()
    counts = run_git(
        ("rev-list", "--left-right", "--count", f"{head}...{commit}"), git_dir=control
    ).stdout.split()
    if counts[1] == "0":
        return head
    if counts[0] == "0":
        return commit
    args = ("merge-tree", "--write-tree", "--messages", "--name-only", "-z", head, commit)
    output = run_git(args, git_dir=control, timeout_s=_TIMEOUT_S, check=False)
    if output.exit_code not in (0, 1):
        raise GitError(args, output.exit_code, output.stderr)
    fields = output.stdout.split("\0")
    if output.exit_code == 1:
        return _conflict(fields)
    made = ("commit-tree", fields[0], "-p", head, "-p", commit)
    return run_git(made, git_dir=control, input_text=message, identity=identity).stdout.strip()


def _conflict(fields: Sequence[str]) -> Conflict:
    """Read the rest of merge-tree -z: names up to an empty field, then <n> <n names> <kind> <text> for each message."""
    end = fields.index("", 1)
    files = tuple(sorted({readable(name) for name in fields[1:end]}))
    texts = []
    position = end + 1
    while position < len(fields) and fields[position].isdigit():
        position += int(fields[position]) + 2
        texts.append(readable(fields[position]).strip())
        position += 1
    return Conflict(files, "\n".join(text for text in texts if text.startswith("CONFLICT")))


def is_contained(clone: Clone, commit: str, tip: str) -> bool:
    """Say whether merging ``commit`` into ``tip`` would change nothing: it was merged, rebased or squashed into it.

    False where the two conflict.
    """
    control = clone.control()
    args = ("merge-tree", "--write-tree", tip, commit)
    output = run_git(args, git_dir=control, timeout_s=_TIMEOUT_S, check=False)
    if output.exit_code not in (0, 1):
        raise GitError(args, output.exit_code, output.stderr)
    tree = run_git(("rev-parse", "--verify", f"{tip}^{{tree}}"), git_dir=control).stdout.strip()
    return output.exit_code == 0 and output.stdout.strip() == tree
