"""What an agent did outside of its worktree, as far as it can be seen afterwards: looked at before and after a run.

Agents of the service's own user can write where the service can. Nothing of it is executed or taken in by us; here it
is named. Two kinds are told apart. What only this agent can have done (a branch stands at a commit that it made) is
held against its run. What somebody else may have done as well (a person works in their checkout, drops a file, another
agent runs at the same time) is said with exactly that doubt.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.git.clone import Clone
from daemon.git.complaint import readable
from daemon.git.held import Worktree
from daemon.git.source import folder_at

FILES_MAX = 50_000  # files of one folder that are looked at; a look at more takes longer than a second
NAMED_MAX = 5  # files named of one place
_REF = re.compile(rb"([0-9a-f]{40}) (refs/\S+)")
#: what stands in a job's folder of worktrees: theirs, and what the service puts beside them
_OURS = re.compile(r"\.?(integration|\d+-[A-Za-z0-9._-]+)")

Stamps = Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Surroundings:
    """The places around a run as they were at one moment."""

    refs: Mapping[tuple[str, str], str]  #: (repository, ref) -> commit
    folders: Mapping[str, Stamps]  #: title -> file -> inode, size, time of change
    strangers: frozenset[str]  #: entries of the job's folder that are not the service's
    inbox: frozenset[str]  #: names of files

    def pushed(self, after: "Surroundings", worktree: Worktree) -> list[str]:
        """Return a line for each branch that stands at a commit which was made in ``worktree``."""
        moved = {place: commit for place, commit in after.refs.items() if self.refs.get(place) != commit}
        return [
            f"it pushed {readable(ref)} of {title} itself; only the service delivers"
            for (title, ref), commit in sorted(moved.items())
            if _was_made_in(worktree, commit)
        ]

    def noticed(self, after: "Surroundings", was_ordered: Callable[[str], bool]) -> list[str]:
        """Return a line for each other place that is not as it was.

        ``was_ordered``: says of a file in the inbox's folders that the service made it, for an order.
        """
        lines = []
        for title, old in self.folders.items():
            new = after.folders.get(title, {})
            changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
            if changed:
                lines.append(
                    f"{title}: {_some(changed)} changed while the agent ran, by it or by somebody else"
                )
        if planted := sorted(after.strangers - self.strangers):
            lines.append(f"{_some(planted)} planted beside its worktree; the service does not use it")
        if dropped := sorted(name for name in after.inbox - self.inbox if not was_ordered(name)):
            lines.append(f"inbox: {_some(dropped)} dropped while the agent ran, by it or by somebody else")
        return lines

    def is_changed(self, after: "Surroundings", title: str) -> bool:
        """Say whether anything in the folder with this title is another."""
        return self.folders.get(title) != after.folders.get(title)


INTEGRATION = "the integration worktree"


def look_around(worktree: Worktree, priorities: Path) -> Surroundings:
    """Look at everything around ``worktree``. Executes nothing and follows no link."""
    clone, beside = worktree.clone, worktree.path.parent
    folders = {INTEGRATION: _stamps(beside / "integration")}
    folders |= {f"the checkout {path}": _stamps(path) for path in _checkouts(clone)}
    return Surroundings(
        refs={(title, ref): commit for title, path in _repositories(clone) for ref, commit in _refs(path)},
        folders=folders,
        strangers=frozenset(readable(name) for name in _names(beside) if not _OURS.match(name)),
        inbox=frozenset(
            readable(name)
            for folder in (priorities, *_inner(priorities))
            for name in _names(folder)
            if not name.startswith(".") and name != "README.md"
        ),
    )


def _repositories(clone: Clone) -> Iterator[tuple[str, Path]]:
    yield "the service's clone", clone.path
    seen = {clone.path}
    for address in (clone.source, clone.remote, clone.upstream):
        folder = folder_at(Path(address).expanduser()) if address and "://" not in address else None
        if folder is not None and folder.shared not in seen:
            seen.add(folder.shared)
            yield f"the repository {readable(str(address))}", folder.shared


def _checkouts(clone: Clone) -> list[Path]:
    source = clone.source
    path = Path(source).expanduser() if source and "://" not in source else None
    return [path] if path is not None and (path / ".git").exists() else []


def _refs(git_dir: Path) -> Iterator[tuple[str, str]]:
    """Read packed refs, and loose ones over them, without git."""
    packed = _bytes_of(git_dir / "packed-refs")
    yield from ((name.decode("utf-8", "replace"), commit.decode()) for commit, name in _REF.findall(packed))
    for folder, _, names in os.walk(git_dir / "refs"):
        for name in names:
            path = Path(folder) / name
            commit = _bytes_of(path).strip().decode("ascii", "replace")
            yield str(path.relative_to(git_dir)), commit


def _bytes_of(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        return file.read(16 << 20)


def _was_made_in(worktree: Worktree, commit: str) -> bool:
    """Say whether the commit lies loose in the agent's ``.git``: what it has from us is borrowed, or a link."""
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        return False
    try:
        return (worktree.path / ".git/objects" / commit[:2] / commit[2:]).lstat().st_nlink == 1
    except OSError:
        return False


def _stamps(folder: Path) -> Stamps:
    found: dict[str, tuple[int, int, int]] = {}
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = os.path.join(where, name)  # noqa: PTH118 - tens of thousands of them
            try:
                facts = os.lstat(path)
            except OSError:
                continue
            stamp = (facts.st_ino, facts.st_size, facts.st_mtime_ns)
            found[readable(os.path.relpath(path, folder))] = stamp
            if len(found) >= FILES_MAX:
                return found
    return found


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(folder)]
    except OSError:
        return []


def _inner(folder: Path) -> list[Path]:
    return [folder / name for name in _names(folder) if name[0] != "." and (folder / name).is_dir()]


def _some(names: list[str]) -> str:
    left = len(names) - NAMED_MAX
    shown = ", ".join(names[:NAMED_MAX]) + (f" and {left} more" if left > 0 else "")
    return (
        f"{shown} {'was' if len(names) == 1 else 'were'}" if not shown.endswith("more") else f"{shown} were"
    )
