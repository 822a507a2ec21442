"""The daemon as a process: the folder held, signals heard, and the one way out that keeps unfinished work."""

import contextlib
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
from company.redaction import Redactor, secrets_of
from company.store import lookups
from company.work.job import JobStatus
from daemon.app import Daemon
from daemon.one_per_folder import hold_folder
from daemon.sample import Sample, make_sample
from daemon.service_log import open_service_log

log = logging.getLogger(__name__)

OnReady = Callable[[Daemon, Sample | None], None]
"""Called when the daemon takes work. The sample is given where this start has just made it."""

EXIT_FAULT = 3  # `once`: the service itself failed; its log says where
EXIT_UNFINISHED = 4  # `once`: a job ended failed, blocked or stopped


def run(path: Path, *, once: bool, on_ready: OnReady) -> NoReturn:
    """Run the company of the config.yaml at ``path`` until a signal, or, for ``once``, until nothing is left to do.

    Never returns: the process ends by ``os._exit``, because only so does the engine keep unfinished jobs unfinished.
    Raises ConfigError, FolderTaken, SchemaDrift, StoreUnavailable before anything is begun.
    """
    watch = ConfigWatch(path, os.environ)
    config = watch.current()
    lock = hold_folder(config.folders.state)
    open_service_log(config.folders.logs, Redactor(secrets_of(os.environ)))
    leaving = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: leaving.set())
    sample = make_sample(config)
    daemon = Daemon(watch)
    began_at = to_iso(daemon.office().clock.now())
    daemon.start()
    log.info("up, pid %d, folder lock %d", os.getpid(), lock)
    faults: list[Exception] = []
    work = threading.Thread(target=_work, args=(daemon, once, on_ready, sample, leaving, faults), daemon=True)
    work.start()
    leaving.wait()
    code = EXIT_FAULT if faults else 0
    if once and not faults and _has_unfinished(daemon, began_at):
        code = EXIT_UNFINISHED
    log.info("leaving")
    daemon.leave()
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
