"""Table ``metrics``: numbers measured about something, with their context."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import facts, record_from

if TYPE_CHECKING:
    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One row; the columns' meanings stand in schema.sql."""

    id: int
    entity_type: str
    entity_id: str
    metric_name: str
    metric_value: float
    context: Mapping[str, Any]
    recorded_at: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Metric":
        """Read a row of the table."""
        return record_from(cls, row, context=facts(row["context"]))


def record(
    tx: "Transaction",
    entity_type: str,
    entity_id: str,
    name: str,
    value: float,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Add one measurement."""
    tx.insert(
        "metrics",
        {
            "entity_type": entity_type,
            "entity_id": entity_id,
            "metric_name": name,
            "metric_value": float(value),
            "context": dict(context or {}),
            "recorded_at": tx.now_iso,
        },
    )


def of_entity(tx: "Reading", entity_type: str, entity_id: str, name: str | None = None) -> list[Metric]:
    """Return the measurements of one entity, of one name or all, oldest first."""
    rows = tx.all(
        "SELECT * FROM metrics WHERE entity_type = :entity_type AND entity_id = :entity_id "
        "AND metric_name = COALESCE(:name, metric_name) ORDER BY recorded_at, id",
        entity_type=entity_type,
        entity_id=entity_id,
        name=name,
    )
    return [Metric.from_row(row) for row in rows]
