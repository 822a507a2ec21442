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

EXIT_FAULT = 3  # `once`: the service itself failed; its log says where
EXIT_UNFINISHED = 4  # `once`: a job ended failed, blocked or stopped
LEAVE_WITHIN_S = 2.0  # a thread that waits for a database or for an agent's end is then left where it is


def run(path: Path, *, once: bool, on_ready: OnReady) -> NoReturn:
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
    daemon.start()
    leaving = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: leaving.set())
    log.info("up, pid %d, folder lock %d", os.getpid(), lock)
    notifier.ready()
    faults: list[Exception] = []
    work = threading.Thread(target=_work, args=(daemon, once, on_ready, sample, leaving, faults), daemon=True)
    work.start()
    leaving.wait()
    code = EXIT_FAULT if faults else 0
    if once and not faults and _has_unfinished(daemon, began_at):
        code = EXIT_UNFINISHED
    log.info("leaving")
    notifier.stopping()
    _leave(daemon, code)


def _prepare_process() -> None:
    # Until it is up a signal simply ends it, even inside a call that waits for a locked database: being killed
    # anywhere is safe, and a start that cannot be interrupted would outlast the service manager's patience.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.stderr is not None:
        faulthandler.enable()  # a service that systemd ends for its silence says where each thread was (SIGABRT)


def _leave(daemon: Daemon, code: int) -> NoReturn:
    """Let go of everything, but do not wait for ever: what is under way goes on at the next start in any case."""
    letting_go = threading.Thread(target=daemon.leave, daemon=True)
    letting_go.start()
    letting_go.join(LEAVE_WITHIN_S)
    if letting_go.is_alive():
        log.warning("left without waiting longer for what was being done; the next start goes on with it")
    logging.shutdown()
    with contextlib.suppress(BrokenPipeError):  # whoever read us has left
        sys.stdout.flush()
    os._exit(code)


def _work(
    daemon: Daemon,
    once: bool,
    on_ready: OnReady,
    sample: Sample | None,
    leaving: threading.Event,
    faults: list[Exception],
) -> None:
    """Greet and, for ``once``, drain: in a thread, so that a signal ends either at once."""
    try:
        # Nobody may be left to read the greeting (| head): the work is done all the same.
        with contextlib.suppress(BrokenPipeError):
            on_ready(daemon, sample if sample is not None and sample.priority_file is not None else None)
        if once:
            daemon.drain()
    except Exception as fault:  # the top of a thread: without this, `once` would wait for ever
        log.exception("a fault of the service")
        faults.append(fault)
    finally:
        if once:
            leaving.set()


def _has_unfinished(daemon: Daemon, since: str) -> bool:
    with daemon.store.reading() as tx:
        return lookups.count_ended(tx, since, (JobStatus.FAILED, JobStatus.BLOCKED, JobStatus.STOPPED)) > 0
