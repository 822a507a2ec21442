"""Starts processes that outlive the daemon, finds them again, and ends them.

A process is known by its key. Under ``<runs>/<job>/<name>/`` there is one folder an attempt (attempt.py), and beside
each attempt's child stands a shim (shim.py). Whatever the daemon does with a key is safe to repeat: a live attempt
is joined, an ended one gives its recorded end, a lost one is buried and tried again.
"""

import contextlib
import hashlib
import os
import select
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from company.redaction import Redactor
from daemon.processes.asking import ask
from daemon.processes.attempt import Attempt, attempts, turn
from daemon.processes.family import HAS_PROC, signal_exactly
from daemon.processes.following import Follower, OnLine
from daemon.processes.launching import launch
from daemon.processes.reap import TOKEN_NAME, kill_marked, process_table
from daemon.processes.record import Detached, EndReason, ProcessEnd, ProcessSpec, RunAs, Stream

__all__ = ["Detached", "EndReason", "OnLine", "ProcessEnd", "ProcessSpec", "Processes", "Stream"]

ATTEMPTS_MAX = 3  # a run that is lost this often is not tried again
LOOK_S = 2.0  # how often a waiting thread looks whether the shim lives, should the bell be silent
REAP_S = 0.2  # a shim leaves within a millisecond of recording the end
STOP_MARGIN_S = 0.3  # beyond the grace: then a shim that has not come to an end is killed as well
ANSWER_S = 0.6  # a shim takes an order within a millisecond; one that has not by now is stopped, or hangs


