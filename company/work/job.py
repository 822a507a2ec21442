"""The states of a job and the moves between them; the same words as in schema.sql, table sessions."""

from enum import StrEnum


class JobStatus(StrEnum):
    """Where a job stands."""

    PENDING = "pending"  #: accepted, not started
    IN_PROGRESS = "in_progress"  #: the workflow has it
    COMPLETED = "completed"  #: verified and delivered
    FAILED = "failed"  #: could not be done: nothing was delivered
    BLOCKED = "blocked"  #: a person must look: iterations used up, a conflict, an open question
    STOPPED = "stopped"  #: a person stopped it


#: status -> statuses that may follow it
JOB_MOVES: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.IN_PROGRESS, JobStatus.FAILED, JobStatus.STOPPED}),
    JobStatus.IN_PROGRESS: frozenset(
        {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.BLOCKED, JobStatus.STOPPED}
    ),
    JobStatus.BLOCKED: frozenset({JobStatus.IN_PROGRESS, JobStatus.FAILED, JobStatus.STOPPED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.STOPPED: frozenset(),
}

#: the folder inside priorities/ that holds the file of a job with this status
FOLDER: dict[JobStatus, str] = {
    JobStatus.PENDING: "queued",
    JobStatus.IN_PROGRESS: "running",
    JobStatus.COMPLETED: "done",
    JobStatus.FAILED: "failed",
    JobStatus.BLOCKED: "blocked",
    JobStatus.STOPPED: "stopped",
}

#: what `agent-service once` and the sessions table give as exit code
EXIT_CODE: dict[JobStatus, int] = {
    JobStatus.COMPLETED: 0,
    JobStatus.FAILED: 1,
    JobStatus.BLOCKED: 2,
    JobStatus.STOPPED: 3,
}

FINAL = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED})


def may_follow(current: JobStatus, wanted: JobStatus) -> bool:
    """Say whether a job may move from ``current`` to ``wanted``."""
    return wanted in JOB_MOVES[current]


def may_come_from(wanted: JobStatus) -> tuple[JobStatus, ...]:
    """Return the statuses from which a job may move to ``wanted``: the WHERE of the conditional update."""
    return tuple(status for status, moves in JOB_MOVES.items() if wanted in moves)
