"""When something recurs, without a date or a time zone: what words and cron are both read into.

One record for both notations, so that everything after the reading has one case. What cannot be understood in
full is refused: a schedule that guesses starts work at the wrong hour.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from company.errors import AgentServiceError

LAST = -1  #: among days of the month and among ordinals of a weekday: the last one
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS = ("first", "second", "third", "fourth", "fifth")
WORKDAYS = frozenset(range(5))
WEEKEND = frozenset((5, 6))
MINUTES_A_DAY = 24 * 60

EXAMPLES = "'every weekday 09:00', 'every Monday and Thursday 9:00', 'every 15 minutes', 'first Monday 09:00'"


class ScheduleError(AgentServiceError):
    """An expression is no schedule. ``reason`` says which part; ``mend`` shows what would be understood."""

    def __init__(self, expression: str, reason: str, *, mend: str = f"write it like {EXAMPLES}") -> None:
        self.expression, self.reason, self.mend = expression, reason, mend
        super().__init__(f"schedule {expression!r}: {reason}")


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """The minutes of the days on which something happens. None where every one fits."""

    times: tuple[int, ...]  #: minutes since midnight by the wall clock, ascending, at least one
    weekdays: frozenset[int] | None = None  #: 0 Monday … 6 Sunday
    days: frozenset[int] | None = None  #: of the month, 1 … 31 or LAST
    ordinals: frozenset[tuple[int, int]] | None = None  #: (1 … 5 or LAST, weekday): 'first Monday'
    months: frozenset[int] | None = None
    is_either: bool = False  #: a date that fits ``days`` or ``weekdays`` will do; else it must fit both

    @property
    def is_hourly(self) -> bool:
        """At the same minutes of every hour: such a schedule follows elapsed time, not the wall clock."""
        by_hour = [{time % 60 for time in self.times if time // 60 == hour} for hour in range(24)]
        return all(minutes == by_hour[0] for minutes in by_hour)

    def ever_comes(self) -> bool:
        """Say whether there is such a date at all: 30 February is none.

        Looks through 28 years: between 1901 and 2099 every pair of date and weekday comes up in them.
        """
        return self.days is None or any(
            self.falls_on(date(year, month, day))
            for year in range(2000, 2028)
            for month in sorted(self.months or range(1, 13))
            for day in range(1, calendar.monthrange(year, month)[1] + 1)
        )

    def falls_on(self, day: date) -> bool:
        """Say whether it happens on ``day``."""
        if self.months is not None and day.month not in self.months:
            return False
        last = calendar.monthrange(day.year, day.month)[1]
        fits_day = self.days is None or day.day in self.days or (LAST in self.days and day.day == last)
        fits_weekday = self.weekdays is None or day.weekday() in self.weekdays
        if self.is_either:
            return fits_day or fits_weekday
        return fits_day and fits_weekday and self._fits_ordinal(day, last)

    def _fits_ordinal(self, day: date, last: int) -> bool:
        if self.ordinals is None:
            return True
        number = LAST if (LAST, day.weekday()) in self.ordinals and day.day + 7 > last else (day.day + 6) // 7
        return (number, day.weekday()) in self.ordinals

    def words(self) -> str | None:
        """Return words that `schedule_words` reads back as this; None when it takes cron to say it."""
        if self.months is not None or self.is_either:
            return None
        if (interval := self._interval()) is not None:
            return interval
        if len(self.times) > 6:
            return None
        days = self._days_in_words()
        times = [f"{time // 60:02d}:{time % 60:02d}" for time in self.times]
        return f"{days} {_and(times)}" if days else None

    def _interval(self) -> str | None:
        if (self.weekdays, self.days, self.ordinals) != (None, None, None):
            return None
        step = self.times[1] - self.times[0] if len(self.times) > 1 else MINUTES_A_DAY
        if step == MINUTES_A_DAY or self.times != tuple(range(0, MINUTES_A_DAY, step)):
            return None
        if step == 60:
            return "every hour"
        number, unit = (step, "minute") if step < 60 else (step // 60, "hour")
        if step > 60 and step % 60:
            return None
        return f"every {unit}" if number == 1 else f"every {number} {unit}s"

    def _days_in_words(self) -> str | None:
        given = [part for part in (self.weekdays, self.days, self.ordinals) if part is not None]
        if len(given) > 1:
            return None
        if self.weekdays is not None:
            return _weekdays_in_words(self.weekdays)
        if self.days is not None:
            ordered = sorted(self.days, key=lambda day: (day == LAST, day))
            return f"every {_and('last day' if day == LAST else _numbered(day) for day in ordered)}"
        if self.ordinals is not None:
            ordered_pairs = sorted(self.ordinals, key=lambda pair: (pair[0] == LAST, pair))
            return _and(f"{_ordinal(number)} {DAY_NAMES[weekday]}" for number, weekday in ordered_pairs)
        return "every day"


def _weekdays_in_words(weekdays: frozenset[int]) -> str:
    if weekdays == WORKDAYS:
        return "every weekday"
    if weekdays == WEEKEND:
        return "every weekend"
    return f"every {_and(DAY_NAMES[weekday] for weekday in sorted(weekdays))}"


def _and(words: Iterable[str]) -> str:
    return " and ".join(words)


def _ordinal(number: int) -> str:
    return "last" if number == LAST else ORDINALS[number - 1]


def _numbered(day: int) -> str:
    ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
