"""The daemon as service managers see it: ready, pinging, gone within a bound; its jobs go on at the next start."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from company.work.job import JobStatus
from tests.conftest import Eventually
from tests.whole_company import Company, Start, git

LEAVES_WITHIN_S = 10.0  # TimeoutStopSec of the unit; it takes about one
#: waits until it is told to go on, then changes a file; counts its starts
AGENT = (
    "import os, pathlib, time\n"
    "home = pathlib.Path(os.environ['HOME'])\n"
    "with (home / 'starts').open('a') as file: file.write('x')\n"
    "while not (home / 'go').exists(): time.sleep(0.02)\n"
    "pathlib.Path('a.txt').write_text('changed\\n')\n"
)


@contextmanager
def daemon(config: Path, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    service = subprocess.Popen(
        [sys.executable, "-m", "daemon.cli.main", "--config", str(config), "up", "--no-bot"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield service
    finally:
        if service.poll() is None:
            service.kill()
        service.wait()


@contextmanager
def service_manager() -> Iterator[tuple[socket.socket, Mapping[str, str]]]:
    """Listen where systemd would, and return the variables it sets."""
    name = f"agent-service-test-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(60)
        yield listener, {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "2000000"}


def hear(listener: socket.socket, word: str) -> None:
    while word not in listener.recv(4096).decode():
        pass


@pytest.mark.slow
def test_it_says_when_it_is_ready_pings_while_it_lives_and_says_that_it_leaves(company: Company) -> None:
    with service_manager() as (listener, variables), daemon(company.write_config(), **variables) as service:
        hear(listener, "READY=1")
        hear(listener, "WATCHDOG=1")
        hear(listener, "WATCHDOG=1")
        began = time.monotonic()
        service.send_signal(signal.SIGTERM)
        hear(listener, "STOPPING=1")
        assert service.wait(LEAVES_WITHIN_S) == 0
        assert time.monotonic() - began < LEAVES_WITHIN_S


@pytest.mark.slow
def test_told_to_leave_while_an_agent_works_it_leaves_and_the_next_start_takes_the_work(
    company: Company, start: Start, eventually: Eventually
) -> None:
    company.agent("backend")
    bare = company.repository("shop", {"a.txt": "a\n"}, commands={"backend": [sys.executable, "-c", AGENT]})
    company.drop("one.md", "---\nrepo: shop\n---\n# Change it\n")
    home = Path(os.environ["HOME"])
    with daemon(company.write_config()) as service:
        eventually(lambda: (home / "starts").exists(), within_s=60)
        service.send_signal(signal.SIGTERM)
        assert service.wait(LEAVES_WITHIN_S) == 0
    (home / "go").touch()
    running = start()
    eventually(lambda: running.job().status is JobStatus.COMPLETED, within_s=60)
    assert (home / "starts").read_text() == "x"  # the agent outlived the service and was found again
    assert git(bare, "rev-list", "--count", f"main..{running.job().branch_name}") == "1"
    [task] = [one for one in running.tasks(running.job().id) if one.agent_id == "agent-backend"]
    assert running.rewards(task.id) == [10.0]
