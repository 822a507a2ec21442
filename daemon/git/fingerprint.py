"""What agents left where no agent has anything to do: planted configuration and hooks, a swapped ``.git``.

Our own calls execute none of it (``control.py``); here it is *named*, so that the report can say it. Taken before and
after a run and compared. It detects, it does not prevent: agents run as the same user. Two agents at work at once are
not told apart, and what a person changes in a checkout meanwhile is named too.
"""

import hashlib
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.git.clone import Clone
from daemon.git.complaint import readable
from daemon.git.held import Worktree
from daemon.git.source import folder_at

_READ_LIMIT = 1 << 20  # bytes of a file that count; hooks and configuration are small
#: What may make git run something, or see other data, in any repository.
_ACTIVE = (
    "config",
    "config.worktree",
    "commondir",
    "hooks",
    "info",
    "objects/info/alternates",
    "refs/replace",
)
_IN_OURS = {"HEAD", "config", "description", "objects", "refs", "packed-refs", "shallow"}
_LOCK_OR_NEW = re.compile(r".+\.(lock|new)")


@dataclass(frozen=True)
class Fingerprint:
    """State of the places that are looked at: name for people -> what stands there, as a digest or a word."""

    places: Mapping[str, str]

    def changes(self, after: "Fingerprint") -> tuple[str, ...]:
        """Return one line for each place that is another afterwards, sorted."""
        lines = []
        for name in sorted(self.places.keys() | after.places.keys()):
            old, new = self.places.get(name), after.places.get(name)
            if old != new:
                verb = "was planted" if old is None else "was deleted" if new is None else "was changed"
                lines.append(
                    f"{name} {verb} while the agent ran; nothing of it was executed or used by the service"
                )
        return tuple(lines)


def fingerprint(of: Clone | Worktree) -> Fingerprint:
    """Take the fingerprint of a clone (with its remote and its source, if they are on this machine).

    Of a worktree: its clone's, and that of the ``.git`` the agent was given.
    """
    clone = of.clone if isinstance(of, Worktree) else of
    places: dict[str, str] = {}
    for title, git_dir in _repositories(clone):
        places |= {f"{title}: {name}": digest for name, digest in _active(git_dir)}
    places |= {f"the service's clone: {name}": "there" for name in _strange(clone.path)}
    if isinstance(of, Worktree):
        places |= _agents_own(of.path)
    return Fingerprint(places)


def _repositories(clone: Clone) -> Iterator[tuple[str, Path]]:
    yield "the service's clone", clone.path
    seen = {clone.path}
    for title, address in (
        ("the repository", clone.source),
        ("its remote", clone.remote),
        ("its remote", clone.upstream),
    ):
        folder = folder_at(Path(address).expanduser()) if address and "://" not in address else None
        if folder is not None and folder.shared not in seen:
            seen.add(folder.shared)
            yield f"{title} {address}", folder.shared


def _active(git_dir: Path) -> Iterator[tuple[str, str]]:
    for name in _ACTIVE:
        yield from _digests(git_dir / name, name)


def _digests(path: Path, name: str) -> Iterator[tuple[str, str]]:
    try:
        kind = path.lstat().st_mode
        if stat.S_ISLNK(kind):
            yield readable(name), f"link to {path.readlink()}"
        elif stat.S_ISDIR(kind):
            for entry in sorted(path.iterdir()):
                yield from _digests(entry, f"{name}/{entry.name}")
        elif stat.S_ISREG(kind):
            with path.open("rb") as file:
                digest = hashlib.sha256(file.read(_READ_LIMIT)).hexdigest()
            yield readable(name), f"{digest} {stat.S_IMODE(kind):o}"
        else:
            yield readable(name), "neither file nor folder"
    except FileNotFoundError:
        return
    except OSError as error:
        yield readable(name), f"unreadable: {error.errno}"


def _strange(git_dir: Path) -> list[str]:
    """Return what stands in a repository that we made and did not put there."""
    try:
        names = sorted(entry.name for entry in git_dir.iterdir())
    except OSError:
        return []
    return [readable(name) for name in names if name not in _IN_OURS and not _LOCK_OR_NEW.fullmatch(name)]


def _agents_own(worktree: Path) -> dict[str, str]:
    """Look at the ``.git`` of a worktree without following it anywhere: what it is, and whether its branches moved."""
    git = worktree / ".git"
    title = "the worktree's .git"
    if git.is_symlink() or not git.is_dir():
        return {f"{title} (swapped)": "a link" if git.is_symlink() else "a file" if git.exists() else "gone"}
    places = {f"{title}: {name}": digest for name, digest in _active(git)}
    refs = (*_digests(git / "HEAD", "HEAD"), *_digests(git / "refs" / "heads", "refs/heads"))
    return places | {
        f"{title}: {name} (commits or branches of the agent's own)": digest for name, digest in refs
    }
