"""One start of a process, as a folder: what its shim and any number of daemons know of it.

Its state is two facts that cannot disagree for long: whether ``lock`` is held (the shim lives) and whether
``exit.json`` is there (the end is known). Neither means that the attempt was lost; what is left of it is killed, and
its loss recorded while holding the lock, before there may be another.
"""

import array
import contextlib
import errno
import fcntl
import json
import os
import termios
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from company.clock import to_iso
from daemon.processes.family import Member
from daemon.processes.record import EndReason, ProcessEnd


class Attempt:
    """The attempt with this number at the process with this key."""

    def __init__(self, folder: Path, key: str, number: int) -> None:
        self.folder, self.key, self.number = folder, key, number

    def is_live(self) -> bool:
        """Say whether the shim lives. The look holds the lock for microseconds, shared: it disturbs nobody."""
        with contextlib.suppress(FileNotFoundError), _opened(self.folder / "lock", os.O_RDONLY) as descriptor:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def is_running(self) -> bool:
        """Say whether the shim lives and has not recorded the end: it leaves a moment after it did."""
        return self.end() is None and self.is_live()

    def end(self) -> ProcessEnd | None:
        """Return the recorded end; None when there is none yet."""
        try:
            facts: dict[str, Any] = json.loads((self.folder / "exit.json").read_bytes())
        except FileNotFoundError:
            return None
        return ProcessEnd(
            reason=EndReason(facts["reason"]),
            exit_code=facts["exit_code"],
            signal=facts["signal"],
            started_at=_iso(facts["started_at"]),
            ended_at=_iso(facts["ended_at"]),
            duration_s=facts["duration_s"],
            error=facts["error"],
            dropped_bytes=facts["dropped_bytes"],
            attempts=self.number,
        )

    def shim(self) -> Member | None:
        """Return the shim's pid and start time; None before it started the child."""
        try:
            pid, started = json.loads((self.folder / "pid.json").read_bytes())["shim"]
        except FileNotFoundError:
            return None
        return pid, started

    def has_begun(self) -> bool:
        """Say whether the shim got its order. It says so on disk before it starts anything."""
        return (self.folder / "pid.json").exists()

    def order_stop(self, grace_s: float) -> None:
        """Tell the shim, and leave the order for one that does not listen yet, or not any more."""
        order = f"{grace_s:.3f}\n"
        with contextlib.suppress(OSError):  # a full disk: who listens hears it all the same
            _write_atomically(self.folder / "stop", order)
        control = self.folder / "control"
        # ENXIO: no shim listens. It looks at the file once more before it starts the child.
        with contextlib.suppress(OSError), _opened(control, os.O_WRONLY | os.O_NONBLOCK) as descriptor:
            os.write(descriptor, order.encode())

    def say(self, name: str, words: str) -> None:
        """Tell the child something, under a name: on disk, before the shim hears of it. Raises OSError."""
        line = f"{name} {words}\n".encode()
        with _opened(self.folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND) as descriptor:
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, line) < len(line):
                os.ftruncate(descriptor, size)
                raise OSError(
                    errno.ENOSPC, "a full disk took only a part of the words", str(self.folder / "said")
                )
        self._ring_control("said")

    def hang_up(self) -> None:
        """Close the child's input. What was said before is passed on first. Raises OSError."""
        with _opened(self.folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND) as descriptor:
            os.write(descriptor, b"end\n")
        self._ring_control("said")

    def has_said(self, name: str) -> bool:
        """Say whether something was said under this name."""
        try:
            lines = (self.folder / "said").read_bytes().split(b"\n")
        except FileNotFoundError:
            return False
        return any(line.startswith(f"{name} ".encode()) for line in lines)

    def _ring_control(self, word: str) -> None:
        with (
            contextlib.suppress(OSError),  # ENXIO: the shim is gone
            _opened(self.folder / "control", os.O_WRONLY | os.O_NONBLOCK) as descriptor,
        ):
            os.write(descriptor, f"{word}\n".encode())

    def has_heard(self) -> bool:
        """Say whether the shim took what it was told: False while an order lies in its pipe unread.

        True where nobody listens (a shim that starts looks at the file itself) and where the system cannot say.
        """
        waiting = array.array("i", [0])
        control = self.folder / "control"
        with contextlib.suppress(OSError), _opened(control, os.O_WRONLY | os.O_NONBLOCK) as descriptor:
            fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
        return waiting[0] == 0

    def is_stop_ordered(self) -> bool:
        """Say whether somebody ordered a stop."""
        return (self.folder / "stop").exists()

    def make(self) -> int:
        """Make the folder; return the descriptor of its lock file, locked: whoever inherits it lives in its name."""
        self.folder.mkdir(mode=0o700)
        for name in ("bell", "control"):
            os.mkfifo(self.folder / name, 0o600)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        with _opened(self.folder / "told", flags) as told:
            os.write(told, bytes(8))  # the space is taken now: a disk that fills up later stops nobody
        descriptor = os.open(self.folder / "lock", flags, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    def record_loss(self) -> None:
        """Write down that nobody saw the end. The caller holds the key's turn and saw that the shim is gone."""
        with _opened(self.folder / "lock", os.O_RDWR | os.O_CREAT) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if self.end() is not None:
                return
            began = self.folder.stat().st_mtime
            now = datetime.now(UTC).timestamp()
            reason = EndReason.STOPPED if self.is_stop_ordered() else EndReason.LOST
            facts = {
                "reason": reason.value,
                "exit_code": None,
                "signal": None,
                "started_at": began,
                "ended_at": now,
                "duration_s": max(0.0, round(now - began, 3)),
                "error": "" if reason is EndReason.STOPPED else self._last_words(),
                "dropped_bytes": 0,
            }
            _write_atomically(self.folder / "exit.json", json.dumps(facts) + "\n")

    def _last_words(self) -> str:
        try:
            words = (self.folder / "shim.log").read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            words = []
        last = next((line.strip() for line in reversed(words) if line.strip()), "")
        return f"its shim is gone: {last}" if last else "its shim was killed, or the machine went down"


@contextlib.contextmanager
def turn(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the key whose folder this is: who starts, buries or removes an attempt does it here, one at a time.

    Yields False, holding nothing, when ``wait`` is False and somebody else has the turn.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _opened(folder / "turn", os.O_RDWR | os.O_CREAT) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def attempts(folder: Path, key: str) -> list[Attempt]:
    """Return the attempts at ``key`` whose folder this is, oldest first."""
    try:
        numbers = sorted(int(one.name) for one in folder.iterdir() if one.name.isdecimal())
    except FileNotFoundError:
        return []
    return [Attempt(folder / str(number), key, number) for number in numbers]


@contextlib.contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _iso(seconds: float) -> str:
    return to_iso(datetime.fromtimestamp(seconds, UTC))
