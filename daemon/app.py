"""The daemon, put together: every object is built here once, started and stopped in order.

One thread, the pulse, looks four times a second whether anybody committed (a look costs microseconds) and acts on
what it finds: it admits jobs, ends the processes of jobs that somebody stopped or whose time is up, puts each job's
file in the folder of its status, and keeps the clock in step with the schedules. Doors never call the daemon: they
commit, it notices.
"""

import hashlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from company.clock import Clock, SystemClock
from company.config import Config, ConfigWatch
from company.errors import ConfigError, StoreError
from company.orders import jobs, waiting
from company.orders.office import Office
from company.orders.permission import actor_for
from company.redaction import Redactor, secrets_of
from company.store import schedules, sessions
from company.store.opening import open_store
from company.store.seeding import seed
from company.store.sessions import Session
from daemon.alarm import Alarm
from daemon.engine import Engine, StepHook, sqlite_url
from daemon.forge import github_token, web_origin
from daemon.git import login
from daemon.housekeeping.keeping import Housekeeper
from daemon.intake.admitting import Admitting
from daemon.intake.clock import ScheduleClock
from daemon.intake.inbox import Inbox
from daemon.intake.watcher import Watcher
from daemon.job.following import Following
from daemon.job.lodging import lodging_of
from daemon.job.money import Ledger
from daemon.job.resting import Resting
from daemon.job.steps import JobSteps
from daemon.job.workflow import JobWorkflow
from daemon.job.workplace import Workplace
from daemon.learning.evaluating import run_evaluation
from daemon.processes.spawn import Processes
from daemon.storage import DiskWatch, patiently
from daemon.watchdog import Watchdog

log = logging.getLogger(__name__)

PULSE_S = 0.25  # how late an order committed by another process is noticed
SOON_S = 0.03  # how late one of ours is: a job that goes from step to step commits in bursts, and one look is enough
STOP_AGAIN_S = 0.5
AGAIN_S = 5.0  # what time alone brings (a pause that ends, a new day's budget) is noticed this late
TIDY_S = 30.0  # how often orphaned processes and misplaced files are looked for
DRAIN_LOOK_S = 0.05
DRAIN_INTAKE_S = 3600.0  # how long draining waits for the inbox
SPARE_THREADS = 24  # for the engine's own work, beside steps that wait for a process


