"""Schedules fire at their slots: once, whatever the clock does. The clock is set by hand; APScheduler is real."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings
from hypothesis import strategies as st

from company.clock import SystemClock, to_iso
from company.errors import OrderRefused
from company.orders import jobs, schedules
from company.orders.office import Actor, Office, Role
from company.orders.permission import actor_for
from company.store import schedules as schedule_rows
from company.store.gate import Store
from company.store.sessions import Session
from company.work.schedule import parse_schedule
from daemon.intake.clock import ScheduleClock, SlotTrigger
from tests.conftest import Eventually, SettableClock

CEO = Actor("ana", Role.CEO, "terminal")
TEXT = "# Write the news\n\nText.\n"


class Bell:
    """A schedule clock whose hours are set by the test, and what it fired."""

    def __init__(self, office: Office, clock: SettableClock) -> None:
        self.office, self.clock = office, clock
        self.fired: list[tuple[str, str]] = []
        self.fails = self.refuses = False
        self.monotonic_s = 0.0
        self.schedules = ScheduleClock(
            lambda: self.office, self.fire, look_s=0.01, monotonic=lambda: self.monotonic_s
        )

    def fire(self, schedule_id: str, slot: datetime) -> None:
        if self.fails:
            raise OSError("no space left on device")
        if self.refuses:
            raise OrderRefused("unknown_team", "there is no team 'astrology'")
        self.fired.append((schedule_id, to_iso(slot)))

    def add(self, when: str, name: str = "news") -> str:
        request = schedules.ScheduleRequest(name=name, when=when, text=TEXT, time_zone="Europe/Berlin")
        schedule_id = schedules.add(self.office, CEO, request).schedule_id
        self.sync()
        return schedule_id

    def sync(self) -> None:
        with self.office.store.reading() as tx:
            self.schedules.sync(schedule_rows.list_schedules(tx, include_removed=True))

    def times(self) -> list[str]:
        return [slot for _, slot in self.fired]


@pytest.fixture
def bell(office: Office, clock: SettableClock) -> Iterator[Bell]:
    with office.store.transaction() as tx:  # those that the shipped configuration brings
        for row in schedule_rows.list_schedules(tx):
            schedule_rows.remove(tx, row.id)
    made = Bell(office, clock)
    yield made
    made.schedules.stop()


def test_a_slot_fires_once_when_it_has_come(bell: Bell, clock: SettableClock) -> None:
    schedule_id = bell.add("every weekday 11:00")  # 10:00 UTC; it is 09:00
    bell.schedules.ring()
    assert bell.fired == []

    clock.advance(hours=1)
    bell.schedules.ring()
    bell.schedules.ring()
    assert bell.fired == [(schedule_id, "2026-11-25T10:00:00.000Z")]


def test_what_was_missed_fires_once_on_waking(bell: Bell, clock: SettableClock) -> None:
    bell.add("every weekday 11:00")
    clock.advance(days=7)
    bell.schedules.ring()

    assert bell.times() == ["2026-12-01T10:00:00.000Z"]


def test_what_was_missed_while_the_service_was_down_fires_once_at_the_start(
    bell: Bell, office: Office, clock: SettableClock
) -> None:
    bell.add("every hour")
    clock.advance(hours=1)
    bell.schedules.ring()
    clock.advance(hours=30)

    later = Bell(office, clock)
    later.sync()
    later.schedules.ring()
    later.schedules.ring()
    assert later.times() == [to_iso(clock.now())]


def test_a_slot_that_was_fired_is_not_fired_by_the_next_process(
    bell: Bell, office: Office, clock: SettableClock
) -> None:
    bell.add("every weekday 11:00")
    clock.advance(hours=2)
    bell.schedules.ring()

    later = Bell(office, clock)
    later.sync()
    assert later.schedules.ring() == []


def test_a_slot_that_could_not_be_started_is_tried_again(bell: Bell, clock: SettableClock) -> None:
    bell.add("every weekday 11:00")
    bell.fails = True
    clock.advance(hours=1)
    assert bell.schedules.ring() == []
    bell.fails = False
    bell.schedules.ring()

    assert bell.times() == ["2026-11-25T10:00:00.000Z"]


def test_a_slot_that_is_refused_is_passed_over_and_the_next_one_fires(
    bell: Bell, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    bell.add("every hour")
    bell.refuses = True
    clock.advance(hours=1)
    assert [bell.schedules.ring() for _ in range(3)] == [[], [], []]
    assert caplog.text.count("there is no team") == 1

    bell.refuses = False
    clock.advance(hours=1)
    bell.schedules.ring()
    assert bell.times() == ["2026-11-25T11:00:00.000Z"]


def test_one_schedule_that_cannot_start_holds_up_no_other(
    bell: Bell, clock: SettableClock, store: Store
) -> None:
    bell.add("every hour", "first")
    bell.add("every hour", "second")
    clock.advance(hours=1)
    refused: list[str] = []

    def fire_one(schedule_id: str, slot: datetime) -> None:
        if not refused:
            refused.append(schedule_id)
            raise OSError("once")
        bell.fired.append((schedule_id, to_iso(slot)))

    ringing = ScheduleClock(lambda: bell.office, fire_one)
    with store.reading() as tx:
        ringing.sync(schedule_rows.list_schedules(tx))
    assert len(ringing.ring()) == 1
    assert len(ringing.ring()) == 1
    assert {schedule_id for schedule_id, _ in bell.fired} >= set(refused)


def test_pausing_removing_and_changing_are_followed(bell: Bell, clock: SettableClock, office: Office) -> None:
    bell.add("every hour")
    schedules.pause(office, CEO, "news")
    bell.sync()
    clock.advance(hours=3)
    assert bell.schedules.ring() == []

    schedules.resume(office, CEO, "news")  # what was missed in the pause is passed over
    bell.sync()
    assert bell.schedules.ring() == []
    clock.advance(hours=1)
    assert len(bell.schedules.ring()) == 1

    schedules.remove(office, CEO, "news")
    bell.sync()
    clock.advance(hours=1)
    assert bell.schedules.ring() == []

    bell.add("every day 15:30")
    assert bell.schedules.ring() == []
    clock.advance(minutes=30)
    bell.schedules.ring()
    assert bell.times() == ["2026-11-25T13:00:00.000Z", "2026-11-25T14:30:00.000Z"]


def test_a_changed_expression_counts_from_the_change(bell: Bell, clock: SettableClock, store: Store) -> None:
    schedule_id = bell.add("every hour")
    clock.advance(minutes=30)
    with store.transaction() as tx:
        schedule_rows.edit(tx, schedule_id, expression="every 15 minutes", last_slot_at=tx.now_iso)
    bell.sync()
    assert bell.schedules.ring() == []
    clock.advance(minutes=15)
    bell.schedules.ring()
    assert bell.times() == ["2026-11-25T09:45:00.000Z"]


def test_an_expression_that_cannot_be_read_starts_nothing_and_is_told_once(
    bell: Bell, clock: SettableClock, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    schedule_id = bell.add("every hour")
    with store.transaction() as tx:
        schedule_rows.edit(tx, schedule_id, expression="every blue moon")
    for _ in range(3):
        bell.sync()
    clock.advance(hours=2)
    assert bell.schedules.ring() == []
    assert caplog.text.count("every blue moon") == 1


@pytest.mark.parametrize(
    ("night", "expected"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), ["2026-03-29T01:30:00.000Z"]),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), ["2026-10-25T00:30:00.000Z"]),
    ],
)
def test_a_time_that_is_skipped_or_repeated_fires_once(
    office: Office, night: datetime, expected: list[str]
) -> None:
    clock = SettableClock(night)
    bell = Bell(Office(office.store, office.config, clock), clock)
    with office.store.transaction() as tx:
        columns = {"name": "news", "action": "priority", "priority_text": TEXT, "created_by": "ana"}
        when = {"expression": "every day 02:30", "time_zone": "Europe/Berlin", "last_slot_at": to_iso(night)}
        schedule_rows.insert_new(tx, {"id": "sched-news", **columns, **when})
    with office.store.reading() as tx:
        bell.schedules.sync([schedule_rows.get(tx, "sched-news")])
    for _ in range(20 * 12):
        clock.advance(minutes=5)
        bell.schedules.ring()

    assert bell.times() == expected


def test_a_clock_that_is_set_back_fires_no_other_slot_and_goes_on(bell: Bell, clock: SettableClock) -> None:
    bell.add("every hour")
    clock.advance(hours=24 * 400)  # the machine began in the wrong year
    bell.schedules.ring()
    clock.advance(hours=-24 * 400)
    bell.schedules.ring()
    assert len(bell.times()) == 1

    clock.advance(hours=1)
    bell.schedules.ring()
    assert bell.times()[1:] == ["2026-11-25T10:00:00.000Z"]


def test_several_hosts_fire_one_slot_and_start_one_job(
    bell: Bell, office: Office, clock: SettableClock, all_sessions: Callable[[], list[Session]]
) -> None:
    def start(schedule_id: str, slot: datetime) -> None:
        request = jobs.StartRequest(content=TEXT.encode(), schedule_id=schedule_id, slot=slot)
        jobs.start(office, actor_for(office.config, "clock", "schedule"), request)

    bell.add("every hour")
    with office.store.reading() as tx:
        rows = schedule_rows.list_schedules(tx)
    hosts = [ScheduleClock(lambda: office, start) for _ in range(3)]
    for host in hosts:
        host.sync(rows)
    clock.advance(hours=5)
    ringing = [threading.Thread(target=host.ring) for host in hosts]
    for thread in ringing:
        thread.start()
    for thread in ringing:
        thread.join()

    [session] = all_sessions()
    assert session.start_key.endswith(":2026-11-25T14:00:00.000Z")


def test_the_running_clock_notices_a_jump_and_fires(
    bell: Bell, clock: SettableClock, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    bell.add("every weekday 11:00")
    caplog.set_level("INFO", logger="daemon.intake.clock")
    bell.schedules.start()
    clock.advance(hours=9)  # the machine slept: no time passed by the monotonic clock

    eventually(lambda: bell.times() == ["2026-11-25T10:00:00.000Z"])
    eventually(lambda: "the clock moved by +32400 s" in caplog.text)
    bell.schedules.stop()


def test_apscheduler_wakes_us_at_each_slot(eventually: Eventually) -> None:
    woken: list[datetime] = []
    scheduler = BackgroundScheduler(timezone=UTC)
    trigger = SlotTrigger(lambda moment: moment + timedelta(milliseconds=30))
    scheduler.add_job(lambda: woken.append(SystemClock().now()), trigger, misfire_grace_time=None)
    scheduler.start()
    eventually(lambda: len(woken) >= 3)
    scheduler.shutdown()


_cron_fields = st.tuples(
    st.sampled_from(["0", "30", "*/15", "5,50", "10-20/5"]),
    st.sampled_from(["*", "9", "0-6", "*/5", "23"]),
    st.sampled_from(["*", "1", "31", "10-12", "*/7"]),
    st.sampled_from(["*", "2", "jan-mar", "12"]),
    st.sampled_from(["*", "mon", "mon-fri", "sat,sun"]),
).filter(lambda fields: fields[2].startswith("*") or fields[4] == "*")  # APScheduler has no "either of both"


@settings(deadline=None)
@given(_cron_fields, st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001  bounds are naive by hypothesis's rule
def test_our_slots_are_apschedulers_where_the_clock_is_never_set(
    fields: tuple[str, ...], naive: datetime
) -> None:
    expression = " ".join(fields)
    if fields[2] == "31" and fields[3] == "2":
        return
    moment = naive.replace(tzinfo=UTC, microsecond=1)

    theirs = CronTrigger.from_crontab(expression, timezone=UTC).get_next_fire_time(None, moment)

    assert parse_schedule(expression, "UTC").next_after(moment) == theirs
