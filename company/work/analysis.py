"""What a finished job says about how work goes here: a handful of numbers, kept as metrics of the session.

They are what later evaluation compares: whether work is right the first time, what it costs in rounds, what checks it
mended and broke.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from company.work.task import TaskStatus


@dataclass(frozen=True, kw_only=True)
class SessionFacts:
    """What is known when a job has ended."""

    task_statuses: Sequence[TaskStatus]  #: of all its tasks, in all iterations
    iterations: int
    is_completed: bool
    files_changed: int  #: delivered
    check_verdicts: Sequence[str]  #: of the last comparison: 'green', 'mended', 'broken' …
    findings: int  #: in all iterations


def analyse(facts: SessionFacts) -> dict[str, float]:
    """Return metric name -> value. Shares are in [0, 1]; a share of nothing is left out."""
    completed = sum(status is TaskStatus.COMPLETED for status in facts.task_statuses)
    failed = sum(status is TaskStatus.FAILED for status in facts.task_statuses)
    numbers = {
        "iterations": float(facts.iterations),
        "tasks_completed": float(completed),
        "tasks_failed": float(failed),
        "files_changed": float(facts.files_changed),
        "findings": float(facts.findings),
        "checks_mended": float(sum(verdict == "mended" for verdict in facts.check_verdicts)),
        "checks_broken": float(sum(verdict == "broken" for verdict in facts.check_verdicts)),
        "is_right_first_time": float(facts.is_completed and facts.iterations == 1),
    }
    if completed + failed:
        numbers["task_success_share"] = completed / (completed + failed)
    return numbers