class Processes:
    """All processes of one company. Safe to use from many threads, and from several daemons one after another.

    ``runs_dir`` lies on a local disk and only this user can enter it. ``redactor`` knows the service's own secrets;
    those in a process's environment are found by the names of their variables. ``run_as``: the user that all of them
    run as; None is the service's own.
    """

    def __init__(
        self, runs_dir: Path, *, redactor: Redactor | None = None, run_as: RunAs | None = None
    ) -> None:
        self.redactor, self._run_as = redactor or Redactor(), run_as
        self._runs_dir = runs_dir.absolute()
        self._runs_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.installation = hashlib.sha256(os.fsencode(self._runs_dir.resolve())).hexdigest()[:12]
        self._table = process_table()
        self._closing, closer = os.pipe()
        weakref.finalize(self, os.close, self._closing).atexit = False
        self._let_go = weakref.finalize(self, os.close, closer)  # callable, and closes once
        self._let_go.atexit = False
        self._lock = threading.Lock()
        self._shims: dict[
            Path, int
        ] = {}  # attempt's folder -> pid, of shims that this process has not reaped

    def run(self, spec: ProcessSpec, on_line: OnLine, on_replay: OnLine | None = None) -> ProcessEnd:
        """Start the process, or join its live attempt, or return its recorded end. Blocking.

        ``on_line`` hears each line once (the one under way when a daemon is killed: perhaps twice), in order, in
        this thread. What was heard by the daemon before goes to ``on_replay``, for callers whose result is made of
        lines. Lines are redacted. Raises Detached after close(), OSError when the disk takes no new run.
        """
        while True:
            attempt, is_ours = self._open(spec)
            end = self._follow(attempt, spec, on_line, on_replay, is_ours=is_ours)
            if end is not None and not self._may_be_repeated(attempt, end):
                return end

    def stop(self, key_prefix: str, grace_s: float = 1.2) -> int:
        """End every live process whose key starts with ``key_prefix``, and all that descend from it.

        Each gets SIGTERM, after ``grace_s`` SIGKILL; a shim that does not answer is killed, and the rest by token.
        It is not given the grace: nobody is there who would use it. Returns how many there were, when they are gone.
        Says nothing to a run() that has not started its process.
        """
        live = [attempt for attempt in self._latest(key_prefix) if attempt.is_running()]
        self._stop_all(live, grace_s)
        return len(live)

    def _stop_all(self, live: list[Attempt], grace_s: float) -> None:
        for attempt in live:
            attempt.order_stop(grace_s)
        began = time.monotonic()
        left = live
        while left := [one for one in left if one.is_running()]:
            waited_s = time.monotonic() - began
            is_late = waited_s >= grace_s + STOP_MARGIN_S
            self._kill([one for one in left if is_late or (waited_s >= ANSWER_S and not one.has_heard())])
            if is_late:
                break
            threading.Event().wait(0.01)

    def stop_one(self, key: str, grace_s: float = 1.2) -> None:
        """End the live process with exactly this key, as stop() does."""
        known = attempts(self._runs_dir / key, key)
        if known and known[-1].is_running():
            self._stop_all([known[-1]], grace_s)

    def is_live(self, key: str) -> bool:
        """Say whether a process with this key is at work."""
        known = attempts(self._runs_dir / key, key)
        return bool(known) and known[-1].is_running()

    def is_known(self, key: str) -> bool:
        """Say whether a process with this key was ever started, and is not forgotten."""
        return bool(attempts(self._runs_dir / key, key))

    def is_closed(self) -> bool:
        """Say whether close() was called: whoever waits for something else than a process leaves by Detached."""
        return not self._let_go.alive

    def say(self, key: str, name: str, words: str) -> None:
        """Tell a process that is spoken with one line; once, however often the same name is said. Raises OSError."""
        latest = attempts(self._runs_dir / key, key)[-1]
        if not latest.has_said(name):
            latest.say(name, words)

    def has_said(self, key: str, name: str) -> bool:
        """Say whether something was said to it under this name."""
        known = attempts(self._runs_dir / key, key)
        return bool(known) and known[-1].has_said(name)

    def hang_up(self, key: str) -> None:
        """Close the input of a process that is spoken with; nothing where it is not, or has ended. Raises OSError."""
        known = attempts(self._runs_dir / key, key)
        if known and known[-1].is_running():
            known[-1].hang_up()

    def ask(self, argv: tuple[str, ...], environment: Mapping[str, str], *, timeout_s: float) -> str:
        """Return what a program says that answers at once, such as its version; '' where it does not."""
        return ask(argv, environment, timeout_s=timeout_s)

    def forget(self, key_prefix: str) -> None:
        """Remove the folders of ended processes whose key starts with ``key_prefix``: they could run again."""
        for attempt in self._latest(key_prefix):
            with turn(attempt.folder.parent):
                if not attempt.is_running():
                    shutil.rmtree(attempt.folder.parent, ignore_errors=True)
        for folder in self._job_folders(key_prefix):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def forget_one(self, key: str) -> None:
        """Remove the folder of the ended process with exactly this key: it could run again."""
        if not self.is_live(key):
            shutil.rmtree(self._runs_dir / key, ignore_errors=True)

    def sweep(self, is_wanted: Callable[[str], bool]) -> list[str]:
        """End what nobody wants and what has lost its shim; return a line for people about each.

        For the start of the daemon and every half minute: it finds the runs of jobs that were stopped while no
        daemon was there, and what a killed shim left behind.
        """
        said = []
        for attempt in self._latest(""):
            if attempt.is_running():
                if not is_wanted(attempt.key):
                    self.stop(attempt.key)
                    said.append(f"{attempt.key}: ended, nobody waits for it")
            elif attempt.has_begun() and attempt.end() is None and (count := self._bury(attempt, wait=False)):
                said.append(f"{attempt.key}: its shim was gone, {count} processes ended")
        for stray in self._table.marked(f"{self.installation}/"):
            owner = self._owner(stray.token)
            if (owner is None or not owner.is_live()) and self._table.kill(stray):
                said.append(f"process {stray.pid} of {stray.token.partition('/')[2]}: ended, its run is over")
        self._reap()
        return said

    def close(self) -> None:
        """Let go: every run(), now and later, raises Detached. The processes go on under their shims."""
        self._let_go()

    def _open(self, spec: ProcessSpec) -> tuple[Attempt, bool]:
        """Return the attempt to follow, and whether it was started here: no other counts, or the last was lost."""
        folder = self._runs_dir / spec.key
        with turn(folder):
            if not self._let_go.alive:
                raise Detached(spec.key)
            latest = self._latest_that_counts(folder, spec.key)
            if latest is not None and not self._may_be_repeated(latest, latest.end()):
                return latest, False
            number = latest.number + 1 if latest else 1
            attempt = Attempt(folder / str(number), spec.key, number)
            secrets = self.redactor.for_environment(spec.env).knowing(spec.secrets).expression()
            env = {**spec.env, TOKEN_NAME: self._token(attempt)}
            pid = launch(attempt, spec, env, secrets, self._run_as)
            with self._lock:
                self._shims[attempt.folder] = pid
            return attempt, True

    def _latest_that_counts(self, folder: Path, key: str) -> Attempt | None:
        """Return the latest attempt; bury it if it was lost. The caller holds the turn.

        A daemon that was killed before it gave the shim its order leaves an attempt in which nothing was started:
        it is removed. Were it counted, a daemon killed three times in that moment would use up the run.
        """
        for attempt in reversed(attempts(folder, key)):
            if attempt.is_running() or attempt.end() is not None:
                return attempt
            if attempt.has_begun() or attempt.is_stop_ordered():
                self._bury_in_turn(attempt)
                return attempt
            shutil.rmtree(attempt.folder)
        return None

    def _may_be_repeated(self, attempt: Attempt, end: ProcessEnd | None) -> bool:
        """Say whether another attempt may come after one that ended so."""
        return end is not None and end.reason is EndReason.LOST and attempt.number < ATTEMPTS_MAX

    def _follow(
        self, attempt: Attempt, spec: ProcessSpec, on_line: OnLine, on_replay: OnLine | None, *, is_ours: bool
    ) -> ProcessEnd | None:
        """Tell lines until the end; None when it turns out that a former daemon had not given it its order."""
        with (
            Follower(attempt.folder, spec.output_path, on_line, on_replay) as follower,
            _bell(attempt) as bell,
        ):
            poll = select.poll()
            poll.register(bell, select.POLLIN)
            poll.register(self._closing, select.POLLIN)
            must_look = True
            while True:
                # The end first: what was written before it is then told completely.
                end = attempt.end()
                if end is None and must_look and not attempt.is_live():
                    if not is_ours and not attempt.has_begun():
                        return None
                    self._bury(attempt, wait=True)
                    end = attempt.end()
                follower.tell()
                if end is not None:
                    self._finish(attempt)
                    return end
                if not self._let_go.alive:
                    raise Detached(spec.key)
                must_look = _wait(poll, bell)

    def _finish(self, attempt: Attempt) -> None:
        deadline = time.monotonic() + REAP_S
        while attempt.folder in self._reap() and time.monotonic() < deadline:
            threading.Event().wait(0.001)
        if not HAS_PROC:  # the shim reached the process group only
            kill_marked(self._table, self._token(attempt))

    def _bury(self, attempt: Attempt, *, wait: bool) -> int:
        with turn(attempt.folder.parent, wait=wait) as is_mine:
            if not is_mine or attempt.is_live() or attempt.end() is not None:
                return 0
            return self._bury_in_turn(attempt)

    def _bury_in_turn(self, attempt: Attempt) -> int:
        count = kill_marked(self._table, self._token(attempt))
        attempt.record_loss()
        return count

    def _kill(self, unanswering: Sequence[Attempt]) -> None:
        """End attempts whose shims do not answer. The kernel kills a child with its shim, we the rest.

        All shims first: looking for the rest reads the environment of every process of the machine, each time.
        """
        for attempt in unanswering:
            shim = attempt.shim()
            if shim is not None and attempt.is_live():
                signal_exactly(shim, 9)
        deadline = time.monotonic() + 1.0
        while any(one.is_live() for one in unanswering) and time.monotonic() < deadline:
            threading.Event().wait(0.005)
        for attempt in unanswering:
            if attempt.is_live():  # it cannot be killed now: the disk it waits for hangs
                kill_marked(self._table, self._token(attempt))
            else:
                self._bury(attempt, wait=True)

    def _token(self, attempt: Attempt) -> str:
        return f"{self.installation}/{attempt.key}/{attempt.number}"

    def _owner(self, token: str) -> Attempt | None:
        """Return the attempt a token belongs to; None when it is none of ours, or forgotten."""
        _, job, name, number = [*token.split("/"), "", "", ""][:4]
        folder = self._runs_dir / job / name / number
        return (
            Attempt(folder, f"{job}/{name}", int(number)) if number.isdecimal() and folder.is_dir() else None
        )

    def _job_folders(self, key_prefix: str) -> list[Path]:
        job, slash, _ = key_prefix.partition("/")
        if slash:
            folders = [self._runs_dir / job] if job else []
        else:
            folders = [one for one in self._runs_dir.iterdir() if one.name.startswith(job)]
        return [folder for folder in folders if folder.is_dir()]

    def _latest(self, key_prefix: str) -> Iterator[Attempt]:
        for job in self._job_folders(key_prefix):
            for folder in sorted(job.iterdir()):
                key = f"{job.name}/{folder.name}"
                if key.startswith(key_prefix) and (known := attempts(folder, key)):
                    yield known[-1]

    def _reap(self) -> Collection[Path]:
        """Collect shims that have ended, so that no zombie is kept; return the attempts of those that live."""
        with self._lock:
            for folder, pid in list(self._shims.items()):
                try:
                    done, _ = os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    done = pid
                if done:
                    del self._shims[folder]
            return set(self._shims)


@contextlib.contextmanager
def _bell(attempt: Attempt) -> Iterator[int]:
    descriptor = os.open(attempt.folder / "bell", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _wait(poll: select.poll, bell: int) -> bool:
    """Wait for the bell; say whether it is time to look if the shim lives."""
    events = dict(poll.poll(LOOK_S * 1000))
    rung = events.get(bell, 0)
    if rung & select.POLLIN:
        with contextlib.suppress(BlockingIOError):  # another thread at the same key took it
            os.read(bell, 65_536)
    elif rung:
        threading.Event().wait(0.005)  # hung up: the shim is on its way out
    return not events or bool(rung & select.POLLHUP)
