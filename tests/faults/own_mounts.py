"""Tests with mounts of their own: a small disk that fills up, a folder that becomes read-only.

Such a test runs in a pytest of its own, in a mount namespace: as root, or, where the machine lets people have one, in
a user namespace. Nothing of it is seen outside, and everything is unmounted when that process ends.
"""

import functools
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

_INSIDE = "OWN_MOUNTS"
_ROOT = Path(__file__).parents[2]
_OPTIONS = (
    "-q",
    "-s",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-o",
    "log_cli=true",
    "-o",
    "log_cli_level=INFO",
)


def with_own_mounts(test: Callable[..., None]) -> Callable[..., None]:
    """Run ``test`` with mounts of its own; skip it by name where this machine forbids that."""

    @functools.wraps(test)
    def outside(**fixtures: object) -> None:
        if os.environ.get(_INSIDE):
            _run_inside(test, fixtures)
            return
        node = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
        ran = subprocess.run(
            [*_unshare(), sys.executable, "-m", "pytest", *_OPTIONS, node],
            cwd=_ROOT,
            env={**os.environ, _INSIDE: "yes"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        assert ran.returncode == 0, ran.stdout

    return outside


def _run_inside(test: Callable[..., None], fixtures: dict[str, object]) -> None:
    try:
        test(**fixtures)
    except BaseException:  # a daemon whose jobs wait for a disk would not let the fixtures end
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


@functools.cache
def _unshare() -> tuple[str, ...]:
    """Return the words before a command that give it mounts of its own."""
    said = ""
    for words in (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount")):
        try:
            probe = (*words, "--propagation", "private", "mount", "-t", "tmpfs", "none", "/mnt")
            ran = subprocess.run(probe, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            said = str(error)
            continue
        if ran.returncode == 0:
            return (*words, "--propagation", "private")
        said = ran.stderr.strip()
    pytest.skip(f"this machine lets a test mount nothing: {said}")


class SmallDisk:
    """A disk of its own, mounted at ``folder`` for the rest of the process."""

    def __init__(self, folder: Path, size_mb: int) -> None:
        mount("-t", "tmpfs", "-o", f"size={size_mb}m", "none", str(folder))
        self._ballast = folder / ".ballast"

    def fill(self, leave_bytes: int = 0) -> None:
        """Take all of its room, or all but ``leave_bytes``."""
        found = os.statvfs(self._ballast.parent)
        room = found.f_bavail * found.f_frsize - leave_bytes
        with self._ballast.open("ab") as file:
            if room > 0:
                os.posix_fallocate(file.fileno(), file.tell(), room)

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)


def mount(*arguments: str) -> None:
    """Call mount; it may do whatever it likes to this process's own mounts."""
    subprocess.run(["mount", *arguments], check=True)


def unmount(folder: Path) -> None:
    """Take off what was mounted last at ``folder``."""
    subprocess.run(["umount", str(folder)], check=True)
