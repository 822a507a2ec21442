"""Schedules in cron's five fields: lists, ranges, steps, names, 0 and 7 for Sunday, and the @names.

As in cron itself, where day of month and day of week are both listed (neither begins with a star), a day that
fits either of them will do. Source: crontab(5) of vixie-cron.
"""

import re

from company.work.recurrence import Recurrence, ScheduleError

_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = {name: number for number, name in enumerate(_MONTHS, start=1)}
_CRON_DAY_NAMES = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?")


def read_cron(expression: str) -> Recurrence:
    """Read cron's five fields, or one of its @names. Raises ScheduleError."""
    fields = _MACROS.get(expression.strip().lower(), expression).lower().split()
    if len(fields) != 5:
        raise ScheduleError(
            expression,
            f"cron has five fields, here are {len(fields)}",
            mend="minute hour day-of-month month day-of-week, as in '0 9 * * 1-5'",
        )
    minutes = _read_field(expression, fields[0], 0, 59, {})
    hours = _read_field(expression, fields[1], 0, 23, {})
    days = _read_field(expression, fields[2], 1, 31, {})
    months = _read_field(expression, fields[3], 1, 12, _MONTH_NAMES)
    # cron counts Sunday as 0 and as 7; Python's Monday is 0
    weekdays = {(day + 6) % 7 for day in _read_field(expression, fields[4], 0, 7, _CRON_DAY_NAMES)}
    return Recurrence(
        times=tuple(sorted(hour * 60 + minute for hour in hours for minute in minutes)),
        days=_unless_all(days, 31),
        months=_unless_all(months, 12),
        weekdays=_unless_all(weekdays, 7),
        is_either=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )


def _unless_all(numbers: set[int], count: int) -> frozenset[int] | None:
    return None if len(numbers) == count else frozenset(numbers)


def _read_field(expression: str, field: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    numbers: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ScheduleError(expression, f"{part!r} is no field of cron")
        first, last = low, high
        if match[2]:
            first = _read_number(expression, match[2], names)
            last = _read_number(expression, match[3], names) if match[3] else (high if match[4] else first)
        if names is _CRON_DAY_NAMES and last == 0 < first:  # sat-sun
            last = 7
        step = int(match[4] or 1)
        if step < 1 or not low <= first <= last <= high:
            raise ScheduleError(
                expression,
                f"{part!r} is not within {low} to {high}",
                mend="smaller number first, steps from 1",
            )
        numbers.update(range(first, last + 1, step))
    return numbers


def _read_number(expression: str, word: str, names: dict[str, int]) -> int:
    if word in names:
        return names[word]
    if not word.isdecimal() or len(word) > 2:
        raise ScheduleError(expression, f"{word!r} is no number" + (" or name" if names else ""))
    return int(word)
