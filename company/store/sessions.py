"""Table ``sessions``: one row a job. Statuses change here, conditionally, and nowhere else."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import found, mappings, record_from, strings
from company.work.job import EXIT_CODE, JobStatus, may_come_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Session:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    team_id: str
    title: str
    status: JobStatus
    phase: str
    target_repo: str | None
    priority_file: str
    priority_text: str
    start_key: str
    priority: int
    depends_on: tuple[str, ...]
    branch_name: str | None
    base_branch: str | None
    base_commit: str | None
    head_commit: str | None
    pr_url: str | None
    pr_number: int | None
    pr_state: str | None
    pr_complaints: "tuple[Mapping[str, Any], ...]"
    pr_request: str | None
    pr_requested_by: str | None
    pr_error: str | None
    model: str | None
    max_iterations: int | None
    budget_usd: float | None
    cost_usd: float
    iteration_count: int
    exit_code: int | None
    outcome: str | None
    requested_by: str
    surface: str
    channel_id: str | None
    thread_ts: str | None
    schedule_id: str | None
    retry_of: str | None
    follows: str | None
    stop_requested_by: str | None
    stop_requested_at: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    updated_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Session":
        """Read a row of the table."""
        return record_from(
            cls,
            row,
            status=JobStatus(row["status"]),
            depends_on=strings(row["depends_on"]),
            pr_complaints=mappings(row["pr_complaints"]),
        )


def insert_pending(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add a job, pending; False when its ``start_key`` has a job already, and then nothing is added."""
    times = {"created_at": tx.now_iso, "updated_at": tx.now_iso}
    return tx.insert_new("sessions", {**times, **row, "status": JobStatus.PENDING})


def get(tx: "Reading", session_id: str) -> Session:
    """Return a job. Raises NotFound."""
    row = tx.one("SELECT * FROM sessions WHERE id = :id", id=session_id)
    return Session.from_row(found(row, "sessions", session_id))


def find_by_start_key(tx: "Reading", start_key: str) -> Session | None:
    """Return the job that ``start_key`` started, if it did."""
    row = tx.one("SELECT * FROM sessions WHERE start_key = :start_key", start_key=start_key)
    return None if row is None else Session.from_row(row)


def find_newest_by_start_key(tx: "Reading", prefix: str, since: str) -> Session | None:
    """Return the newest job created at or after ``since`` whose start key begins with ``prefix``.

    For dropped files: ``file:<sha256>:`` is one content, and the same content within a window is one job.
    """
    row = tx.one(
        "SELECT * FROM sessions WHERE start_key >= :prefix AND start_key < :beyond AND created_at >= :since "
        "ORDER BY created_at DESC, id DESC LIMIT 1",
        prefix=prefix,
        beyond=prefix + "\U0010ffff",
        since=since,
    )
    return None if row is None else Session.from_row(row)


def count_by_start_key(tx: "Reading", prefix: str) -> int:
    """Count the jobs whose start key begins with ``prefix``: the next number of a key that ends in one."""
    return int(
        tx.value(
            "SELECT count(*) FROM sessions WHERE start_key >= :prefix AND start_key < :beyond",
            prefix=prefix,
            beyond=prefix + "\U0010ffff",
        )
    )


def move(tx: "Transaction", session_id: str, wanted: JobStatus, **changes: Any) -> bool:
    """Move a job to ``wanted`` where it may come from; False when it may not, and then nothing changes.

    What belongs to the move is set unless ``changes`` says otherwise: the first start, the end with exit code
    and duration, or, for a blocked job that goes on, no end.
    """
    row = {**_belongings(tx, session_id, wanted), **changes, "status": wanted, "updated_at": tx.now_iso}
    return tx.update("sessions", row, {"id": session_id, "status": may_come_from(wanted)}) == 1


