"""``agent-service up``: the company's programs as processes of one parent, started again when they end, with back-off.

The parent knows nothing of what they do. A program that ends with a known error (exit code 1: a broken config.yaml, a
refused token) is not started again, because it would end so again; the daemon's end of that kind ends all. Ctrl-C or
SIGTERM ends all; and should the parent itself be killed, the programs notice by their leash and leave.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from company.leash import VARIABLE

BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
WELL_AFTER_S: Final = 60.0  # a program that ran so long begins again at the shortest wait
LEAVE_WITHIN_S: Final = 6.0  # then what has not ended is killed; each program takes 2 s at most
LOOK_S: Final = 0.1
EXIT_KNOWN: Final = 1


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program of the company."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)  #: beside the parent's own
    is_vital: bool = False  #: its known error ends all
    is_quiet: bool = False  #: what it writes to stdout is for nobody


class _Running:
    """A program with its process, and when it may be started again."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = self.begin_at = 0.0
        self.failures = 0
        self.is_given_up = False

    def start(self, leash: int, environment: Mapping[str, str]) -> None:
        # A group of its own: Ctrl-C reaches the parent alone, which tells all in order.
        self.process = subprocess.Popen(
            self.program.argv,
            env={**environment, **self.program.environment, VARIABLE: str(leash)},
            pass_fds=(leash,),
            process_group=0,
            stdout=subprocess.DEVNULL if self.program.is_quiet else None,
        )
        self.started_at = time.monotonic()

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None


class Supervisor:
    """Keeps programs running until it is told to leave."""

    def __init__(
        self,
        programs: Sequence[Program],
        environment: Mapping[str, str],
        tell: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),  # noqa: T201
    ) -> None:
        self._all = [_Running(program) for program in programs]
        self._environment, self._tell = environment, tell
        self._leaving = threading.Event()
        self._exit_code = 0

    def run(self) -> int:
        """Start all, keep them running, end them on a signal; return the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._leaving.set())
        leash, own_end = os.pipe()
        try:
            while not self._leaving.is_set():
                for one in self._all:
                    self._look_after(one, leash)
                self._leaving.wait(LOOK_S)
        finally:
            self._end_all()
            os.close(own_end)
            os.close(leash)
        return self._exit_code

    def _look_after(self, one: _Running, leash: int) -> None:
        now = time.monotonic()
        if one.is_given_up:
            return
        if one.process is None:
            if now >= one.begin_at:
                one.start(leash, self._environment)
        elif one.has_ended():
            self._after_end(one, one.process.returncode, now)

    def _after_end(self, one: _Running, code: int, now: float) -> None:
        one.process = None
        name = one.program.name
        if code in (0, EXIT_KNOWN):
            one.is_given_up = True
            if one.program.is_vital:
                self._exit_code = code
                self._leaving.set()
            else:
                self._tell(f"agent-service: the {name} has ended and is not started again; the rest goes on")
            return
        one.failures = 0 if now - one.started_at > WELL_AFTER_S else one.failures
        wait_s = BACK_OFF_S[min(one.failures, len(BACK_OFF_S) - 1)]
        one.failures += 1
        one.begin_at = now + wait_s
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        self._tell(f"agent-service: the {name} ended {how}; started again in {wait_s:g} s")

    def _end_all(self) -> None:
        running = [one.process for one in self._all if one.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + LEAVE_WITHIN_S
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
