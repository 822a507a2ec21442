"""The review that needs no model: what no diff may contain, whoever wrote it.

The Senior Reviewer always reads the whole diff for these; a model, where one is configured, reads it besides.
"""

import re
from collections.abc import Iterator

from company.work.verification import Finding

#: what credentials look like in an added line
_SECRETS = (
    re.compile(r"-----BEGIN (?:RSA |EC |OPENSSH |DSA )?PRIVATE KEY-----"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"),
    re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}\b"),
    re.compile(r"\bsk-[A-Za-z0-9_-]{32,}\b"),
)
_CONFLICT = re.compile(r"^(<{7} |>{7} )")


def review_diff(diff: str, owners: dict[str, str], *, max_file_bytes: int) -> tuple[Finding, ...]:
    """Read a unified diff and say what must not be merged. ``owners`` maps a path to the agent that changed it."""
    findings: dict[tuple[str, str], Finding] = {}
    for path, lines in _added_by_file(diff):
        owner = owners.get(path)
        for text in _faults(lines, max_file_bytes):
            findings.setdefault(
                (path, text), Finding(agent_id=owner, source="review", text=f"{path}: {text}")
            )
    return tuple(findings.values())


def _faults(lines: list[str], max_file_bytes: int) -> Iterator[str]:
    if any(_CONFLICT.match(line) for line in lines):
        yield "a merge conflict's markers were left in it"
    if any(pattern.search(line) for line in lines for pattern in _SECRETS):
        yield "a line looks like a private key or an access token"
    if sum(len(line) + 1 for line in lines) > max_file_bytes:
        yield f"more than {max_file_bytes} bytes were added to one file"


def _added_by_file(diff: str) -> Iterator[tuple[str, list[str]]]:
    path: str | None = None
    added: list[str] = []
    in_hunk = False
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            if path is not None:
                yield path, added
            path, added, in_hunk = None, [], False
        elif not in_hunk and line.startswith("+++ "):
            path = line[4:].removeprefix("b/").rstrip("\t")
        elif line.startswith("@@"):
            in_hunk = True
        elif in_hunk and line.startswith("+"):
            added.append(line[1:])
    if path is not None:
        yield path, added
