"""What starts by itself, started at its slots: once, also when the machine slept or the service was down.

APScheduler wakes us; which slots are due is computed from the rows and the injected clock (``company/work/schedule``).
At each look the newest slot since the last one is fired, older ones are passed over. A slot fired twice is harmless:
it is the key of what it starts, so several hosts may fire it and a crash may repeat it.

A scheduler that waits for a time of day is deaf while the machine sleeps (its wait stands still, measured by the
monotonic clock) and for as long as the clock was set back. So a thread compares both clocks every ``look_s`` and arms
everything anew when they disagree.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from company.clock import from_iso, to_iso
from company.orders.audit import REFUSALS
from company.orders.office import Office
from company.store import schedules
from company.store.schedules import ScheduleRow
from company.work.schedule import Schedule, ScheduleError, parse_schedule

log = logging.getLogger(__name__)

JUMP_S = 2.0  # the wall clock and the monotonic clock disagree by more: somebody set it, or the machine slept

Fire = Callable[[str, datetime], None]
"""Starts what a schedule starts, for one slot; a refusal passes the slot over, any other error has it asked again."""


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 ships no types
    """Tells APScheduler when to wake us: at the next slot."""

    def __init__(self, next_after: Callable[[datetime], datetime | None]) -> None:
        self._next_after = next_after

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the first slot in the future: what was missed is found by looking, not by waking for each."""
        return self._next_after(max(previous, now) if previous is not None else now)


@dataclass
class _Entry:
    schedule: Schedule
    after: datetime  #: slots up to here are done


class ScheduleClock:
    """Fires slots, from ``start`` to ``stop``. Thread-safe."""

    def __init__(
        self,
        office: Callable[[], Office],
        fire: Fire,
        *,
        look_s: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._office, self._fire, self._look_s, self._monotonic = office, fire, look_s, monotonic
        self._entries: dict[str, _Entry] = {}
        self._unreadable: dict[str, str] = {}  # schedule id -> the expression that was complained of
        self._lock = threading.Lock()  # of the entries; never held while firing
        self._ringing = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every waking
        self._both_clocks = self._read_both_clocks()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, name="clock", daemon=True)

    def start(self) -> None:
        """Begin; what was missed is fired at once."""
        self._scheduler.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is being fired."""
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def sync(self, rows: Iterable[ScheduleRow]) -> None:
        """Follow the schedules as they are now: added, changed, paused, resumed, removed."""
        wanted = {row.id: row for row in rows if row.is_active and not row.is_paused}
        with self._lock:
            for schedule_id in self._entries.keys() - wanted.keys():
                self._drop(schedule_id)
            for row in wanted.values():
                self._follow(row)

    def ring(self) -> list[tuple[str, datetime]]:
        """Fire the newest due slot of each schedule; return what was fired. The others wait for the next ring."""
        with self._ringing:
            return [
                (schedule_id, slot) for schedule_id, slot in self._due() if self._fired(schedule_id, slot)
            ]

    def look(self) -> None:
        """Ring, and arm everything anew where the clock jumped or the machine slept."""
        before, self._both_clocks = self._both_clocks, self._read_both_clocks()
        jumped_s = (self._both_clocks[0] - before[0]).total_seconds() - (self._both_clocks[1] - before[1])
        if abs(jumped_s) > JUMP_S:
            log.info("the clock moved by %+.0f s: asleep, or set", jumped_s)
            with self._lock:
                for schedule_id, entry in self._entries.items():
                    self._arm(schedule_id, entry.schedule)
        self.ring()

    def _keep_looking(self) -> None:
        self.look()
        while not self._leaving.wait(self._look_s):
            self.look()

    def _read_both_clocks(self) -> tuple[datetime, float]:
        return self._office().clock.now(), self._monotonic()

    def _follow(self, row: ScheduleRow) -> None:
        after = from_iso(row.last_slot_at or row.created_at)
        if known := self._entries.get(row.id):
            after = known.after = max(known.after, after)
            if (known.schedule.expression, known.schedule.time_zone) == (row.expression, row.time_zone):
                return
        try:
            schedule = parse_schedule(row.expression, row.time_zone)
        except ScheduleError as error:
            self._drop(row.id)
            if self._unreadable.get(row.id) != row.expression:
                log.warning("schedule %s starts nothing: %s", row.name, error)
            self._unreadable[row.id] = row.expression
            return
        self._entries[row.id] = _Entry(schedule, after)
        self._arm(row.id, schedule)

    def _drop(self, schedule_id: str) -> None:
        self._entries.pop(schedule_id, None)
        with suppress(JobLookupError):
            self._scheduler.remove_job(schedule_id)

    def _arm(self, schedule_id: str, schedule: Schedule) -> None:
        trigger = SlotTrigger(schedule.next_after)
        self._scheduler.add_job(self.ring, trigger, id=schedule_id, replace_existing=True)

    def _due(self) -> list[tuple[str, datetime]]:
        now = self._office().clock.now()
        due: list[tuple[str, datetime]] = []
        with self._lock:
            for schedule_id, entry in self._entries.items():
                # After a clock that was ahead, what is done must not lie in the future, or nothing starts until then.
                entry.after = min(entry.after, now)
                slot = entry.schedule.last_between(entry.after, now)
                if slot is not None:
                    due.append((schedule_id, slot))
        return due

    def _fired(self, schedule_id: str, slot: datetime) -> bool:
        """Fire one slot; say whether something was started. A slot that was refused is passed over."""
        is_started = True
        try:
            try:
                self._fire(schedule_id, slot)
            except REFUSALS as refused:  # it would be refused again at each look
                log.warning("schedule %s: slot %s is passed over: %s", schedule_id, to_iso(slot), refused)
                is_started = False
            with self._office().store.transaction() as tx:
                schedules.mark_slot(tx, schedule_id, to_iso(slot))
        except Exception:  # one that cannot be started must not keep the others from it
            log.exception("schedule %s: slot %s is tried again", schedule_id, to_iso(slot))
            return False
        with self._lock:
            if entry := self._entries.get(schedule_id):
                entry.after = max(entry.after, slot)
        return is_started
