"""What becomes of a decision that nobody takes: it is brought up again, then urgently, and at last it is closed. Pure.

Each step happens once a waiting: it is named by what has passed since the waiting began, so that looking often, or two
at once, or after a week of silence, gives the newest step that is due and nothing twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Step(StrEnum):
    """What is due."""

    REMIND = "remind"  #: say it again, in its thread
    ESCALATE = "escalate"  #: say it again, and name who can decide
    EXPIRE = "expire"  #: close it with the default


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How long people have; None is never."""

    remind_after: timedelta | None
    escalate_after: timedelta | None
    expire_after: timedelta | None


def due_step(
    since: datetime, terms: Terms, now: datetime, *, expires_at: datetime | None = None
) -> Step | None:
    """Return the last step that is due of what has waited since ``since``; None: it may wait on.

    ``expires_at`` is an end of its own; where there is one, the general one does not count.
    """
    ends_at = expires_at
    if ends_at is None and terms.expire_after is not None:
        ends_at = since + terms.expire_after
    if ends_at is not None and now >= ends_at:
        return Step.EXPIRE
    waited = now - since
    if terms.escalate_after is not None and waited >= terms.escalate_after:
        return Step.ESCALATE
    if terms.remind_after is not None and waited >= terms.remind_after:
        return Step.REMIND
    return None
