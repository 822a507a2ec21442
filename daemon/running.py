"""The daemon as a process: the folder held, signals heard, and the one way out that keeps unfinished work."""

import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from company.clock import to_iso
from company.config import ConfigWatch
from company.notify import notifier_of
from company.one_per_folder import hold_folder
from company.redaction import Redactor, secrets_of
from company.service_log import open_service_log
from company.store import lookups
from company.work.job import JobStatus
from daemon.app import Daemon
from daemon.memory import share_one_arena
from daemon.sample import Sample, make_sample

log = logging.getLogger(__name__)

OnReady = Callable[[Daemon, Sample | None], None]
"""Called when the daemon takes work. The sample is given where this start has just made it."""

OnMoment = Callable[[Daemon], None]
"""Called before the daemon begins, or when it is about to leave: last words have LAST_WORDS_S."""

EXIT_FAULT = 3  # `once`: the service itself failed; its log says where
EXIT_UNFINISHED = 4  # `once`: a job ended failed, blocked or stopped
EXIT_INTERRUPTED = 130  # `once`: a signal came before everything was done
LAST_WORDS_S = 1.0
LEAVE_WITHIN_S = 2.0  # a thread that waits for a database or for an agent's end is then left where it is


def run(
    path: Path,
    *,
    once: bool,
    on_ready: OnReady,
    on_open: OnMoment = lambda _: None,
    on_leave: OnMoment = lambda _: None,
) -> NoReturn:
    """Run the company of the config.yaml at ``path`` until a signal, or, for ``once``, until nothing is left to do.

    Never returns: the process ends by ``os._exit``, because only so does the engine keep unfinished jobs unfinished.
    Raises ConfigError, FolderTaken, SchemaDrift, StoreUnavailable before anything is begun.
    """
    _prepare_process()
    share_one_arena()
    watch = ConfigWatch(path, os.environ)
    config = watch.current()
    lock = hold_folder(config.folders.state)
    open_service_log(config.folders.logs, Redactor(secrets_of(os.environ)))
    notifier = notifier_of(os.environ)
    sample = make_sample(config)
    daemon = Daemon(watch, on_beat=notifier.beat)
    began_at = to_iso(daemon.office().clock.now())
    on_open(daemon)
    daemon.start()
    leaving = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: leaving.set())
    log.info("up, pid %d, folder lock %d", os.getpid(), lock)
    notifier.ready()
    work = _Work(daemon, once=once, on_ready=on_ready, sample=sample, leaving=leaving)
    work.start()
    leaving.wait()
    code = _exit_code(daemon, began_at, work) if once or work.fault else 0
    log.info("leaving")
    notifier.stopping()
    _leave(daemon, code, on_leave)


def _exit_code(daemon: Daemon, began_at: str, work: "_Work") -> int:
    """Return what ``once`` tells the shell."""
    if work.fault is not None:
        return EXIT_FAULT
    if _has_unfinished(daemon, began_at):
        return EXIT_UNFINISHED
    return 0 if work.is_done else EXIT_INTERRUPTED


def _prepare_process() -> None:
    # Until it is up a signal simply ends it, even inside a call that waits for a locked database: being killed
    # anywhere is safe, and a start that cannot be interrupted would outlast the service manager's patience.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stderr is not None:
        faulthandler.enable()  # a service that systemd ends for its silence says where each thread was (SIGABRT)


def _leave(daemon: Daemon, code: int, on_leave: OnMoment) -> NoReturn:
    """Let go of everything, but do not wait for ever: what is under way goes on at the next start in any case."""
    last_words = threading.Thread(target=_say_last_words, args=(daemon, on_leave), daemon=True)
    last_words.start()
    letting_go = threading.Thread(target=daemon.leave, daemon=True)
    letting_go.start()
    last_words.join(LAST_WORDS_S)
    letting_go.join(LEAVE_WITHIN_S)
    if letting_go.is_alive():
        log.warning("left without waiting longer for what was being done; the next start goes on with it")
    logging.shutdown()
    with contextlib.suppress(BrokenPipeError):  # whoever read us has left
        sys.stdout.flush()
    os._exit(code)


def _say_last_words(daemon: Daemon, on_leave: OnMoment) -> None:
    try:
        on_leave(daemon)
    except Exception as error:  # a store that is locked, a reader that has left: nothing to stay for
        log.info("the last words were not said: %s", error)


class _Work(threading.Thread):
    """Greets and, for ``once``, drains: in a thread, so that a signal ends either at once."""

    def __init__(
        self,
        daemon: Daemon,
        *,
        once: bool,
        on_ready: OnReady,
        sample: Sample | None,
        leaving: threading.Event,
    ) -> None:
        super().__init__(name="work", daemon=True)
        self._company, self._once, self._on_ready, self._leaving = daemon, once, on_ready, leaving
        self._sample = sample if sample is not None and sample.priority_file is not None else None
        self.fault: Exception | None = None
        self.is_done = False  #: for ``once``: nothing was left to do

    def run(self) -> None:
        """Do it."""
        try:
            # Nobody may be left to read the greeting (| head): the work is done all the same.
            with contextlib.suppress(BrokenPipeError):
                self._on_ready(self._company, self._sample)
            if self._once:
                self._company.drain()
                self.is_done = True
        except Exception as fault:  # the top of a thread: without this, `once` would wait for ever
            log.exception("a fault of the service")
            self.fault = fault
        finally:
            if self._once:
                self._leaving.set()


def _has_unfinished(daemon: Daemon, since: str) -> bool:
    with daemon.store.reading() as tx:
        return lookups.count_ended(tx, since, (JobStatus.FAILED, JobStatus.BLOCKED, JobStatus.STOPPED)) > 0
