"""Processes as the kernel's /proc shows them: who descends from whom, what they hold, and signals that cannot miss.

Used by the shim as well, so it imports nothing of ours and little of Python's: each import delays every start.
"""

import os
import resource
import signal
from collections import deque

HAS_PROC = os.access("/proc/self/stat", os.R_OK)

Member = tuple[int, int]
"""A process: pid, and start time in clock ticks since boot. The pair is never used twice until the next boot."""


def proc_stat(pid: int | str) -> tuple[bytes, int, int] | None:
    """Return (state, parent's pid, start time); None when there is no such process. Source: proc(5), stat."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib costs the shim 10 ms of its start
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[1]), int(fields[19])


def start_time(pid: int) -> int | None:
    """Return when the process started, in clock ticks since boot; None when it is gone or only a zombie."""
    found = proc_stat(pid)
    return found[2] if found is not None and found[0] != b"Z" else None


def signal_exactly(member: Member, number: int) -> bool:
    """Signal the process that has this pid *and* this start time; say whether it was there.

    A pidfd names one process for good: what is checked after opening it is what is signalled. Where there are none
    (before Linux 5.3, some sandboxes) microseconds lie between the check and the signal.
    """
    pid, started = member
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    except OSError:
        descriptor = -1
    try:
        if start_time(pid) != started:
            return False
        if descriptor >= 0:
            signal.pidfd_send_signal(descriptor, number)
        else:
            os.kill(pid, number)
    except OSError:
        return False
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return True


def descendants(ancestor: int) -> list[Member]:
    """Return every living descendant, nearest first; nothing where there is no /proc."""
    if not HAS_PROC:
        return []
    children: dict[int, list[tuple[int, bytes, int]]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - as above
        if name.isdigit() and (found := proc_stat(name)) is not None:
            state, parent, started = found
            children.setdefault(parent, []).append((int(name), state, started))
    family: list[Member] = []
    below = deque([ancestor])
    while below:
        for pid, state, started in children.get(below.popleft(), ()):
            below.append(pid)
            if state != b"Z":
                family.append((pid, started))
    return family


def memory_of(family: list[Member], limit: int) -> int:
    """Return the bytes they hold together. Shared pages are counted once where it decides about ``limit``."""
    resident = sum(_resident(pid) for pid, _ in family)
    return resident if resident <= limit else sum(_proportional(pid) for pid, _ in family)


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - as above
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123 - as above
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(b"Pss:"))
    except (OSError, StopIteration):
        return _resident(pid)
