"""Table ``schedules``: what starts by itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import found, record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class ScheduleRow:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    name: str
    action: str
    expression: str
    time_zone: str
    priority_text: str | None
    agent_id: str | None
    is_paused: bool
    is_active: bool
    last_slot_at: str | None
    created_by: str
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "ScheduleRow":
        """Read a row of the table."""
        return record_from(cls, row, is_paused=bool(row["is_paused"]), is_active=bool(row["is_active"]))


def insert_new(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add a schedule unless its id or name is there, removed or not; say whether it was added."""
    return tx.insert_new("schedules", {"created_at": tx.now_iso, "updated_at": tx.now_iso, **row})


def get(tx: "Reading", schedule_id: str) -> ScheduleRow:
    """Return a schedule, removed or not. Raises NotFound."""
    row = tx.one("SELECT * FROM schedules WHERE id = :id", id=schedule_id)
    return ScheduleRow.from_row(found(row, "schedules", schedule_id))


def find(tx: "Reading", words: str) -> ScheduleRow | None:
    """Return the schedule people mean by its id or name, removed or not; None: no such."""
    row = tx.one("SELECT * FROM schedules WHERE :words IN (id, name)", words=words.strip())
    return None if row is None else ScheduleRow.from_row(row)


def list_schedules(tx: "Reading", *, include_removed: bool = False) -> list[ScheduleRow]:
    """List schedules by name, paused ones too."""
    rows = tx.all(
        "SELECT * FROM schedules WHERE is_active >= :least ORDER BY name, id",
        least=0 if include_removed else 1,
    )
    return [ScheduleRow.from_row(row) for row in rows]


def edit(tx: "Transaction", schedule_id: str, **changes: Any) -> bool:
    """Change a schedule, removed or not; False when there is no such."""
    return tx.update("schedules", {**changes, "updated_at": tx.now_iso}, {"id": schedule_id}) == 1


def set_paused(tx: "Transaction", schedule_id: str, *, is_paused: bool) -> bool:
    """Pause a schedule or let it go on; False when it is so already, or removed."""
    where = {"id": schedule_id, "is_active": 1, "is_paused": int(not is_paused)}
    return tx.update("schedules", {"is_paused": is_paused, "updated_at": tx.now_iso}, where) == 1


def remove(tx: "Transaction", schedule_id: str) -> bool:
    """Remove a schedule for good (its row stays, so that config.yaml does not bring it back)."""
    row = {"is_active": 0, "updated_at": tx.now_iso}
    return tx.update("schedules", row, {"id": schedule_id, "is_active": 1}) == 1


def mark_slot(tx: "Transaction", schedule_id: str, slot_at: str) -> bool:
    """Note a slot as started or passed over; False when it, or a newer one, was noted before."""
    changed = tx.execute(
        "UPDATE schedules SET last_slot_at = :slot_at WHERE id = :id "
        "AND (last_slot_at IS NULL OR last_slot_at < :slot_at)",
        slot_at=slot_at,
        id=schedule_id,
    )
    return changed == 1
