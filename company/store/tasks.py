"""Table ``tasks``: one row a run of an agent in an iteration of a job."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.learning.evaluation import FinishedTask
from company.store.records import facts, found, record_from
from company.work.task import TaskStatus, may_come_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Task:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    session_id: str
    agent_id: str
    task_description: str
    task_type: str
    status: TaskStatus
    priority: int
    llm_used: str | None
    runner: str | None
    error_message: str | None
    feedback: "Mapping[str, Any]"
    commit_sha: str | None
    retry_count: int
    created_at: str
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Task":
        """Read a row of the table."""
        return record_from(cls, row, status=TaskStatus(row["status"]), feedback=facts(row["feedback"]))


def insert(tx: "Transaction", row: "Mapping[str, Any]") -> None:
    """Add a task, pending. Raises ConstraintViolated when the agent has one in this iteration."""
    tx.insert("tasks", {"created_at": tx.now_iso, **row})


def insert_new(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add a task unless it is there: same id, or same job, agent and iteration; say whether it was added."""
    return tx.insert_new("tasks", {"created_at": tx.now_iso, **row})


def get(tx: "Reading", task_id: str) -> Task:
    """Return a task. Raises NotFound."""
    row = tx.one("SELECT * FROM tasks WHERE id = :id", id=task_id)
    return Task.from_row(found(row, "tasks", task_id))


def of_session(tx: "Reading", session_id: str) -> list[Task]:
    """Return the tasks of a job: by iteration, then in the order they were made."""
    rows = tx.all(
        "SELECT * FROM tasks WHERE session_id = :session_id ORDER BY retry_count, created_at, id",
        session_id=session_id,
    )
    return [Task.from_row(row) for row in rows]


def move(tx: "Transaction", task_id: str, wanted: TaskStatus, **changes: Any) -> bool:
    """Move a task to ``wanted`` where it may come from; False when it may not, and then nothing changes.

    The start, or the end with its duration, is set unless ``changes`` says otherwise.
    """
    row = {**_belongings(tx, task_id, wanted), **changes, "status": wanted}
    return tx.update("tasks", row, {"id": task_id, "status": may_come_from(wanted)}) == 1


def _belongings(tx: "Transaction", task_id: str, wanted: TaskStatus) -> dict[str, Any]:
    if wanted is TaskStatus.IN_PROGRESS:
        return {"started_at": tx.now_iso}
    started_at = tx.value("SELECT started_at FROM tasks WHERE id = :id", id=task_id)
    duration_s = tx.seconds_since(started_at) if started_at else None
    return {"completed_at": tx.now_iso, "duration_seconds": duration_s}


def note_run(tx: "Transaction", task_id: str, **changes: Any) -> bool:
    """Note what a run left behind (commit_sha, feedback …), never its status; False: no such task."""
    if "status" in changes:
        raise ValueError("a status changes by move() only")
    return tx.update("tasks", changes, {"id": task_id}) == 1


def finished_by_agent(tx: "Reading", since: str = "") -> dict[str, list[FinishedTask]]:
    """Return each agent's finished tasks, ended at or after ``since``, in order of (time, id).

    Only completed and failed ones are finished; a blocked one counts for nobody.
    """
    rows = tx.all(
        "SELECT agent_id, id, completed_at, status, task_type, error_message FROM tasks "
        "WHERE status IN ('completed', 'failed') AND completed_at >= :since ORDER BY completed_at, id",
        since=since,
    )
    by_agent: dict[str, list[FinishedTask]] = {}
    for row in rows:
        by_agent.setdefault(row["agent_id"], []).append(
            FinishedTask(
                recorded_at=row["completed_at"],
                id=row["id"],
                is_success=row["status"] == TaskStatus.COMPLETED,
                task_type=row["task_type"],
                error=row["error_message"] or "",
            )
        )
    return by_agent
