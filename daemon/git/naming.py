"""What may be handed to git as a branch, a revision or an address. Pure.

git reads an argument that starts with '-' as an option, and some addresses (``ext::``) as a command to run; what is
refused here never reaches it.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

from company.errors import GitError

_COMMIT = re.compile(r"[0-9a-f]{40}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,40}")
# git help check-ref-format, rules 1 to 9.
_NEVER_IN_A_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|\.$|/$")
_SCP_LIKE = re.compile(
    r"(?P<user>[\w.+][\w.+-]*@)?(?P<host>[A-Za-z0-9\[][\w.:\]-]*):(?P<path>[^:\x00-\x1f][^\x00-\x1f]*)"
)
_ALLOWED_SCHEMES = ("https", "http", "ssh", "file")


def is_branch(name: str) -> bool:
    """Say whether git accepts ``name`` as a branch, and no command takes it for an option."""
    return (
        bool(name)
        and name not in ("@", "HEAD")
        and not name.startswith(("-", "/", "."))
        and not name.startswith("refs/")
        and not _NEVER_IN_A_BRANCH.search(name)
        and len(name.encode("utf-8", "surrogateescape")) <= 200
    )


def checked_branch(name: str) -> str:
    """Return ``name``; GitError (``bad_branch``) when it is no branch name."""
    if not is_branch(name):
        raise GitError(
            ("branch",),
            None,
            f"{name!r} cannot be a branch name",
            mend="use letters, digits, '-', '_', '.' and '/', as in fix/login",
            code="bad_branch",
        )
    return name


def is_commit(name: str) -> bool:
    """Say whether ``name`` is a whole commit name (40 hexadecimal digits)."""
    return bool(_COMMIT.fullmatch(name))


def may_be_commit(name: str) -> bool:
    """Say whether ``name`` may be a commit's name, whole or abbreviated to at least 7 digits."""
    return bool(_ABBREVIATED.fullmatch(name))


def local_path(address: str, *, base: Path) -> Path | None:
    """Return the folder an address names (a relative one is under ``base``); None when it is on another host."""
    if address.startswith("file://"):
        return Path(urlsplit(address).path)
    # git: a colon before the first slash makes it host:path
    if "://" in address or ":" in address.split("/", 1)[0]:
        return None
    if not address or address.startswith("-") or re.search(r"[\x00-\x1f]", address):
        return None
    return (base / Path(address).expanduser()).absolute()


def is_safe_url(address: str) -> bool:
    """Say whether an address on another host names one of the transports that run nothing here but git and ssh."""
    if address.startswith("-") or "::" in address.split("/", 1)[0] or re.search(r"[\x00-\x20]", address):
        return False
    if "://" not in address:
        return bool(_SCP_LIKE.fullmatch(address))
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in _ALLOWED_SCHEMES and bool(host) and not host.startswith("-")
