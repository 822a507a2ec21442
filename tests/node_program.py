"""Programs that others wrote in JavaScript, for tests that talk to them; each on a port of 127.0.0.1 of its own."""

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT, MACHINE

FOLDER = CHECKOUT / "tests" / "node_programs"
UP_WITHIN_S = 60.0


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def program(name: str) -> tuple[str, ...]:
    """Return the command that runs a program of tests/node_programs, which then listens on loopback only."""
    script = FOLDER / "node_modules" / ".bin" / name
    node = shutil.which("node", path=MACHINE.get("PATH"))
    if node is None or not script.exists():
        pytest.skip(f"{name} is not installed (npm ci --prefix tests/node_programs)")
    return (node, "--require", str(FOLDER / "loopback_only.cjs"), str(script))


@contextmanager
def running(
    argv: Sequence[str], *, cwd: Path, answers_at: str, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a server until the block ends; enter it when something answers at the address ``answers_at``."""
    with (
        (cwd / "server.log").open("wb") as log,
        subprocess.Popen(
            argv,
            cwd=cwd,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={"PATH": MACHINE["PATH"], **(environment or {})},
        ) as server,
    ):
        try:
            _wait_for(answers_at, server, cwd / "server.log")
            yield
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {address}: {log.read_text()}")
