"""Schedules: what is understood, what is refused, and when the slots are, through daylight saving."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from company.work.recurrence import LAST, Recurrence
from company.work.schedule import Schedule, ScheduleError, parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Asuncion",
]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # parts are the numbers of one date


def walls(schedule: Schedule, after: datetime, until: datetime) -> list[str]:
    zone = ZoneInfo(schedule.time_zone)
    return [f"{slot.astimezone(zone):%a %d %H:%M}" for slot in schedule.slots(after, until)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            "every weekday 09:00",
            ["Wed 25 09:00", "Thu 26 09:00", "Fri 27 09:00", "Mon 30 09:00", "Tue 01 09:00"],
        ),
        ("weekdays at 9am", ["Wed 25 09:00", "Thu 26 09:00", "Fri 27 09:00", "Mon 30 09:00", "Tue 01 09:00"]),
        ("every Monday and Thursday 9:00", ["Thu 26 09:00", "Mon 30 09:00"]),
        ("Mon, Thu at 9", ["Thu 26 09:00", "Mon 30 09:00"]),
        ("every weekend noon", ["Sat 28 12:00", "Sun 29 12:00"]),
        ("first Tuesday 09:00", ["Tue 01 09:00"]),
        ("every last Monday of the month at 5:30 pm", ["Mon 30 17:30"]),
        ("second and fourth Friday 17:00", ["Fri 27 17:00"]),
        ("every 1st and 30th of the month 06:00", ["Mon 30 06:00", "Tue 01 06:00"]),
        ("last day 23:59", ["Mon 30 23:59"]),
        ("every Friday 9:00 and midnight", ["Fri 27 00:00", "Fri 27 09:00"]),
        ("0 9 * * 1-5", ["Wed 25 09:00", "Thu 26 09:00", "Fri 27 09:00", "Mon 30 09:00", "Tue 01 09:00"]),
        ("0 9 * * sat-sun", ["Sat 28 09:00", "Sun 29 09:00"]),
        ("0 9 * * 7", ["Sun 29 09:00"]),
        ("0 9 28 * mon", ["Sat 28 09:00", "Mon 30 09:00"]),
        ("0 9 1-31/29 nov-dec *", ["Mon 30 09:00", "Tue 01 09:00"]),
        ("@weekly", ["Sun 29 00:00"]),
    ],
)
def test_a_week_of_slots(expression: str, expected: list[str]) -> None:
    schedule = parse_schedule(expression, "Europe/Berlin")

    assert walls(schedule, utc(2026, 11, 24, 23), utc(2026, 12, 1, 22)) == expected


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("every", "on which days"),
        ("every of month 09:00", "on which days"),
        ("every day", "at what time"),
        ("every day at", "at what time"),
        ("09:00", "on which days"),
        ("every day 24:00", "there is no 24:00"),
        ("every day 13pm", "there is no 13pm"),
        ("every day 9:60", "there is no 9:60"),
        ("every other Monday 09:00", "'other' was not understood"),
        ("every Monday Tuesday 09:00", "'monday' was not understood"),
        ("every day 09:00 sharp", "'sharp' is no time of day"),
        ("every 7 minutes", "7 does not divide 60"),
        ("every 0 minutes", "0 does not divide 60"),
        ("every 5 hours", "5 does not divide 24"),
        ("every 15 minutes at 9:00", "no time of day"),
        ("1st and Monday 09:00", "mixed"),
        ("first Monday and Friday 09:00", "mixed"),
        ("last 09:00", "'last' what?"),
        ("6th Monday 09:00", "at most five"),
        ("every 32nd 09:00", "'32nd' was not understood"),
        ("1st 2nd 09:00", "'1st 2nd' was not understood"),
        ("0 9 * *", "five fields, here are 4"),
        ("0 9 * * * *", "five fields, here are 6"),
        ("60 9 * * *", "'60' is not within 0 to 59"),
        ("0 9 * * 5-1", "'5-1' is not within 0 to 7"),
        ("*/0 9 * * *", "'*/0' is not within"),
        ("0 9 * foo *", "'foo' is no number or name"),
        ("0 9 ,1 * *", "'' is no field"),
        ("0 999999999 * * *", "'999999999' is no number"),
        ("@reboot", "five fields"),
        ("0 9 30 2 *", "that day never comes"),
        ("every day 09:00 " * 100, "longer than 200"),
    ],
)
def test_what_is_not_understood_is_named(expression: str, part: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(expression, "UTC")

    assert part in caught.value.reason
    assert caught.value.mend


@pytest.mark.parametrize("zone", ["", "Europe", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "a\0b"])
def test_a_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ScheduleError, match="no time zone"):
        parse_schedule("every day 09:00", zone)


def test_a_time_that_spring_skips_fires_once_an_hour_later() -> None:
    schedule = parse_schedule("every day 02:30", "Europe/Berlin")

    slots = list(schedule.slots(utc(2026, 3, 28, 12), utc(2026, 3, 30, 12)))

    assert slots == [utc(2026, 3, 29, 1, 30), utc(2026, 3, 30, 0, 30)]
    assert slots[0].astimezone(BERLIN).hour == 3


def test_a_time_that_autumn_repeats_fires_the_first_time_only() -> None:
    schedule = parse_schedule("30 2 * * *", "Europe/Berlin")

    assert list(schedule.slots(utc(2026, 10, 24, 12), utc(2026, 10, 26, 0))) == [utc(2026, 10, 25, 0, 30)]


@pytest.mark.parametrize("night", [utc(2026, 3, 28, 20), utc(2026, 10, 24, 20)])
@pytest.mark.parametrize(("expression", "minutes"), [("every hour", 60), ("*/15 * * * *", 15)])
def test_what_recurs_every_hour_follows_elapsed_time(night: datetime, expression: str, minutes: int) -> None:
    schedule = parse_schedule(expression, "Europe/Berlin")

    slots = list(schedule.slots(night, night + timedelta(hours=12)))

    assert {later - earlier for earlier, later in pairwise(slots)} == {timedelta(minutes=minutes)}


def test_a_day_that_a_country_skipped_fires_with_the_next_day_and_not_twice() -> None:
    schedule = parse_schedule("every day 09:00", "Pacific/Apia")  # went from 29 to 31 December 2011

    days = [
        slot.astimezone(ZoneInfo("Pacific/Apia")).day
        for slot in schedule.slots(utc(2011, 12, 28), utc(2011, 12, 31, 12))
    ]

    assert days == [28, 29, 31]


def test_a_rare_date_is_found_beyond_a_century_without_leap_day() -> None:
    schedule = parse_schedule("0 0 29 2 *", "UTC")

    assert schedule.next_after(utc(2096, 3, 1)) == utc(2104, 2, 29)


def test_the_newest_slot_of_a_year_is_found_by_looking_back() -> None:
    schedule = parse_schedule("every minute", "Europe/Berlin")

    assert schedule.last_between(utc(2025, 1, 1), utc(2026, 1, 1, 0, 0, 30)) == utc(2026, 1, 1)
    assert schedule.last_between(utc(2026, 1, 1), utc(2026, 1, 1)) is None


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        parse_schedule("every day 09:00", "UTC").next_after(datetime(2026, 1, 1))  # noqa: DTZ001  the case under test


# ── properties ──

_minutes = st.integers(0, 24 * 60 - 1)
_times = st.one_of(
    st.sets(_minutes, min_size=1, max_size=6),
    st.sampled_from([1, 5, 15, 30, 60, 120, 360]).map(lambda step: set(range(0, 24 * 60, step))),
).map(lambda times: tuple(sorted(times)))
_recurrences = st.one_of(
    st.builds(Recurrence, times=_times),
    st.builds(Recurrence, times=_times, weekdays=st.frozensets(st.integers(0, 6), min_size=1, max_size=6)),
    st.builds(Recurrence, times=_times, days=st.frozensets(st.integers(1, 31) | st.just(LAST), min_size=1)),
    st.builds(
        Recurrence,
        times=_times,
        ordinals=st.frozensets(
            st.tuples(st.sampled_from([1, 2, 3, 4, 5, LAST]), st.integers(0, 6)), min_size=1, max_size=8
        ),
    ),
)
_moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  bounds are naive by hypothesis's rule


@given(_recurrences)
def test_a_description_in_words_is_read_back_as_the_same(recurrence: Recurrence) -> None:
    words = recurrence.words()

    if words is not None and len(words) <= 200:
        assert parse_schedule(words, "UTC").recurrence == recurrence


@given(st.text(max_size=60))
def test_any_text_is_a_schedule_or_a_named_error(text: str) -> None:
    try:
        schedule = parse_schedule(text, "UTC")
    except ScheduleError:
        return
    assert schedule.next_after(utc(2026, 1, 1)) is not None
    assert parse_schedule(schedule.describe(), "UTC").recurrence == schedule.recurrence


@given(st.lists(st.text("0123456789*/-,", max_size=6), min_size=5, max_size=5).map(" ".join))
def test_any_five_fields_are_a_schedule_or_a_named_error(text: str) -> None:
    try:
        schedule = parse_schedule(text, "UTC")
    except ScheduleError:
        return
    assert parse_schedule(schedule.describe(), "UTC").recurrence == schedule.recurrence


@settings(deadline=None)  # the machine is shared: times say nothing here
@given(_recurrences, st.sampled_from(ZONES), _moments, st.integers(0, 40 * 24 * 60))
def test_looking_ahead_back_and_through_agree(
    recurrence: Recurrence, zone: str, after: datetime, length: int
) -> None:
    schedule = Schedule("", zone, recurrence)
    until = after + timedelta(minutes=length)

    slots = list(schedule.slots(after, until))

    assert slots == sorted(set(slots))
    assert all(after < slot <= until for slot in slots)
    following = schedule.next_after(after)
    assert (slots[0] if slots else None) == (following if following and following <= until else None)
    assert schedule.last_between(after, until) == (slots[-1] if slots else None)


@settings(deadline=None)
@given(_recurrences, st.sampled_from(ZONES), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_each_wall_clock_time_of_a_day_has_one_slot(recurrence: Recurrence, zone: str, day: date) -> None:
    if recurrence.is_hourly:
        return
    schedule = Schedule("", zone, recurrence)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    following = datetime(*(day + timedelta(days=1)).timetuple()[:3], tzinfo=ZoneInfo(zone))
    before = midnight.astimezone(UTC) - timedelta(microseconds=1)

    slots = list(schedule.slots(before, following.astimezone(UTC) - timedelta(microseconds=1)))

    wanted = len(recurrence.times) if recurrence.falls_on(day) else 0
    is_plain_day = following.astimezone(UTC) - midnight.astimezone(UTC) == timedelta(days=1)
    # On the day of a change two times of day may be one moment, never the other way round.
    assert len(slots) == wanted if is_plain_day else len(slots) <= wanted
    assert bool(slots) == bool(wanted)
