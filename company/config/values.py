"""Values with a meaning of their own: each function returns its value or raises ValueError saying why."""

import re
import zoneinfo
from typing import Any

from company.work.argv import check_name, parse_argv, write_argv
from company.work.target import safe_branch, safe_target

_SQLALCHEMY_POSTGRESQL = re.compile(r"postgres(?:ql)?(?:\+psycopg)?://", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"://[^/@\s]*:[^/@\s]+@")
#: what access tokens look like, wherever they stand
TOKEN = re.compile(
    r"\b(?:xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|gh[pousr]_[A-Za-z0-9]{20,}"
    r"|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|sk-[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def named_checks(value: Any) -> Any:
    """Take checks as priority files write them too: a command without a name is named by what it runs.

    What is no command is left as it is, for the record of a check to refuse with its place.
    """
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, list | tuple):
        return value
    return tuple(_named_check(one) for one in value)


def _named_check(value: Any) -> Any:
    if not isinstance(value, str | list | tuple):
        return value
    return {"name": check_name(write_argv(parse_argv(value))), "run": value}


def time_zone(value: Any) -> Any:
    """Take an IANA name, or '' for the machine's."""
    if isinstance(value, str) and value:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no such time zone: {value!r} (write one like Europe/Berlin)") from error
    return value


def database_url(value: Any) -> Any:
    """Take '' or the URL of a PostgreSQL database."""
    if isinstance(value, str) and value and not _SQLALCHEMY_POSTGRESQL.match(value):
        raise ValueError("a database is '' (SQLite in the state folder) or postgresql://host/name")
    return value


def web_url(value: Any) -> Any:
    """Take '' or the address of a web API: https, or http on this machine; always with a / at its end."""
    if isinstance(value, str) and value:
        if not re.match(r"https://[^/\s@]+/|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/", f"{value}/"):
            raise ValueError(f"{value!r} is no address of a web API: https://…, or http:// on this machine")
        return f"{value.rstrip('/')}/"
    return value


def has_password(url: str) -> bool:
    """Say whether ``url`` carries a password."""
    return bool(_PASSWORD_IN_URL.search(url))


def branch_prefix(value: Any) -> Any:
    """Take what the branches of jobs begin with: words and slashes."""
    if isinstance(value, str) and not re.fullmatch(r"(?:[A-Za-z0-9][A-Za-z0-9_-]*[/-])+", value):
        raise ValueError(f"{value!r} cannot begin a branch: write words that end in / or -, such as agent/")
    return value


def branch(value: Any) -> Any:
    """Take a branch's name."""
    return safe_branch(value) if isinstance(value, str) else value


def local_path(value: Any) -> Any:
    """Take a path of this machine; nothing that a program could read as an option."""
    if isinstance(value, str) and (not value.strip() or value.startswith("-") or "\0" in value):
        raise ValueError(f"{value!r} is no path")
    return value


def repository_url(value: Any) -> Any:
    """Take the address of a repository without credentials, over https or ssh."""
    if isinstance(value, str):
        if has_password(value) or re.match(r"https?://[^/@\s]+@", value):
            raise ValueError("credentials in the address: leave them to git's credential helper or to ssh")
        safe_target(value)
        if "://" not in value and ":" not in value:
            raise ValueError(f"{value!r} is no address: a folder of this machine goes into path")
    return value
