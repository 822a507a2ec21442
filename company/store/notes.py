"""Tables ``session_notes`` and ``session_mutes``: what people say to a job beside its priority, and where not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from company.store.records import record_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Note:
    """One row; the columns' meanings stand in schema.sql."""

    id: int
    session_id: str
    kind: str
    author: str
    body: str
    delivery_id: str | None
    created_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Note":
        """Read a row of the table."""
        return record_from(cls, row)


@dataclass(frozen=True, kw_only=True)
class Mute:
    """One row; the columns' meanings stand in schema.sql."""

    session_id: str
    muted_by: str
    muted_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Mute":
        """Read a row of the table."""
        return record_from(cls, row)


def add(
    tx: "Transaction", session_id: str, *, kind: str, author: str, body: str, delivery_id: str | None = None
) -> bool:
    """Add a note; False when this delivery was noted before."""
    row = {
        "session_id": session_id,
        "kind": kind,
        "author": author,
        "body": body,
        "delivery_id": delivery_id,
        "created_at": tx.now_iso,
    }
    return tx.insert_new("session_notes", row)


def of_session(tx: "Reading", session_id: str) -> list[Note]:
    """Return the notes of a job, oldest first."""
    rows = tx.all("SELECT * FROM session_notes WHERE session_id = :id ORDER BY id", id=session_id)
    return [Note.from_row(row) for row in rows]


def copy(tx: "Transaction", from_id: str, to_id: str) -> None:
    """Give one job's notes to another: its retry should know what it knew."""
    tx.execute(
        "INSERT INTO session_notes (session_id, kind, author, body, created_at) "
        "SELECT :to_id, kind, author, body, created_at FROM session_notes WHERE session_id = :from_id ORDER BY id",
        to_id=to_id,
        from_id=from_id,
    )


def mute(tx: "Transaction", session_id: str, *, by: str) -> bool:
    """Mute a job's thread; False when it is muted already."""
    return tx.insert_new("session_mutes", {"session_id": session_id, "muted_by": by, "muted_at": tx.now_iso})


def unmute(tx: "Transaction", session_id: str) -> bool:
    """Listen to a job's thread again; False when it was not muted."""
    return tx.delete("session_mutes", {"session_id": session_id}) == 1


def find_mute(tx: "Reading", session_id: str) -> Mute | None:
    """Return who muted a job's thread and when; None while it is not muted."""
    row = tx.one("SELECT * FROM session_mutes WHERE session_id = :id", id=session_id)
    return None if row is None else Mute.from_row(row)
