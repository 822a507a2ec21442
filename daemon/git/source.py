"""What a repository's source is: where to fetch from and where to push to. Only ever reads.

Three kinds. A *URL*: fetched and pushed. A *bare repository* in a folder: fetched and pushed. A *checkout* of a person:
its remote ``origin`` is fetched and pushed; without one the checkout itself is fetched from (through a control
directory, so that nothing its configuration names is run) and pushes go to a bare repository of the service.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from company.errors import GitError
from daemon.git.command import run_git
from daemon.git.complaint import without_login
from daemon.git.naming import is_safe_url, local_path

_GITDIR_LINE = re.compile(r"gitdir: (.+?)\n?")
_OPENING = 4096  # bytes of HEAD, .git and commondir files that are read


@dataclass(frozen=True)
class Folder:
    """A repository on this machine. ``shared`` holds objects and refs; ``head`` is the file of its HEAD."""

    shared: Path
    head: Path
    is_bare: bool

    def head_text(self) -> str:
        """Return the content of HEAD: a ``ref: …`` line or a commit."""
        return opening_of(self.head)


@dataclass(frozen=True)
class Source:
    """``fetch`` and ``push`` are addresses (a URL or an absolute path); ``push`` is None for our own remote."""

    fetch: str
    push: str | None
    folder: Folder | None  #: what ``fetch`` names when it is on this machine


def look_at(source: str, *, git_dir: Path) -> Source:
    """Find out what ``source`` is. ``git_dir`` is any control directory (git needs one to read a config file).

    Raises GitError: ``unsafe_url``, ``not_a_repository``, ``remote_missing``, ``unsupported``.
    """
    path = local_path(source, base=Path.cwd())
    if path is None:
        return Source(_checked_url(source), source, None)
    folder = folder_at(path)
    if folder is None:
        raise GitError(
            ("open", source),
            None,
            f"{path} is not a git repository",
            mend="give the top folder of a repository, or run 'git init' and make a first commit there",
            code="not_a_repository",
        )
    settings = _settings_of(folder, git_dir=git_dir)
    if folder.is_bare:
        return Source(str(path), str(path), folder)
    origin = settings.get("remote.origin.url")
    if origin is None:
        return Source(str(path), None, folder)
    return _origin_of(path, origin, settings.get("remote.origin.pushurl") or origin, git_dir=git_dir)


def _origin_of(checkout: Path, url: str, push_url: str, *, git_dir: Path) -> Source:
    push_path = local_path(push_url, base=checkout)
    push = str(push_path) if push_path else push_url
    path = local_path(url, base=checkout)
    if path is None:
        return Source(_checked_url(url), push, None)
    folder = folder_at(path)
    if folder is None:
        raise GitError(
            ("open", str(checkout)),
            None,
            f"there is no repository at {path}, which is remote 'origin' of {checkout}",
            mend=f"correct it with: git -C {checkout} remote set-url origin ADDRESS",
            code="remote_missing",
        )
    _settings_of(folder, git_dir=git_dir)
    return Source(str(path), push, folder)


def _checked_url(url: str) -> str:
    if not is_safe_url(url):
        raise GitError(
            ("open", without_login(url)),
            None,
            f"{without_login(url)!r} is not an address that is used",
            mend="use https://…, ssh://…, user@host:path or a folder",
            code="unsafe_url",
        )
    return url


def checked_address(address: str) -> str:
    """Return ``address`` if it is an absolute path or a safe URL; GitError (``unsafe_url``) otherwise."""
    return address if address.startswith("/") else _checked_url(address)


def folder_at(path: Path) -> Folder | None:
    """Return the repository whose top folder, bare folder or linked worktree is ``path``; None when there is none."""
    try:
        dot_git = path / ".git"
        if dot_git.is_dir():
            return _folder_of(dot_git, is_bare=False)
        if dot_git.is_file():
            match = _GITDIR_LINE.fullmatch(opening_of(dot_git))
            return _folder_of(path / match[1], is_bare=False) if match else None
        return _folder_of(path, is_bare=True)
    except (OSError, ValueError):
        return None


def _folder_of(git_dir: Path, *, is_bare: bool) -> Folder | None:
    shared = git_dir
    if (git_dir / "commondir").is_file():  # a linked worktree
        shared = git_dir / opening_of(git_dir / "commondir").strip()
    shared = Path(os.path.realpath(shared))
    if not ((shared / "objects").is_dir() and (shared / "refs").is_dir() and (git_dir / "HEAD").is_file()):
        return None
    return Folder(shared, git_dir / "HEAD", is_bare)


def opening_of(path: Path) -> str:
    """Return the first bytes of a file of git's as text. Raises OSError, ValueError."""
    with path.open("rb") as file:
        return file.read(_OPENING).decode("utf-8")


def _settings_of(folder: Folder, *, git_dir: Path) -> dict[str, str]:
    """Read a repository's own config file as data: nothing in it takes effect."""
    config = folder.shared / "config"
    if not config.is_file():
        return {}
    args = ("config", "--no-includes", "--file", str(config), "-z", "--get-regexp")
    wanted = r"^(remote\.origin\.(url|pushurl)|extensions\..*)$"
    settings: dict[str, str] = {}
    for entry in run_git((*args, wanted), git_dir=git_dir, check=False).stdout.split("\0"):
        key, _, value = entry.partition("\n")
        settings.setdefault(key, value)
    for key, plain in (("extensions.objectformat", "sha1"), ("extensions.refstorage", "files")):
        if settings.get(key, plain) != plain:
            raise GitError(
                ("open", str(folder.shared)),
                None,
                f"{folder.shared} uses {key} = {settings[key]}, which this service cannot read",
                mend="use a repository in git's default format",
                code="unsupported",
            )
    return settings
