"""A program says that its plan is used up, and when it may go on: the time in its words. Pure.

The words are the programs' own and change with their versions. What is not understood is no limit with an end, and then
the run has failed as any other.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

LONGEST = timedelta(days=14)  # a time further away is a misreading

_LIMIT = re.compile(
    r"usage limit|(?:hit|reached|exceeded) your (?:\w+[ -])?(?:limit|quota)|\b\w+ limit reached|limit reached"
    r"|out of (?:extra )?usage|quota (?:will reset|exceeded|exhausted)|exhausted your (?:capacity|quota|daily)",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"\|(1[6-9]\d{8}|2\d{9})\b")
_ISO = re.compile(r"\b(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))")
_AFTER = re.compile(
    r"(?:try again|retry|resets?|reset) (?:in|after) "
    r"((?:[\d.]+ ?(?:days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)[, ]*(?:and )?)+)",
    re.IGNORECASE,
)
_PART = re.compile(r"([\d.]+) ?(d|h|m|s)", re.IGNORECASE)
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AT = re.compile(
    r"(?:resets?|try again)(?: at| on)? "
    r"(?:(?P<month>[A-Z][a-z]{2,8})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:, (?P<year>\d{4}))?(?:,| at)? )?"
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))? ?(?P<half>[ap]m)?(?: \((?P<zone>[A-Za-z_]+(?:/[A-Za-z_+-]+)*)\))?",
    re.IGNORECASE,
)


def is_usage_limit(words: str) -> bool:
    """Say whether ``words`` tell of a plan that is used up, rather than of a server that is busy."""
    return _LIMIT.search(words) is not None


def reset_time(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    """Return when the limit ends, in UTC; None where the words do not say it. ``zone`` is where the program runs."""
    try:
        found = _absolute(words) or _after(words, now) or _at(words, now, zone)
    except (ValueError, KeyError, OverflowError):
        return None
    if found is None or not now < found <= now + LONGEST:
        return None
    return found.astimezone(UTC)


def _absolute(words: str) -> datetime | None:
    if epoch := _EPOCH.search(words):
        return datetime.fromtimestamp(int(epoch[1]), UTC)
    if iso := _ISO.search(words):
        return datetime.fromisoformat(iso[1])
    return None


def _after(words: str, now: datetime) -> datetime | None:
    found = _AFTER.search(words)
    if found is None:
        return None
    parts = {_UNITS[unit.lower()]: float(amount) for amount, unit in _PART.findall(found[1])}
    return now + timedelta(**parts) if parts else None


def _at(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    found = _AT.search(words)
    if found is None or not (found["half"] or found["minute"]):
        return None
    here = now.astimezone(ZoneInfo(found["zone"]) if found["zone"] else zone)
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    moment = here.replace(hour=hour, minute=int(found["minute"] or 0), second=0, microsecond=0)
    if not found["month"]:
        return moment if moment > here else moment + timedelta(days=1)
    month = _MONTHS.index(found["month"][:3].lower()) + 1
    moment = moment.replace(
        month=month, day=int(found["day"]), year=int(found["year"]) if found["year"] else here.year
    )
    is_past = not found["year"] and moment < here
    return moment.replace(year=moment.year + 1) if is_past else moment
