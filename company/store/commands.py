"""Table ``user_commands``: every command a person gave, as it was given."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.learning.pattern import Command
from company.store.records import found, record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class UserCommand:
    """One row; the columns' meanings stand in schema.sql."""

    id: int
    command_text: str
    normalized_intent: str
    executed_at: str
    team: str | None
    model: str | None
    priority_file: str | None
    branch_name: str | None
    session_id: str | None
    surface: str
    user_id: str
    channel_id: str | None
    thread_ts: str | None
    delivery_id: str | None
    handled_at: str | None

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "UserCommand":
        """Read a row of the table."""
        return record_from(cls, row)


def record(tx: "Transaction", row: "Mapping[str, Any]") -> int | None:
    """Add a command and return its id; None when this delivery was recorded before."""
    if row.get("delivery_id") is not None and find_by_delivery(tx, row["delivery_id"]) is not None:
        return None
    return tx.insert_id("user_commands", {"executed_at": tx.now_iso, **row})


def find_by_delivery(tx: "Reading", delivery_id: str) -> UserCommand | None:
    """Return the command that came with the platform's ``delivery_id``."""
    row = tx.one("SELECT * FROM user_commands WHERE delivery_id = :delivery_id", delivery_id=delivery_id)
    return None if row is None else UserCommand.from_row(row)


def get(tx: "Reading", command_id: int) -> UserCommand:
    """Return a command. Raises NotFound."""
    row = tx.one("SELECT * FROM user_commands WHERE id = :id", id=command_id)
    return UserCommand.from_row(found(row, "user_commands", str(command_id)))


def annotate(tx: "Transaction", command_id: int, **changes: Any) -> bool:
    """Note what became of a command: its job, file, branch or intent; False when there is no such command."""
    return tx.update("user_commands", changes, {"id": command_id}) == 1


def mark_handled(tx: "Transaction", command_id: int) -> bool:
    """Note that a command was carried out; False when that was noted before."""
    return tx.update("user_commands", {"handled_at": tx.now_iso}, {"id": command_id, "handled_at": None}) == 1


def not_handled(tx: "Reading", since: str) -> list[UserCommand]:
    """Return the commands from Slack since then that were recorded and not carried out, oldest first."""
    rows = tx.all(
        "SELECT * FROM user_commands WHERE executed_at >= :since AND surface = 'slack' AND handled_at IS NULL "
        "AND delivery_id IS NOT NULL ORDER BY executed_at, id",
        since=since,
    )
    return [UserCommand.from_row(row) for row in rows]


def newest(tx: "Reading", *, limit: int = 50, before_id: int | None = None) -> list[UserCommand]:
    """List commands, newest first. ``before_id`` is the last one seen: the next page."""
    rows = tx.all(
        "SELECT * FROM user_commands WHERE id < COALESCE(:before_id, id + 1) ORDER BY id DESC LIMIT :limit",
        before_id=before_id,
        limit=limit,
    )
    return [UserCommand.from_row(row) for row in rows]


def since(tx: "Reading", moment: str) -> list[Command]:
    """Return the commands at or after ``moment`` as detection looks at them, oldest first."""
    rows = tx.all(
        "SELECT id, normalized_intent AS intent, command_text AS text, executed_at FROM user_commands "
        "WHERE executed_at >= :moment ORDER BY executed_at, id",
        moment=moment,
    )
    return [Command(**row) for row in rows]


def askers(tx: "Reading", intent: str) -> set[str]:
    """Return who asked for an intent."""
    rows = tx.all(
        "SELECT DISTINCT user_id FROM user_commands WHERE normalized_intent = :intent", intent=intent
    )
    return {row["user_id"] for row in rows}
