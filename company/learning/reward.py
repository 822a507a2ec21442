"""What each event is worth, and under which cause the ledger holds it: contract section 6.

A reward belongs to one entity and one cause, and the ledger is unique in both, so paying is harmless when
repeated: by whatever path an event arrives, its second row is refused. Whoever settles an event issues its
reward in the same transaction. What is not in the table is worth nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: '<entity type> <event>' -> points
POINTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "task completed": 10,
        "task failed": -5,
        "session merged": 25,
        "session failed": -10,
        "session blocked": -20,
        "experiment successful": 50,
        "experiment killed": -50,
        "session praised": 100,
        "session rejected": -100,
    }
)


def feedback_cause(person_id: str) -> str:
    """Return the cause of a person's word on a job, praise or rejection.

    Both are one cause: a person has one word on a job, and the ledger's unique index decides which.
    """
    return f"feedback:{person_id}"


def decision_cause(status: str, reopened_count: int) -> str:
    """Return the cause of an experiment's decision: one that a person reopened can earn another."""
    return f"{status}:{reopened_count + 1}" if reopened_count else status
