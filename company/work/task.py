"""The states of a task: one run of an agent in one iteration; the same words as in schema.sql, table tasks."""

from enum import StrEnum


class TaskStatus(StrEnum):
    """Where a task stands. A run that ended well stays in progress until the verdict settles it."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    BLOCKED = "blocked"  #: never ran, or was cut off: the job ended first; counts for nobody


#: status -> statuses that may follow it
TASK_MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.PENDING: frozenset({TaskStatus.IN_PROGRESS, TaskStatus.FAILED, TaskStatus.BLOCKED}),
    TaskStatus.IN_PROGRESS: frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.BLOCKED}),
    TaskStatus.COMPLETED: frozenset(),
    TaskStatus.FAILED: frozenset(),
    TaskStatus.BLOCKED: frozenset(),
}


def may_come_from(wanted: TaskStatus) -> tuple[TaskStatus, ...]:
    """Return the statuses from which a task may move to ``wanted``: the WHERE of the conditional update."""
    return tuple(status for status, moves in TASK_MOVES.items() if wanted in moves)