class Daemon:
    """One company at work. One a folder; several may share a PostgreSQL database."""

    def __init__(
        self,
        watch: ConfigWatch,
        *,
        clock: Clock | None = None,
        environment: Mapping[str, str] | None = None,
        on_step: StepHook | None = None,
        on_beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Open the books. ``on_beat`` is called by the pulse after each look that came to its end, four times a second.

        Raises ConfigError, SchemaDrift, StoreUnavailable.
        """
        self._on_beat = on_beat
        self._watch, self._clock = watch, clock or SystemClock()
        config = watch.current()
        lodging = lodging_of(config)
        service = dict(os.environ if environment is None else environment)
        config.folders.state.mkdir(parents=True, exist_ok=True)
        self.store = open_store(
            config.database.url, sqlite_path=config.folders.state / "agent-service.db", clock=self._clock
        )
        with self.store.transaction() as tx:
            seed(tx, config)
        redactor = Redactor(secrets_of(service))
        login.offer(web_origin(config), github_token(service))
        self._processes = Processes(config.folders.state / "runs", redactor=redactor, run_as=lodging.run_as)
        self._inbox = Inbox(self.office, self._follow_config)
        self._disks = DiskWatch(lambda: watch.current().folders.all)
        self._place = place = Workplace(
            store=self.store,
            watch=watch,
            clock=self._clock,
            processes=self._processes,
            redactor=redactor,
            environment=service,
            disks=self._disks,
            agents_at_once=threading.BoundedSemaphore(config.limits.agents_at_once),
            lodging=lodging,
            place_file=self._inbox.place,
            ledger=Ledger(),
            resting=Resting(),
        )
        self._engine = Engine(
            _engine_url(config), host=_host(config), threads=_threads(config), on_step=on_step
        )
        steps = JobSteps(place)
        self._story = JobWorkflow(steps)
        self._watchdog = Watchdog(self.store, self._engine, steps.give_up)
        self._admitting = Admitting(self.office, self._inbox, self._engine.start)
        self._watcher = Watcher(self.office, self._inbox, self.wake)
        self._following = Following(place)
        self._housekeeper = Housekeeper(self.office, self._processes, self._engine)
        self._schedules = ScheduleClock(self.office, self._fire)
        self._alarm, self._leaving = Alarm(), threading.Event()
        self._pulse = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self._tidied_at = float("-inf")

    def office(self) -> Office:
        """Return where orders are given, with the configuration in force."""
        return Office(self.store, self._watch.current(), self._clock)

    def start(self) -> None:
        """Begin to work: what the last process left unfinished first, then what waits in the folder."""
        self._inbox.lay_out()
        self._processes.sweep(self._is_wanted)
        self._engine.launch(self._story.tell)
        self._admitting.start_again()
        self.store.on_commit = lambda: self._alarm.set(SOON_S)
        self._pulse.start()
        self._watcher.start()
        self._schedules.start()
        self._following.start()

    def wake(self) -> None:
        """Look now: there is something to do."""
        self._alarm.set()

    def drain(self) -> None:
        """Return when the inbox is empty and no job runs or could start. Trouble with storage is waited out."""
        self._watcher.wait_until_quiet(DRAIN_INTAKE_S)
        while not self._leaving.is_set():
            if patiently(self._is_drained, "draining"):
                return
            self._leaving.wait(DRAIN_LOOK_S)

    def _is_drained(self) -> bool:
        return not self._admitting.pass_once() and not self._in_progress() and self._engine.is_idle()

    def close(self) -> None:
        """Stop in a process that lives on. Only when no job is under way (see ``Engine.close``)."""
        self._stop_noticing()
        self._housekeeper.close()
        self._processes.close()
        self._engine.close()
        self.store.close()

    def leave(self) -> None:
        """Stop noticing and let go of the running processes: they outlive us, and the next start finds them again.

        The caller ends the process at once (``os._exit``): the engine keeps unfinished steps unfinished only then.
        """
        self._housekeeper.leave()
        self._stop_noticing()
        self._processes.close()

    @property
    def workplace(self) -> Workplace:
        """Return where this company's jobs are done."""
        return self._place

    def _stop_noticing(self) -> None:
        self._leaving.set()
        self._following.stop()
        self.wake()
        self._schedules.stop()
        self._watcher.stop()
        if self._pulse.is_alive():
            self._pulse.join()

    # ── the pulse ──

    def _beat(self) -> None:
        seen: int | str | None = None
        acted_at = float("-inf")
        while not self._leaving.is_set():
            was_woken = self._alarm.wait(PULSE_S)
            try:
                self._disks.look()
                version = self.store.version()
                is_time = time.monotonic() - acted_at > AGAIN_S
                if was_woken or version != seen or is_time:
                    seen, acted_at = version, time.monotonic()
                    if is_time:
                        self._follow_config()
                    self._act()
                self._tidy_when_due()
            except (StoreError, OSError) as error:  # a full disk, a locked or restarted database: try again
                log.warning("pulse: %s", error)
                self._leaving.wait(1.0)
            except Exception:  # a fault of ours in one look must not be the last look
                log.exception("pulse")
                self._leaving.wait(1.0)
                continue  # and is none that tells the service manager that all is well
            self._on_beat()

    def _act(self) -> None:
        for session in self._sessions_in_progress():
            if self._place.must_end(session) is not None:
                self._processes.stop(f"{session.id}/", self._watch.current().limits.stop_grace_s)
                self._alarm.set(within_s=STOP_AGAIN_S)  # it may have been about to start one
        self._admitting.pass_once()
        self._inbox.put_in_order()
        self._follow_schedules()
        self._following.look_soon_if_wanted()

    def _follow_schedules(self) -> None:
        with self.store.reading() as tx:
            rows = schedules.list_schedules(tx)
        self._schedules.sync(rows)
        self._schedules.ring()

    def _fire(self, schedule_id: str, slot: datetime) -> None:
        """Start what a schedule starts. The slot is its key, so a repeated firing starts nothing new."""
        office = self.office()
        with self.store.reading() as tx:
            row = schedules.get(tx, schedule_id)
        actor = actor_for(office.config, schedule_id, "schedule")
        if row.action == "evaluation":
            run_evaluation(office, actor)
            return
        request = jobs.StartRequest(
            content=(row.priority_text or "").encode(), name=f"{row.name}.md", schedule_id=row.id, slot=slot
        )
        jobs.start(office, actor, request)

    def _tidy_when_due(self) -> None:
        if time.monotonic() - self._tidied_at < TIDY_S:
            return
        self._tidied_at = time.monotonic()
        for line in self._processes.sweep(self._is_wanted):
            log.warning("processes: %s", line)
        self._watchdog.look()
        waiting.chase(self.office())
        self._housekeeper.begin_when_due()

    def _follow_config(self) -> str:
        """Take in a config.yaml that was changed; return why it is not in use, '' when it is."""
        try:
            late = self._watch.refresh()
        except ConfigError as error:
            log.warning("config.yaml was changed and is not used: %s", error)
            return self._watch.problem
        if late is None:
            return self._watch.problem
        log.info("config.yaml was read again%s", f"; after a restart: {', '.join(late)}" if late else "")
        with self.store.transaction() as tx:
            seed(tx, self._watch.current())
        return ""

    def _is_wanted(self, key: str) -> bool:
        """Say whether a process's job is still under way."""
        return key.partition("/")[0] in set(self._in_progress())

    def _in_progress(self) -> list[str]:
        return [session.id for session in self._sessions_in_progress()]

    def _sessions_in_progress(self) -> list[Session]:
        with self.store.reading() as tx:
            return sessions.pending_and_running(tx)[1]


def _engine_url(config: Config) -> str:
    """Return where the engine keeps its books: a file of its own, or the company's PostgreSQL (schema dbos)."""
    url = config.database.url
    return url if url.startswith("postgresql") else sqlite_url(config.folders.state / "engine.db")


def _host(config: Config) -> str:
    """Name this daemon for the engine: the same after a restart, another on another host or in another folder."""
    folder = hashlib.sha256(str(config.root).encode()).hexdigest()[:8]
    return f"{socket.gethostname()}-{folder}"


def _threads(config: Config) -> int:
    return config.limits.jobs_at_once * (1 + config.limits.agents_at_once) + SPARE_THREADS
