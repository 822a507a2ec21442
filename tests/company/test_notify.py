"""sd_notify, on a socket of the kind systemd listens on."""

import contextlib
import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from company.notify import Notifier, notifier_of


class Listener:
    """What systemd is to a service: a datagram socket with a name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        self.socket.setblocking(False)

    def heard(self) -> list[str]:
        """Return the messages that have come since the last call."""
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    if request.param == "abstract" and not Path("/proc/net/unix").exists():
        pytest.skip("abstract sockets are Linux's")
    made = Listener(str(tmp_path / "notify") if request.param == "path" else f"@test-{uuid.uuid4()}")
    yield made
    made.socket.close()


def test_it_says_that_it_is_ready_and_that_it_stops(listener: Listener) -> None:
    notifier = notifier_of({"NOTIFY_SOCKET": listener.name})
    notifier.ready()
    notifier.stopping()
    assert listener.heard() == [f"READY=1\nMAINPID={os.getpid()}", "STOPPING=1"]


def test_nobody_who_asked_for_no_pings_gets_any(listener: Listener) -> None:
    notifier_of({"NOTIFY_SOCKET": listener.name}).beat()
    notifier_of({"NOTIFY_SOCKET": listener.name, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}).beat()
    assert listener.heard() == []


def test_a_ping_goes_out_four_times_an_interval_however_often_it_beats(listener: Listener) -> None:
    now = 0.0
    notifier = Notifier(listener.name, watchdog_s=8.0, monotonic=lambda: now)
    for _ in range(80):  # ten seconds of a pulse that beats eight times a second
        notifier.beat()
        now += 0.125
    assert listener.heard() == ["WATCHDOG=1"] * 5


def test_the_interval_is_the_environments(listener: Listener) -> None:
    environment = {
        "NOTIFY_SOCKET": listener.name,
        "WATCHDOG_USEC": "60000000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    notifier = notifier_of(environment)
    notifier.beat()
    notifier.beat()
    assert listener.heard() == ["WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative", "/nowhere/at/all"])
def test_where_nobody_listens_nothing_happens(address: str) -> None:
    notifier = notifier_of({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    notifier.ready()
    notifier.beat()
    notifier.stopping()


def fill(address: str) -> None:
    """Send until a fresh sender finds no room: one sender alone comes to the end of its own buffer first."""
    sent = 1
    while sent:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sent = 0
            with contextlib.suppress(BlockingIOError):
                while sender.sendto(b"X=1", address):
                    sent += 1


def test_a_listener_that_does_not_read_holds_nobody_up(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    fill(f"\0{listener.name[1:]}" if listener.name.startswith("@") else listener.name)
    Notifier(listener.name).stopping()
    assert "did not hear STOPPING=1" in caplog.text
    assert "STOPPING=1" not in listener.heard()
