"""Processes of a test run that was killed: a shim outlives whoever started it, so the next run ends it.

Each run notes in its temporary folder which process it is. Only shims of this checkout at work below such a folder are
touched, and only where that process is gone: a run that goes on beside this one, and a service, are left alone.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

OWNER = ".test-run"
CHECKOUT = str(Path(__file__).resolve().parents[1])  #: a shim is told where its code is


@pytest.fixture(scope="session", autouse=True)
def _no_orphans(tmp_path_factory: pytest.TempPathFactory) -> None:
    end_orphans()
    note_owner(tmp_path_factory.getbasetemp())


def note_owner(folder: Path) -> None:
    """Write down that what works below ``folder`` is of this process."""
    (folder / OWNER).write_text(f"{os.getpid()} {psutil.Process().create_time()}")


def end_orphans() -> int:
    """Ask the shims of runs that are gone to leave, which ends what they watch; return how many there were."""
    count = 0
    for process, folder in _shims():
        if _is_of_a_dead_run(folder):
            with suppress(psutil.Error):
                process.terminate()
                count += 1
    return count


def _shims() -> Iterator[tuple[psutil.Process, Path]]:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = process.cmdline()
            if "daemon.processes.shim import main" in " ".join(command) and CHECKOUT in command:
                yield process, Path(command[-1])


def _is_of_a_dead_run(folder: Path) -> bool:
    owners = [parent / OWNER for parent in folder.parents if (parent / OWNER).is_file()]
    if not owners:
        return False
    pid, created_at = owners[0].read_text().split()
    try:
        return psutil.Process(int(pid)).create_time() != float(created_at)
    except psutil.NoSuchProcess:
        return True
