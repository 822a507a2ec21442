"""When a schedule's slots are: a recurrence in a time zone, right through daylight saving.

A slot is a moment in UTC, and it is the key of what it starts: two hosts, or two looks at the clock, start it
once. A time of day that spring skips is moved on by what was skipped (02:30 becomes 03:30); one that autumn
repeats counts the first time only. What recurs in every hour follows elapsed time: skipped hours have no slot,
repeated ones have theirs. APScheduler 3.11's CronTrigger fires twice in autumn (measured: '30 2 * * *' in
Europe/Berlin on 2026-10-25), which is why the slots are computed here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from company.work.cron import read_cron
from company.work.recurrence import EXAMPLES, Recurrence, ScheduleError
from company.work.schedule_words import read_words

__all__ = ["EXAMPLES", "Schedule", "ScheduleError", "parse_schedule"]

LENGTH_MAX = 200  # characters of an expression
_LOOKS_LIKE_CRON = re.compile(r"@|[\d*][\d*/,-]*\s+[\d*][\d*/,-]*(\s|$)")
_DAY = timedelta(days=1)
_HORIZON_DAYS = 40 * 366  # a 29th of February on a given weekday may be 40 years off (over 2100)


@dataclass(frozen=True)
class Schedule:
    """What recurs, and where its wall clock hangs."""

    expression: str  #: as a person wrote it
    time_zone: str  #: IANA name
    recurrence: Recurrence

    def slots(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the slots later than ``after`` and not later than ``until``, ascending, in UTC."""
        _refuse_naive(after, until)
        day, last_day = self._local_date(after) - _DAY, self._local_date(until) + _DAY
        newest = after.astimezone(UTC)
        while day <= last_day:
            for slot in self._on(day):
                if newest < slot <= until:
                    newest = slot
                    yield slot
            day += _DAY

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first slot later than ``moment``; None when there is none within 40 years."""
        _refuse_naive(moment)
        first_day = self._local_date(moment) - _DAY
        days = (first_day + number * _DAY for number in range(_HORIZON_DAYS))
        return next((slot for day in days for slot in self._on(day) if slot > moment), None)

    def last_between(self, after: datetime, until: datetime) -> datetime | None:
        """Return the newest slot later than ``after`` and not later than ``until``; None when there is none.

        As quick after a year asleep as after a minute: it looks backwards.
        """
        _refuse_naive(after, until)
        day, first_day = self._local_date(until) + _DAY, self._local_date(after) - _DAY
        while day >= first_day:
            for slot in reversed(self._on(day)):
                if after < slot <= until:
                    return slot
            day -= _DAY
        return None

    def describe(self) -> str:
        """Say it in words that parse to the same schedule, or as the cron expression it is."""
        return self.recurrence.words() or f"cron {self.expression.strip()}"

    def _local_date(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def _on(self, day: date) -> tuple[datetime, ...]:
        return _slots_on(self.recurrence, self.time_zone, day) if self.recurrence.falls_on(day) else ()


def parse_schedule(expression: str, time_zone: str) -> Schedule:
    """Read ``'every weekday 09:00'`` or ``'0 9 * * 1-5'`` for a wall clock in ``time_zone`` (an IANA name).

    Raises ScheduleError with the part that was not understood and what to write instead.
    """
    recurrence = _read(expression)
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ScheduleError(
            expression, f"{time_zone!r} is no time zone", mend="take an IANA name such as Europe/Berlin"
        ) from error
    return Schedule(expression, time_zone, recurrence)


def _read(expression: str) -> Recurrence:
    text = expression.strip()
    if not text:
        raise ScheduleError(expression, "it is empty")
    if len(text) > LENGTH_MAX:
        raise ScheduleError(text[:40] + "…", f"longer than {LENGTH_MAX} characters")
    if text.lower().startswith("cron "):  # what `describe` says of a cron expression
        recurrence = read_cron(text[5:])
    else:
        recurrence = read_cron(text) if _LOOKS_LIKE_CRON.match(text) else read_words(text)
    if not recurrence.ever_comes():
        raise ScheduleError(expression, "that day never comes", mend="take a day that the month has")
    return recurrence


@lru_cache(maxsize=256)
def _slots_on(recurrence: Recurrence, time_zone: str, day: date) -> tuple[datetime, ...]:
    zone = ZoneInfo(time_zone)
    is_hourly = recurrence.is_hourly
    slots: set[datetime] = set()
    for time in recurrence.times:
        wall = datetime(day.year, day.month, day.day, time // 60, time % 60, tzinfo=zone)
        for fold in (0, 1) if is_hourly else (0,):
            # With fold 0 a skipped time keeps the offset from before the change: it moves on (PEP 495).
            slot = wall.replace(fold=fold).astimezone(UTC)
            if not is_hourly or slot.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
                slots.add(slot)
    return tuple(sorted(slots))


def _refuse_naive(*moments: datetime) -> None:
    if any(moment.tzinfo is None for moment in moments):
        raise ValueError("a slot is looked for from a time with a time zone")
