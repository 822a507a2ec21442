"""Settlement: the one place where a task or a job earns or loses points.

Status, counters, metrics, reward and the words for Slack are one transaction, and the status moves by a conditional
update: whoever comes second changes nothing, so nothing is ever paid twice.
"""

from collections.abc import Mapping

from company.learning.reward import POINTS
from company.store import agents, metrics, rewards, sessions, tasks
from company.store.gate import Transaction
from company.work.job import JobStatus
from company.work.task import TaskStatus


def settle_task(tx: Transaction, task_id: str, status: TaskStatus, *, error: str | None = None) -> bool:
    """Settle a task as completed, failed or blocked; False when it was settled before."""
    if not tasks.move(tx, task_id, status, error_message=error):
        return False
    if status is TaskStatus.BLOCKED:
        return True
    task = tasks.get(tx, task_id)
    duration_s = task.duration_seconds or 0.0
    is_completed = status is TaskStatus.COMPLETED
    cause = f"task {status.value}"
    rewards.issue(
        tx, "task", task_id, status.value, POINTS[cause], error or "the verdict found nothing to mend"
    )
    context = {"agent_id": task.agent_id, "session_id": task.session_id, "iteration": task.retry_count}
    metrics.record(tx, "task", task_id, "success", 1.0 if is_completed else 0.0, context)
    metrics.record(tx, "task", task_id, "duration_seconds", duration_s, context)
    agents.count_outcome(tx, task.agent_id, completed=is_completed, duration_s=duration_s)
    return True


def settle_session(tx: Transaction, job_id: str, status: JobStatus, outcome: str) -> bool:
    """Close a job: tasks that never ran or never got a verdict count for nobody. False when it was closed before.

    A job that could not even be planned costs nothing: nobody was given anything to do.
    """
    if not sessions.move(tx, job_id, status, outcome=outcome, phase="closed"):
        return False
    planned = tasks.of_session(tx, job_id)
    for task in planned:
        if task.status in (TaskStatus.PENDING, TaskStatus.IN_PROGRESS):
            settle_task(tx, task.id, TaskStatus.BLOCKED, error=outcome)
    cause = f"session {status.value}"
    if cause in POINTS and planned:
        rewards.issue(tx, "session", job_id, status.value, POINTS[cause], outcome)
    return True


def analyse_session(tx: Transaction, job_id: str, numbers: Mapping[str, float]) -> None:
    """Keep what a finished job says about how work goes here. Only in the transaction that settled it."""
    session = sessions.get(tx, job_id)
    context = {"status": session.status.value, "team_id": session.team_id}
    for name, value in {"duration_seconds": session.duration_seconds or 0.0, **numbers}.items():
        metrics.record(tx, "session", job_id, name, value, context)
