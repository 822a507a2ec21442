"""Table ``llm_usage``: one row a measured call of a model; what jobs cost is summed from it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One row; the columns' meanings stand in schema.sql."""

    id: int
    task_id: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    is_estimate: bool
    duration_ms: int
    used_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Usage":
        """Read a row of the table."""
        return record_from(cls, row, is_estimate=bool(row["is_estimate"]))


@dataclass(frozen=True, kw_only=True)
class ModelTotal:
    """What one model was used for and what it cost."""

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    duration_ms: int


def record(tx: "Transaction", row: "Mapping[str, Any]") -> None:
    """Add one call, and its cost to the job's."""
    tx.insert("llm_usage", {"used_at": tx.now_iso, **row})
    tx.execute(
        "UPDATE sessions SET cost_usd = cost_usd + :cost "
        "WHERE id = (SELECT session_id FROM tasks WHERE id = :task_id)",
        cost=float(row.get("cost_usd", 0.0)),
        task_id=row["task_id"],
    )


def record_once(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add one call unless the task has one of that moment (``used_at``); say whether it was added."""
    known = "SELECT 1 FROM llm_usage WHERE task_id = :task_id AND used_at = :used_at"
    if tx.one(known, task_id=row["task_id"], used_at=row["used_at"]) is not None:
        return False
    record(tx, row)
    return True


def of_task(tx: "Reading", task_id: str) -> list[Usage]:
    """Return the calls of one task, oldest first."""
    rows = tx.all("SELECT * FROM llm_usage WHERE task_id = :task_id ORDER BY used_at, id", task_id=task_id)
    return [Usage.from_row(row) for row in rows]


def cost_between(tx: "Reading", since: str, until: str) -> float:
    """Sum the dollars spent at or after ``since`` and before ``until``."""
    spent = tx.value(
        "SELECT sum(cost_usd) FROM llm_usage WHERE used_at >= :since AND used_at < :until",
        since=since,
        until=until,
    )
    return float(spent or 0)


def cost_by_agent(tx: "Reading") -> dict[str, float]:
    """Sum the dollars spent per agent. Agents without a call are left out."""
    rows = tx.all(
        "SELECT t.agent_id, sum(u.cost_usd) AS cost_usd FROM llm_usage u JOIN tasks t ON t.id = u.task_id "
        "GROUP BY t.agent_id"
    )
    return {row["agent_id"]: float(row["cost_usd"]) for row in rows}


def by_model(tx: "Reading", since: str = "") -> list[ModelTotal]:
    """Sum the calls at or after ``since`` per model, dearest first."""
    rows = tx.all(
        "SELECT model, count(*) AS calls, sum(input_tokens) AS input_tokens, "
        "sum(output_tokens) AS output_tokens, sum(cost_usd) AS cost_usd, sum(duration_ms) AS duration_ms "
        "FROM llm_usage WHERE used_at >= :since GROUP BY model ORDER BY cost_usd DESC, model",
        since=since,
    )
    return [ModelTotal(**row) for row in rows]


def cost_by_agent_since(tx: "Reading", since: str) -> "list[dict[str, Any]]":
    """Sum the dollars spent at or after ``since`` per agent (``agent_id``, ``name``, ``cost_usd``), dearest first."""
    return tx.all(
        "SELECT a.id AS agent_id, a.name, sum(u.cost_usd) AS cost_usd FROM llm_usage u "
        "JOIN tasks t ON t.id = u.task_id JOIN agents a ON a.id = t.agent_id WHERE u.used_at >= :since "
        "GROUP BY a.id, a.name ORDER BY cost_usd DESC, a.id",
        since=since,
    )


def has_estimates(tx: "Reading", since: str) -> bool:
    """Say whether a cost since then was estimated rather than reported."""
    return (
        tx.one("SELECT 1 FROM llm_usage WHERE used_at >= :since AND is_estimate = 1", since=since) is not None
    )
