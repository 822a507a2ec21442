"""A program's words about a usage limit as an event."""

from company.work.usage_limit import is_usage_limit
from daemon.runners.protocol import Event, EventKind


def limit_error(words: str) -> Event | None:
    """Return the event; None where the words tell of something else."""
    return Event(EventKind.ERROR, words, {"usage_limit": words}) if is_usage_limit(words) else None
