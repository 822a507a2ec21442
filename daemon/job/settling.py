"""Settlement: the one place where a task or a job earns or loses points.

Status, counters, metrics, reward and the words for Slack are one transaction, and the status moves by a conditional
update: whoever comes second changes nothing, so nothing is ever paid twice.
"""

from company.learning.reward import POINTS
from company.store import agents, metrics, rewards, sessions, tasks
from company.store.gate import Transaction
from company.work.job import EXIT_CODE, JobStatus
from company.work.task import TaskStatus


def settle_task(tx: Transaction, task_id: str, status: TaskStatus, *, error: str | None = None) -> bool:
    """Settle a task as completed, failed or blocked; False when it was settled before."""
    task = tasks.get(tx, task_id)
    duration_s = tx.seconds_since(task.started_at) if task.started_at else 0.0
    moved = tasks.move(
        tx, task_id, status, completed_at=tx.now_iso, duration_seconds=duration_s, error_message=error
    )
    if not moved or status is TaskStatus.BLOCKED:
        return moved
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
    """Close a job: tasks that never ran or never got a verdict count for nobody. False when it was closed before."""
    session = sessions.get(tx, job_id)
    duration_s = tx.seconds_since(session.started_at) if session.started_at else 0.0
    moved = sessions.move(
        tx,
        job_id,
        status,
        outcome=outcome,
        phase="closed",
        exit_code=EXIT_CODE[status],
        completed_at=tx.now_iso,
        duration_seconds=duration_s,
    )
    if not moved:
        return False
    for task in tasks.of_session(tx, job_id):
        if task.status in (TaskStatus.PENDING, TaskStatus.IN_PROGRESS):
            settle_task(tx, task.id, TaskStatus.BLOCKED, error=outcome)
    cause = f"session {status.value}"
    if cause in POINTS:
        rewards.issue(tx, "session", job_id, status.value, POINTS[cause], outcome)
    context = {"status": status.value, "team_id": session.team_id}
    metrics.record(tx, "session", job_id, "duration_seconds", duration_s, context)
    metrics.record(tx, "session", job_id, "iterations", float(session.iteration_count), context)
    return True
