"""Schedules in a person's words: 'every weekday 09:00', 'first and third Friday 17:00', 'every hour'."""

import re
from collections.abc import Sequence

from company.work.recurrence import (
    DAY_NAMES,
    LAST,
    MINUTES_A_DAY,
    ORDINALS,
    WEEKEND,
    WORKDAYS,
    Recurrence,
    ScheduleError,
)

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(am|pm)?|(\d{1,2})(am|pm)")
_NUMBERED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_WEEKDAYS = {
    form: number
    for number, name in enumerate(name.lower() for name in DAY_NAMES)
    for form in (name, f"{name}s", name[:3])
} | {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_ORDINAL_WORDS = {word: number for number, word in enumerate(ORDINALS, start=1)} | {"last": LAST}
_GROUPS = {
    "day": None,
    "weekday": WORKDAYS,
    "weekdays": WORKDAYS,
    "weekend": WEEKEND,
    "weekends": WEEKEND,
}
_ALONE = {"daily": ["every", "day"], "hourly": ["every", "hour"]}


def read_words(expression: str) -> Recurrence:
    """Read words, case aside. Raises ScheduleError naming the word that was not understood."""
    return _Words(expression, expression.lower().replace(",", " , ").split()).read()


class _Words:
    """Reads 'every weekday at 09:00' from left to right: what, then at what times."""

    def __init__(self, expression: str, words: Sequence[str]) -> None:
        self._expression = expression
        self._words = list(_ALONE.get(words[0], [words[0]])) + list(words[1:])

    def read(self) -> Recurrence:
        if self._words[0] in ("every", "each", "on"):
            del self._words[0]
        start = next((at for at, _ in enumerate(self._words) if self._is_time(at)), len(self._words))
        what, times = self._words[:start], self._words[start:]
        if interval := self._read_interval(what):
            if times:
                raise self._error("an interval has no time of day")
            return Recurrence(times=interval)
        if not what:
            raise self._error("it does not say on which days")
        if not times:
            raise self._error("it does not say at what time")
        clock_times = self._read_times(times)
        if len(what) == 1 and what[0] in _GROUPS:
            return Recurrence(times=clock_times, weekdays=_GROUPS[what[0]])
        return self._read_days(what, clock_times)

    def _is_time(self, at: int) -> bool:
        word, following = self._words[at], self._words[at + 1 : at + 2]
        if word.isdecimal() and following in (["am"], ["pm"]):
            return True
        return word in ("at", "noon", "midnight") or _CLOCK.fullmatch(word) is not None

    def _read_interval(self, what: Sequence[str]) -> tuple[int, ...] | None:
        match what:
            case ["minute" | "hour" as unit]:
                number = 1
            case [digits, "minutes" | "minute" | "hours" | "hour" as unit] if digits.isdecimal():
                number = int(digits)
            case _:
                return None
        whole, length = (60, 1) if unit.startswith("minute") else (24, 60)
        if number < 1 or number >= whole or whole % number:
            fitting = ", ".join(str(n) for n in range(2, whole) if whole % n == 0)
            raise self._error(f"{number} does not divide {whole}", mend=f"take one of {fitting}")
        return tuple(range(0, MINUTES_A_DAY, number * length))

    def _read_times(self, words: Sequence[str]) -> tuple[int, ...]:
        times: set[int] = set()
        rest = [word for word in words if word not in ("at", "and", ",")]
        while rest:
            word = rest.pop(0)
            if rest and rest[0] in ("am", "pm"):
                word += rest.pop(0)
            times.add(self._read_time(word))
        if not times:
            raise self._error("it does not say at what time")
        return tuple(sorted(times))

    def _read_time(self, word: str) -> int:
        if word in ("noon", "midnight"):
            return 12 * 60 if word == "noon" else 0
        match = _CLOCK.fullmatch(word if not word.isdecimal() else f"{word}:00")
        if match is None:
            raise self._error(f"{word!r} is no time of day")
        hour, minute = int(match[1] or match[4]), int(match[2] or 0)
        half = match[3] or match[5]
        if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
            raise self._error(f"there is no {word}", mend="write a time between 00:00 and 23:59")
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        return hour * 60 + minute

    def _read_days(self, what: Sequence[str], times: tuple[int, ...]) -> Recurrence:
        """Read 'Monday and Thursday', '1st and 15th', 'first and third Friday', 'last day'."""
        weekdays: set[int] = set()
        days: set[int] = set()
        ordinals: set[tuple[int, int]] = set()
        waiting: list[int] = []  # numbers whose weekday may still come
        for item in self._items(what):
            *numbers, last = item
            if numbers:
                waiting.extend(self._read_ordinal(word) for word in numbers)
            if last in _WEEKDAYS and numbers:
                ordinals.update((number, _WEEKDAYS[last]) for number in waiting)
                waiting.clear()
            elif last in _WEEKDAYS:
                weekdays.add(_WEEKDAYS[last])
            elif last == "day" and numbers == ["last"]:
                days.update(waiting)
                waiting.clear()
            elif numbers:
                raise self._error(f"{' '.join(item)!r} was not understood")
            else:
                waiting.append(self._read_ordinal(last))
        days.update(waiting)
        if sum(map(bool, (weekdays, days, ordinals))) > 1:
            raise self._error(
                "days of the week and days of the month are mixed", mend="make two schedules of it"
            )
        if LAST in days and "day" not in what:
            raise self._error("'last' what?", mend="write 'last day 18:00' or 'last Friday 18:00'")
        if any(number > 5 for number, _ in ordinals):
            raise self._error("a month has at most five of each weekday")
        return Recurrence(
            times=times,
            weekdays=frozenset(weekdays) or None,
            days=frozenset(days) or None,
            ordinals=frozenset(ordinals) or None,
        )

    def _items(self, what: Sequence[str]) -> list[list[str]]:
        items: list[list[str]] = [[]]
        for word in what:
            if word in ("and", ","):
                items.append([])
            elif word not in ("the", "on"):
                items[-1].append(word)
        while items[-1][-2:] in (["of", "month"], ["every", "month"], ["each", "month"]):
            del items[-1][-2:]
        kept = [item for item in items if item]
        if not kept:
            raise self._error("it does not say on which days")
        return kept

    def _read_ordinal(self, word: str) -> int:
        if word in _ORDINAL_WORDS:
            return _ORDINAL_WORDS[word]
        match = _NUMBERED.fullmatch(word)
        if match is None or not 1 <= int(match[1]) <= 31:
            raise self._error(f"{word!r} was not understood")
        return int(match[1])

    def _error(self, reason: str, **mend: str) -> ScheduleError:
        return ScheduleError(self._expression, reason, **mend)
