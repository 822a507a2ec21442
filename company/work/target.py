"""Where work may come from and go to: repositories and branches named by people, before git ever sees them.

git runs programs for some addresses (``ext::sh -c …``), and reads a leading ``-`` as an option. So what is
not known to be harmless is refused here: https, ssh, ``git@host:path``, a path, or a configured name.
"""

import re

_URL = re.compile(r"(?:https://|ssh://(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?)[A-Za-z0-9\[][^/@\s:]*(?::\d+)?/\S*")
_SCP = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?P<path>[^:].*)")
_BRANCH_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")
PART_MAX = 240  # bytes between two slashes: git keeps a branch as a file, and writes <name>.lock beside it
TARGET_MAX = 1024  # characters
BRANCH_MAX = 200  # characters


def safe_target(text: str) -> str:
    """Return a repository's name, path or address. Raises ValueError for what git would misread."""
    if not text.strip() or text != text.strip():
        raise ValueError("a repository without a name")
    if len(text) > TARGET_MAX:
        raise ValueError(f"a repository's name longer than {TARGET_MAX} characters")
    if text.startswith("-"):
        raise ValueError(f"{text!r} would be an option to git")
    if re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", text):
        raise ValueError("a control character in a repository's name")
    if "::" in text:
        raise ValueError(f"{text!r} names a transport that runs a program")
    if "://" in text:
        if not _URL.fullmatch(text):
            raise ValueError(f"{text!r}: only https://host/… and ssh://host/… are taken, without credentials")
    elif ":" in text and "/" not in text.partition(":")[0]:
        scp = _SCP.fullmatch(text)
        if scp is None or scp["path"].startswith("-"):
            raise ValueError(f"{text!r} is no address git@host:path")
    return text


def safe_branch(text: str) -> str:
    """Return a branch name that git takes (git-check-ref-format) and that is no option. Raises ValueError."""
    if not text:
        raise ValueError("a branch without a name")
    if len(text) > BRANCH_MAX:
        raise ValueError(f"a branch name longer than {BRANCH_MAX} characters")
    forbidden = _BRANCH_FORBIDDEN.search(text)
    if forbidden:
        raise ValueError(f"{forbidden.group()!r} cannot stand in a branch name")
    if text.startswith("-"):
        raise ValueError(f"{text!r} would be an option to git")
    for part in text.split("/"):
        if not part or part.startswith(".") or part.endswith((".", ".lock")) or len(part.encode()) > PART_MAX:
            raise ValueError(f"{text!r} is no branch name: {part or 'an empty part'!r}")
    if ".." in text or "@{" in text or text in {"@", "HEAD"} or text.startswith("refs/"):
        raise ValueError(f"{text!r} means something else to git than a branch")
    return text
