"""What doctor looks at on the machine. Each look is a function that returns its findings and mends nothing."""

import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from company.errors import GitError

State = Literal["ok", "note", "broken"]

PYTHON_MIN = (3, 11)
GIT_MIN = (2, 38)  # the first with `merge-tree --write-tree`
INOTIFY_WATCHES_MIN, INOTIFY_INSTANCES_MIN = 1024, 16
CLOCK_EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """One line: how one thing is, and what mends it."""

    name: str
    state: State
    text: str
    mend: str = ""


def machine_findings() -> Iterator[Finding]:
    """Look at the machine."""
    yield python_finding(sys.version_info[:2], platform.python_version())
    yield git_finding()
    yield from watch_limits()
    yield clock_finding(datetime.now(UTC))


def python_finding(version: tuple[int, int], words: str) -> Finding:
    """Look at the interpreter's version, which is ``words`` in full."""
    found = f"Python {words}"
    if version < PYTHON_MIN:
        return Finding("python", "broken", found, f"install Python {_dotted(PYTHON_MIN)} or later")
    return Finding("python", "ok", found)


def git_finding() -> Finding:
    """Look whether git is there, and new enough."""
    from daemon.git.command import run_git

    mend = f"install git {_dotted(GIT_MIN)} or later"
    try:
        with tempfile.TemporaryDirectory() as folder:
            text = run_git(("--version",), git_dir=Path(folder), timeout_s=10).stdout.strip()
    except GitError as error:
        return Finding("git", "broken", str(error), error.mend or mend)
    match = re.search(r"(\d+)\.(\d+)", text)
    if match is None or (int(match[1]), int(match[2])) < GIT_MIN:
        return Finding("git", "broken", text, mend)
    return Finding("git", "ok", text)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def watch_limits(folder: Path = Path("/proc/sys/fs/inotify")) -> Iterator[Finding]:
    """Look at how much the kernel lets a user watch; nothing where it is not Linux."""
    if not folder.is_dir():
        return
    watches, instances = (int((folder / f"max_user_{one}").read_text()) for one in ("watches", "instances"))
    text = f"{watches} inotify watches, {instances} instances"
    if watches < INOTIFY_WATCHES_MIN or instances < INOTIFY_INSTANCES_MIN:
        yield Finding(
            "file watching",
            "note",
            f"{text}: the inbox may have to be polled",
            "sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=128",
        )
    else:
        yield Finding("file watching", "ok", text)


def clock_finding(now: datetime) -> Finding:
    """Look whether the clock was set at all: without a battery it begins years ago."""
    text = now.strftime("%Y-%m-%d %H:%M:%S UTC")
    if now < CLOCK_EARLIEST:
        return Finding("clock", "broken", f"{text} is long over", "set the clock (timedatectl set-ntp true)")
    return Finding("clock", "ok", text)
