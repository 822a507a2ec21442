"""Table ``rewards``: the ledger. One row a cause, so whatever happens twice is paid once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Reward:
    """One row; the columns' meanings stand in schema.sql."""

    id: int
    entity_type: str
    entity_id: str
    cause: str
    reward_value: float
    reason: str
    issued_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Reward":
        """Read a row of the table."""
        return record_from(cls, row)


def issue(tx: "Transaction", entity_type: str, entity_id: str, cause: str, value: float, reason: str) -> bool:
    """Pay once for ``cause``; False when it was paid before, and then nothing changes."""
    return tx.insert_new(
        "rewards",
        {
            "entity_type": entity_type,
            "entity_id": entity_id,
            "cause": cause,
            "reward_value": float(value),
            "reason": reason,
            "issued_at": tx.now_iso,
        },
    )


def of_entity(tx: "Reading", entity_type: str, entity_id: str) -> list[Reward]:
    """Return what was paid to one entity, oldest first."""
    rows = tx.all(
        "SELECT * FROM rewards WHERE entity_type = :entity_type AND entity_id = :entity_id "
        "ORDER BY issued_at, id",
        entity_type=entity_type,
        entity_id=entity_id,
    )
    return [Reward.from_row(row) for row in rows]


def total(tx: "Reading", entities: Iterable[tuple[str, str]]) -> float:
    """Sum what was paid to entities given as (type, id)."""
    return sum(
        reward.reward_value for kind, key in dict.fromkeys(entities) for reward in of_entity(tx, kind, key)
    )


def total_between(tx: "Reading", since: str, until: str) -> float:
    """Sum what was paid at or after ``since`` and before ``until``."""
    paid = tx.value(
        "SELECT sum(reward_value) FROM rewards WHERE issued_at >= :since AND issued_at < :until",
        since=since,
        until=until,
    )
    return float(paid or 0)


def points_by_agent(tx: "Reading") -> dict[str, float]:
    """Sum per agent what was paid to it and to its tasks. Agents without any are left out."""
    rows = tx.all(
        "SELECT agent_id, sum(reward_value) AS points FROM ("
        "SELECT entity_id AS agent_id, reward_value FROM rewards WHERE entity_type = 'agent' "
        "UNION ALL SELECT t.agent_id, r.reward_value FROM rewards r JOIN tasks t ON t.id = r.entity_id "
        "WHERE r.entity_type = 'task') paid GROUP BY agent_id"
    )
    return {row["agent_id"]: float(row["points"]) for row in rows}
