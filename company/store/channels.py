"""Table ``channel_marks``: how far the bot has read each Slack channel."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from company.store.records import record_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One row; the columns' meanings stand in schema.sql."""

    channel_id: str
    kind: str
    seen_ts: str
    updated_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Mark":
        """Read a row of the table."""
        return record_from(cls, row)


def move_mark(tx: "Transaction", channel_id: str, kind: str, seen_ts: str) -> None:
    """Note that a channel was read up to ``seen_ts``; a mark never moves back."""
    tx.execute(
        "INSERT INTO channel_marks (channel_id, kind, seen_ts, updated_at) "
        "VALUES (:channel_id, :kind, :seen_ts, :now) ON CONFLICT (channel_id) DO UPDATE SET "
        "seen_ts = excluded.seen_ts, updated_at = excluded.updated_at WHERE channel_marks.seen_ts < excluded.seen_ts",
        channel_id=channel_id,
        kind=kind,
        seen_ts=seen_ts,
        now=tx.now_iso,
    )


def list_marks(tx: "Reading") -> list[Mark]:
    """List every channel that was read."""
    return [Mark.from_row(row) for row in tx.all("SELECT * FROM channel_marks ORDER BY channel_id")]