def _belongings(tx: "Transaction", session_id: str, wanted: JobStatus) -> dict[str, Any]:
    started_at = tx.value("SELECT started_at FROM sessions WHERE id = :id", id=session_id)
    if wanted is JobStatus.IN_PROGRESS:
        no_end = dict.fromkeys(("exit_code", "outcome", "completed_at", "duration_seconds"))
        return {**no_end, "started_at": started_at or tx.now_iso}
    duration_s = tx.seconds_since(started_at) if started_at else None
    return {"exit_code": EXIT_CODE[wanted], "completed_at": tx.now_iso, "duration_seconds": duration_s}


def set_phase(tx: "Transaction", session_id: str, phase: str, **changes: Any) -> bool:
    """Say where a job in progress is, with what was found out there; False when it is not in progress."""
    if "status" in changes:
        raise ValueError("a status changes by move() only")
    row = {**changes, "phase": phase, "updated_at": tx.now_iso}
    return tx.update("sessions", row, {"id": session_id, "status": JobStatus.IN_PROGRESS}) == 1


def annotate(tx: "Transaction", session_id: str, **changes: Any) -> bool:
    """Note facts about a job in any status, never the status itself; False when there is no such job."""
    if "status" in changes:
        raise ValueError("a status changes by move() only")
    return tx.update("sessions", {**changes, "updated_at": tx.now_iso}, {"id": session_id}) == 1


def request_stop(tx: "Transaction", session_id: str, by: str) -> bool:
    """Note that ``by`` wants a job in progress stopped; False when it is not, or somebody asked before."""
    row = {"stop_requested_by": by, "stop_requested_at": tx.now_iso, "updated_at": tx.now_iso}
    where = {"id": session_id, "status": JobStatus.IN_PROGRESS, "stop_requested_at": None}
    return tx.update("sessions", row, where) == 1


def list_sessions(
    tx: "Reading",
    status: "JobStatus | tuple[JobStatus, ...] | None" = None,
    *,
    limit: int = 50,
    before: tuple[str, str] | None = None,
) -> list[Session]:
    """List jobs, newest first. ``before`` is (created_at, id) of the last one seen: the next page."""
    conditions, params = ["1 = 1"], dict[str, Any]()
    if status is not None:
        conditions.append("status IN :statuses")
        params["statuses"] = status if isinstance(status, tuple) else (status,)
    if before is not None:
        conditions.append("(created_at < :created_at OR (created_at = :created_at AND id < :id))")
        params["created_at"], params["id"] = before
    sql = (
        f"SELECT * FROM sessions WHERE {' AND '.join(conditions)} "  # noqa: S608 - conditions are ours
        "ORDER BY created_at DESC, id DESC LIMIT :limit"
    )
    return [Session.from_row(row) for row in tx.all(sql, **params, limit=limit)]


def pending_and_running(tx: "Reading") -> tuple[list[Session], list[Session]]:
    """Return what waits, in the order it should start (priority, time, id), and what is in progress."""
    rows = tx.all(
        "SELECT * FROM sessions WHERE status IN :statuses ORDER BY priority, created_at, id",
        statuses=(JobStatus.PENDING, JobStatus.IN_PROGRESS),
    )
    read = [Session.from_row(row) for row in rows]
    pending = [session for session in read if session.status is JobStatus.PENDING]
    return pending, [session for session in read if session.status is JobStatus.IN_PROGRESS]


def place_thread(tx: "Transaction", session_id: str, channel_id: str, thread_ts: str) -> None:
    """Note where a job is told, unless that is known."""
    row = {"channel_id": channel_id, "thread_ts": thread_ts, "updated_at": tx.now_iso}
    tx.update("sessions", row, {"id": session_id, "thread_ts": None})


def leave_thread(tx: "Transaction", session_id: str) -> None:
    """Forget where a job was to be told: Slack does not take it there."""
    row = {"channel_id": None, "thread_ts": None, "updated_at": tx.now_iso}
    tx.update("sessions", row, {"id": session_id})
