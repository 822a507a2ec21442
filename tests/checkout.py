"""The checkout as people get it: its files, a copy of it, and a machine that has next to nothing beside it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]

# Read when the suite starts: a fixture empties HOME for each test. A machine's proxies and certificates stay.
_KEPT_FROM_A_BARE_MACHINE = ("AGENT_", "GIT_", "PYTEST_", "PYTHON", "UV_", "VIRTUAL_ENV", "XDG_")
MACHINE: Mapping[str, str] = dict(os.environ)

#: what the scripts and the sample may call, all of it in POSIX but git and python3
_PROGRAMS = ("cat", "dirname", "env", "git", "grep", "ls", "mkdir", "mv", "rm", "sed", "sh", "uname")


def checkout_files() -> set[str]:
    """Return the files of the checkout, from its folder: those that git has, and new ones that it would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {name for name in listed.split("\0") if name and (CHECKOUT / name).is_file()}


def copy_checkout(target: Path) -> Path:
    """Copy those files as a fresh clone would have them."""
    for name in checkout_files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, target / name)
    return target


def find_uv() -> Path:
    """Return a uv to build and install with: this environment's own, or the machine's."""
    found = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{MACHINE['PATH']}")
    assert found, "./check makes its environment with uv"
    return Path(found)


@dataclass(frozen=True)
class BareMachine:
    """A PATH of its own and an empty HOME."""

    bin: Path
    home: Path

    @classmethod
    def make(cls, folder: Path, python: str | None = None) -> "BareMachine":
        """Make one with git and a python3: this interpreter, or the shell script ``python``."""
        machine = cls(folder / "bin", folder / "home")
        machine.bin.mkdir(parents=True)
        machine.home.mkdir()
        for name in _PROGRAMS:
            found = shutil.which(name, path=MACHINE["PATH"])
            assert found, name
            (machine.bin / name).symlink_to(Path(found).resolve())
        if python is None:
            machine.link("python3", base_python())
        else:
            machine.script("python3", python)
        return machine

    def link(self, name: str, program: Path) -> None:
        """Add a program of the real machine."""
        (self.bin / name).symlink_to(program)

    def script(self, name: str, text: str) -> None:
        """Add a program that is a shell script."""
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def environment(self) -> dict[str, str]:
        """Return what a process on it finds."""
        kept = {
            name: value for name, value in MACHINE.items() if not name.startswith(_KEPT_FROM_A_BARE_MACHINE)
        }
        return {**kept, "PATH": str(self.bin), "HOME": str(self.home)}

    def run(
        self, *argv: str | Path, cwd: Path, timeout_s: float = 110, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        return subprocess.run(
            argv,
            cwd=cwd,
            env={**self.environment(), **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )


def base_python() -> Path:
    """Return the interpreter that this environment was made from."""
    return Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
