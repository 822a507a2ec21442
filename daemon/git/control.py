"""Control directories: why our git calls execute nothing that a repository or an agent planted.

git runs programs that configuration names (hooks, fsmonitor, filters, diff and merge drivers, ssh commands, aliases,
helpers ...), and a driver's name is free, so no list of overrides is complete. Therefore no git call of ours ever
reads the configuration of a repository it works on. It gets a *control directory*: a git directory with a config of
ours, a HEAD of ours, no hooks, no info/attributes, in which ``objects``, ``refs``, ``packed-refs`` and ``shallow`` are
symbolic links into the repository (the layout of git's own contrib/git-new-workdir). Data is shared, behaviour is not.

::

    clones/<name>-<hash>.git/            the shared repository: objects and refs; agents borrow its objects
    clones/<name>-<hash>.control/
        state.json                       where it came from, what was fetched
        locks/<00..ff>, locks/clone      who may write
        clone/                           control directory of the clone
        source/                          control directory of a local source or remote, to fetch from
        worktrees/<key>/                 control directory of one worktree: also its index and record.json

A control directory is checked, and put right, each time it is opened (some 50 us). Agents run as the same user: one
that looks for it can still write into it between that check and git's use of it.
"""

import json
import os
import re
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from company.errors import GitError

LINKED = ("objects", "refs", "packed-refs", "shallow")
_OWN = {"HEAD", "config", "index", "record.json", "set-aside", *LINKED}
#: What git itself (and ``write_whole``) has beside them for a moment; none of it is read as configuration.
_LEFT_BY_GIT = re.compile(r"ORIG_HEAD|FETCH_HEAD|shallow_\w+|.+\.lock")
_HEAD = re.compile(r"(ref: refs/[^\s\x00]+|[0-9a-f]{40})\n?")
NO_BRANCH = "ref: refs/heads/none\n"

CONFIG = """\
[core]
\trepositoryformatversion = 0
\tbare = true
\tlogAllRefUpdates = false
\thooksPath = /dev/null
\tfsmonitor = false
\tuntrackedCache = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\talternateRefsCommand = :
\taskPass = false
\tautocrlf = false
\tquotePath = false
\tfilesRefLockTimeout = 500
\tpackedRefsTimeout = 1000
[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\tautogc = false
\tdenyCurrentBranch = ignore
\tshallowUpdate = true
[fetch]
\trecurseSubmodules = false
\twriteCommitGraph = false
[push]
\trecurseSubmodules = no
\tgpgSign = false
[submodule]
\trecurse = false
[diff]
\tignoreSubmodules = all
[credential]
\thelper =
[advice]
\taddEmbeddedRepo = false
[safe]
\tdirectory = *
\tbareRepository = all
"""

#: For the receive-pack of a person's repository: its own configuration and hooks are its owner's rules.
REMOTE_CONFIG = "[safe]\n\tdirectory = *\n"


def open_control(at: Path, shared: Path, *, head: str = NO_BRANCH) -> Path:
    """Make the control directory ``at`` of the repository ``shared``, or put it right, and return it.

    Raises GitError when ``head`` is not the content of a HEAD file, or the disk refuses.
    """
    if not _HEAD.fullmatch(head):
        raise GitError(
            ("control",), None, f"HEAD of {shared} cannot be read: {head[:80]!r}", code="unreadable"
        )
    try:
        _make_right(at, shared, head)
    except OSError as error:
        raise GitError(("control",), None, f"{at} cannot be written: {error}", code="disk") from error
    return at


def _make_right(at: Path, shared: Path, head: str) -> None:
    if at.is_symlink() or (at.exists() and not at.is_dir()):
        at.unlink()
    at.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in at.iterdir():
        if entry.name not in _OWN and not _LEFT_BY_GIT.fullmatch(entry.name):
            _remove(entry)
    for name in LINKED:
        _link(at / name, shared / name)
    _hold(at / "config", CONFIG)
    _hold(at / "HEAD", head)


def _link(link: Path, target: Path) -> None:
    try:
        if link.readlink() == target:
            return
    except OSError:
        pass  # missing, or something else stands there
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    # Replaced, never deleted first: a git of another thread may be at work through a link that is right by now.
    spare = link.with_name(f"{uuid.uuid4().hex}.lock")
    spare.symlink_to(target)
    spare.replace(link)


def _hold(path: Path, text: str) -> None:
    """See that ``path`` is a plain file with exactly ``text``; other threads may do the same at this moment."""
    try:
        if not path.is_symlink() and path.read_text(encoding="utf-8", errors="replace") == text:
            return
    except OSError:
        pass
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    write_whole(path, text)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a file, readable by its owner only, so that a reader sees the old text or the new, never a part."""
    spare = path.with_name(f"{uuid.uuid4().hex}.lock")
    with open(spare, "x", encoding="utf-8", opener=_for_owner_only) as file:
        file.write(text)
    spare.replace(path)


def _for_owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a file of ours; None when it is missing or is not one."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write an object that ``read_json`` reads back."""
    write_whole(path, json.dumps(value, sort_keys=True))
