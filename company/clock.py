"""The time, injected. Every stored time is UTC, ISO 8601, milliseconds, ``Z``: such strings sort as times."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time; tests pass one they can set."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime."""
        return datetime.now(UTC)


def to_iso(moment: datetime) -> str:
    """Write an aware datetime the one way times are stored: ``2026-11-25T09:00:00.000Z``."""
    if moment.tzinfo is None:
        raise ValueError("a stored time needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """Read a stored time back as an aware UTC datetime."""
    return datetime.fromisoformat(text).astimezone(UTC)
