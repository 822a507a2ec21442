"""Table ``agents``: shipped and hired. Counters are kept by the settlement of each task, never counted again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import found, record_from, strings
from company.work.staff import Duty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class AgentRow:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    team_id: str
    name: str
    role: str
    emoji: str
    duty: Duty
    llm_preference: str
    runner: str | None
    command: tuple[str, ...] | None
    keywords: tuple[str, ...]
    works_after: tuple[str, ...]
    prompt: str | None
    success_rate: float
    total_tasks_completed: int
    total_tasks_failed: int
    avg_duration_seconds: float
    is_active: bool
    hired_by: str | None
    fired_by: str | None
    fired_at: str | None
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "AgentRow":
        """Read a row of the table."""
        return record_from(
            cls,
            row,
            duty=Duty(row["duty"]),
            command=None if row["command"] is None else strings(row["command"]),
            keywords=strings(row["keywords"]),
            works_after=strings(row["works_after"]),
            is_active=bool(row["is_active"]),
        )


def insert_new(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add an agent unless its id is there; say whether it was added. A fired one stays fired."""
    return tx.insert_new("agents", {"created_at": tx.now_iso, "updated_at": tx.now_iso, **row})


def get(tx: "Reading", agent_id: str) -> AgentRow:
    """Return an agent, fired or not. Raises NotFound."""
    row = tx.one("SELECT * FROM agents WHERE id = :id", id=agent_id)
    return AgentRow.from_row(found(row, "agents", agent_id))


def find(tx: "Reading", words: str) -> AgentRow | None:
    """Return the agent people mean by its id, its id without 'agent-' or its name; None: no such.

    Of several with one name: an active one before a fired one, then by id.
    """
    row = tx.one(
        "SELECT * FROM agents WHERE :words IN (id, substr(id, 7), lower(name)) "
        "ORDER BY CASE WHEN id = :words THEN 0 WHEN substr(id, 7) = :words THEN 1 ELSE 2 END, "
        "is_active DESC, id LIMIT 1",
        words=words.strip().lower(),
    )
    return None if row is None else AgentRow.from_row(row)


def list_agents(
    tx: "Reading", *, include_inactive: bool = False, domain: str | None = None
) -> list[AgentRow]:
    """List agents by their team's domain and their name."""
    rows = tx.all(
        "SELECT a.* FROM agents a JOIN teams t ON t.id = a.team_id "
        "WHERE a.is_active >= :least AND t.domain = COALESCE(:domain, t.domain) "
        "ORDER BY t.domain, a.name, a.id",
        least=0 if include_inactive else 1,
        domain=domain,
    )
    return [AgentRow.from_row(row) for row in rows]


def edit(tx: "Transaction", agent_id: str, **changes: Any) -> bool:
    """Change what an agent is; False when there is no such agent."""
    return tx.update("agents", {**changes, "updated_at": tx.now_iso}, {"id": agent_id}) == 1


def fire(tx: "Transaction", agent_id: str, by: str) -> bool:
    """Let an active agent go; False when it is not active."""
    row = {"is_active": 0, "fired_by": by, "fired_at": tx.now_iso, "updated_at": tx.now_iso}
    return tx.update("agents", row, {"id": agent_id, "is_active": 1}) == 1


def rehire(tx: "Transaction", agent_id: str, by: str) -> bool:
    """Take a fired agent back; False when it is not fired. Its counters go on where they stood."""
    row = {"is_active": 1, "hired_by": by, "fired_by": None, "fired_at": None, "updated_at": tx.now_iso}
    return tx.update("agents", row, {"id": agent_id, "is_active": 0}) == 1


def count_outcome(tx: "Transaction", agent_id: str, *, completed: bool, duration_s: float) -> None:
    """Count one finished task: completed or failed, and how long it took. Raises NotFound.

    One statement on the row as it is, so nothing is lost between two settlements; the mean moves by
    ``(x - mean) / n`` (Welford 1962).
    """
    changed = tx.execute(
        "UPDATE agents SET total_tasks_completed = total_tasks_completed + :completed, "
        "total_tasks_failed = total_tasks_failed + :failed, "
        "success_rate = CAST(total_tasks_completed + :completed AS DOUBLE PRECISION) "
        "/ (total_tasks_completed + total_tasks_failed + 1), "
        "avg_duration_seconds = avg_duration_seconds "
        "+ (CAST(:duration_s AS DOUBLE PRECISION) - avg_duration_seconds) "
        "/ (total_tasks_completed + total_tasks_failed + 1), "
        "updated_at = :now WHERE id = :id",
        completed=int(completed),
        failed=int(not completed),
        duration_s=duration_s,
        now=tx.now_iso,
        id=agent_id,
    )
    found({} if changed else None, "agents", agent_id)
