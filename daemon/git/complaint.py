"""What git's complaint means and what to do about it. Pure: text in, a stable word and a mend out.

git has no error codes: it exits 128 for nearly everything, so its English (LC_ALL=C) is read here and nowhere else.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Complaint:
    """``code`` is stable, for callers that branch; ``words`` is what happened, ``mend`` what to do; each one line."""

    code: str
    words: str
    mend: str


TIMED_OUT = Complaint(
    "timed_out",
    "git did not finish in time and was ended",
    "see whether the remote answers (a login prompt counts as silence), then retry the job",
)
TOO_MUCH_OUTPUT = Complaint(
    "too_much_output", "git wrote more than is accepted", "retry with a smaller change"
)

# First match wins: what is more exact stands first.
_KNOWN = (
    (
        r"No space left on device|Disk quota exceeded",
        Complaint("disk_full", "the disk is full", "free some space, then retry the job"),
    ),
    (
        r"Host key verification failed",
        Complaint(
            "not_authorised",
            "this machine does not know the remote's host key",
            "connect once by hand, as the user the service runs as (ssh -T HOST), then retry the job",
        ),
    ),
    (
        r"Permission denied \(|Authentication failed|could not read (Username|Password)|terminal prompts disabled"
        r"|The requested URL returned error: 40[13]"
        r"|Write access to repository not granted",
        Complaint(
            "not_authorised",
            "the remote does not accept this login",
            "set up a key or credential helper for the user the service runs as, then retry the job",
        ),
    ),
    (
        r"Read-only file system|insufficient permission for adding|unable to create temporary object directory"
        r"|unable to migrate objects|attempt to write a readonly",
        Complaint(
            "remote_read_only",
            "the remote cannot be written",
            "give the user the service runs as the right to write there, then retry the job",
        ),
    ),
    (
        r"does not appear to be a git repository|Repository not found|repository '[^']*' (not found|does not exist)"
        r"|The requested URL returned error: 404|not a git repository",
        Complaint(
            "remote_missing",
            "there is no repository at the remote's address",
            "correct the repository's path or url, or its remote 'origin', then retry the job",
        ),
    ),
    (
        r"hook declined|protected branch|denyCurrentBranch|branch is currently checked out|prohibited|remote rejected",
        Complaint(
            "remote_refused",
            "the remote refuses the branch",
            "read what the remote says and change its rules or the branch name, then retry the job",
        ),
    ),
    (
        r"\[rejected\]|non-fast-forward|fetch first|stale info",
        Complaint(
            "branch_taken",
            "the remote already has this branch with other commits, which were left alone",
            "give the job another branch name, or delete that branch on the remote, then retry the job",
        ),
    ),
    (
        r"Could not resolve host|Could not resolve hostname|Connection (refused|reset|timed out|closed)"
        r"|Failed to connect|Network is unreachable|No route to host|early EOF|hung up|unexpected disconnect"
        r"|Operation timed out|Could not connect|Empty reply from server",
        Complaint(
            "remote_unreachable", "the remote cannot be reached", "see to the connection, then retry the job"
        ),
    ),
    (
        r"cannot lock ref .*(exists; cannot create|there is a non-empty directory)",
        Complaint(
            "bad_branch",
            "a branch of this name cannot stand beside one that is there (x and x/y exclude each other)",
            "give the job another branch name, then retry it",
        ),
    ),
    (
        r"adding files failed",
        Complaint(
            "cannot_add",
            "a file in the worktree cannot be taken into a commit",
            "see which file git names; make it readable, or have it deleted, then retry the job",
        ),
    ),
    (
        r"Could not parse object '[0-9a-f]{40}'",
        Complaint(
            "lost_commit",
            "a commit of this job is not in the service's clone any more, as after a restore without clones",
            "retry the job: it begins anew",
        ),
    ),
    (
        r"transport '[^']*' not allowed",
        Complaint("unsafe_url", "this kind of address is not allowed", "use https, ssh or a folder"),
    ),
)
_COMPILED = tuple((re.compile(pattern), complaint) for pattern, complaint in _KNOWN)

_LOGIN_IN_URL = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/@\s]+@")


def explain(stderr: str) -> Complaint | None:
    """Return what a complaint means; None when it is not one that a person could mend by a known step."""
    for pattern, complaint in _COMPILED:
        if pattern.search(stderr):
            return complaint
    return None


def without_login(text: str) -> str:
    """Return ``text`` with the user and password of every URL in it taken out."""
    return _LOGIN_IN_URL.sub(r"\1", text)


def readable(name: str) -> str:
    """Return a file name as valid text: bytes that are not UTF-8 show as ``\\xff``. For people, not for opening."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
