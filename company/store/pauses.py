"""Table ``pauses``: what may not start at present. A scope is 'all', 'team:<id>', 'repository:<name>' or
'runner:<name>'."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Pause:
    """One row; the columns' meanings stand in schema.sql."""

    scope: str
    reason: str
    paused_by: str
    paused_at: str
    until_at: str | None

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Pause":
        """Read a row of the table."""
        return record_from(cls, row)


def pause(tx: "Transaction", scope: str, *, by: str, reason: str = "", until_at: str | None = None) -> bool:
    """Pause a scope; False when it is paused already, and then nothing changes. One that ran out is none."""
    tx.execute("DELETE FROM pauses WHERE scope = :scope AND until_at <= :now", scope=scope, now=tx.now_iso)
    row = {"scope": scope, "reason": reason, "paused_by": by, "paused_at": tx.now_iso, "until_at": until_at}
    return tx.insert_new("pauses", row)


def resume(tx: "Transaction", scope: str) -> bool:
    """Let a scope go on; False when it was not paused."""
    is_paused = scope in {one.scope for one in list_pauses(tx)}
    tx.delete("pauses", {"scope": scope})
    return is_paused


def list_pauses(tx: "Reading") -> list[Pause]:
    """List what is paused now, oldest first."""
    rows = tx.all(
        "SELECT * FROM pauses WHERE until_at IS NULL OR until_at > :now ORDER BY paused_at, scope",
        now=tx.now_iso,
    )
    return [Pause.from_row(row) for row in rows]
