"""Small words that several views share: marks, moments, amounts. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.views.mrkdwn import one_line
from company.clock import from_iso
from company.work.job import JobStatus

MARKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        JobStatus.PENDING: "⏳",
        JobStatus.IN_PROGRESS: "🔄",
        JobStatus.COMPLETED: "✅",
        JobStatus.FAILED: "❌",
        JobStatus.BLOCKED: "✋",
        JobStatus.STOPPED: "⏹️",
    }
)
_HANDLE: Final = 7  # characters of a job's id that people copy


def handle(job_id: str) -> str:
    """Return the end of a job's id, by which people name it."""
    return f"`{one_line(job_id[-_HANDLE:], 20)}`"


def moment(at_iso: str) -> str:
    """Return a stored time as Slack shows it to each reader: in their own time zone."""
    try:
        at = from_iso(at_iso)
    except ValueError:
        return one_line(at_iso, 40)
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def rhythm(expression: str) -> str:
    """Say a schedule shortly, for a button: 'every weekday 09:00' is 'weekdays 09:00'.

    What is no such phrase (cron) stays as it is.
    """
    every, _, rest = expression.strip().partition(" ")
    day, blank, time = rest.partition(" ")
    if every.lower() != "every" or not blank or not day.isalpha():
        return expression
    if day.lower() == "day":
        return f"daily {time}"
    return (
        f"{day.lower().removesuffix('s')}s {time}" if day.lower().removesuffix("s").endswith("day") else rest
    )


def usd(amount: float) -> str:
    """Return an amount of money."""
    return f"${amount:,.2f}"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
