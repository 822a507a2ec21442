"""Times as people at this terminal read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from company.clock import from_iso


def local_time(moment: str | None, time_zone: str = "") -> str:
    """Write a stored time by the wall clock: ``25 Nov 10:00``. ``time_zone`` '' is the machine's; None is ''."""
    return _local(moment, time_zone, "%d %b %H:%M") if moment else ""


def local_day_and_time(moment: str | None, time_zone: str = "") -> str:
    """Write a stored time with its weekday, for what is to come: ``Wed 25 Nov 10:00``."""
    return _local(moment, time_zone, "%a %d %b %H:%M") if moment else ""


def local_clock(moment: str, time_zone: str = "") -> str:
    """Write a stored time's time of day, for lines that come one after the other: ``10:00:07``."""
    return _local(moment, time_zone, "%H:%M:%S")


def _local(moment: str, time_zone: str, form: str) -> str:
    at: datetime = from_iso(moment)
    return at.astimezone(ZoneInfo(time_zone) if time_zone else None).strftime(form)
