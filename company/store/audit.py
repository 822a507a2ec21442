"""Table ``audit``: who ordered what through which door; refused orders too. Rows are added and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import facts, record_from

if TYPE_CHECKING:
    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row; the columns' meanings stand in schema.sql."""

    id: int
    actor_id: str
    actor_role: str
    surface: str
    action: str
    entity_type: str
    entity_id: str
    outcome: str
    detail: Mapping[str, Any]
    ordered_at: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Entry":
        """Read a row of the table."""
        return record_from(cls, row, detail=facts(row["detail"]))


def write(tx: "Transaction", row: Mapping[str, Any]) -> None:
    """Add an entry; its time is the transaction's."""
    tx.insert("audit", {"ordered_at": tx.now_iso, **row})


def of_entity(tx: "Reading", entity_type: str, entity_id: str) -> list[Entry]:
    """Return what was ordered about one entity, oldest first."""
    rows = tx.all(
        "SELECT * FROM audit WHERE entity_type = :entity_type AND entity_id = :entity_id ORDER BY id",
        entity_type=entity_type,
        entity_id=entity_id,
    )
    return [Entry.from_row(row) for row in rows]


def newest(tx: "Reading", *, limit: int = 50, before_id: int | None = None) -> list[Entry]:
    """List orders, newest first. ``before_id`` is the last one seen: the next page."""
    rows = tx.all(
        "SELECT * FROM audit WHERE id < COALESCE(:before_id, id + 1) ORDER BY id DESC LIMIT :limit",
        before_id=before_id,
        limit=limit,
    )
    return [Entry.from_row(row) for row in rows]


def newest_id(tx: "Reading") -> int:
    """Return the id of the newest order; 0 while there is none."""
    return int(tx.value("SELECT COALESCE(max(id), 0) FROM audit"))


def after(tx: "Reading", order_id: int) -> list[Entry]:
    """List the orders given after ``order_id``, oldest first."""
    rows = tx.all("SELECT * FROM audit WHERE id > :order_id ORDER BY id", order_id=order_id)
    return [Entry.from_row(row) for row in rows]
