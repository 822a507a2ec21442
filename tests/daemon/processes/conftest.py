"""A company's processes in a folder of the test's own, and nothing left running afterwards."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from company.redaction import Redactor
from daemon.processes.family import start_time
from daemon.processes.reap import ProcTable
from daemon.processes.spawn import ProcessEnd, Processes, ProcessSpec


@dataclass
class Bench:
    """Runs commands and remembers what was heard."""

    folder: Path
    processes: Processes
    heard: list[tuple[str, str]] = field(default_factory=list)
    replayed: list[tuple[str, str]] = field(default_factory=list)

    def spec(self, *argv: str, **changes: Any) -> ProcessSpec:
        facts: dict[str, Any] = {
            "key": "job-1/agent",
            "argv": argv,
            "cwd": self.folder,
            "env": {"PATH": os.environ["PATH"]},
            "output_path": self.folder / "output.log",
            "wall_timeout_s": 30.0,
            "idle_timeout_s": None,
            "output_limit_bytes": 10_000_000,
            "memory_limit_bytes": None,
        }
        return ProcessSpec(**{**facts, **changes})

    def run(self, *argv: str, **changes: Any) -> ProcessEnd:
        return self.processes.run(
            self.spec(*argv, **changes),
            lambda stream, line: self.heard.append((stream, line)),
            lambda stream, line: self.replayed.append((stream, line)),
        )

    def python(self, program: str, *arguments: str, **changes: Any) -> ProcessEnd:
        return self.run(sys.executable, "-I", "-S", "-c", program, *arguments, **changes)

    def lines(self, stream: str = "stdout") -> list[str]:
        return [line for said_on, line in self.heard if said_on == stream]

    def output(self) -> str:
        return (self.folder / "output.log").read_text(encoding="utf-8")

    def in_thread(self, *argv: str, **changes: Any) -> "Running":
        return Running(lambda: self.run(*argv, **changes))


class Running:
    """A run() in a thread of its own."""

    def __init__(self, run: Callable[[], ProcessEnd]) -> None:
        self._run = run
        self._thread = threading.Thread(target=self._work)
        self._end: ProcessEnd | None = None
        self._error: BaseException | None = None
        self._thread.start()

    def _work(self) -> None:
        try:
            self._end = self._run()
        except BaseException as error:  # handed to the test
            self._error = error

    def end(self, within_s: float = 15.0) -> ProcessEnd:
        self._thread.join(within_s)
        assert not self._thread.is_alive(), "run() did not come back"
        if self._error is not None:
            raise self._error
        assert self._end is not None
        return self._end


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, Processes(tmp_path / "runs", redactor=Redactor(["the-planted-secret"])))
    yield bench
    bench.processes.stop("", grace_s=0.0)
    bench.processes.sweep(lambda key: False)
    assert strays(tmp_path) == []
    bench.processes.close()


def strays(folder: Path) -> list[int]:
    """Return the pids of processes that runs under ``folder`` left behind."""
    return [stray.pid for stray in ProcTable().marked(f"{Processes(folder / 'runs').installation}/")]


def read_pid(path: Path) -> int | None:
    """Return the pid that a test's process wrote, as soon as the file holds one."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        text = path.read_text(encoding="ascii")
        return int(text) if text.endswith("\n") else None
    return None


def is_gone(pid: int) -> bool:
    return start_time(pid) is None
