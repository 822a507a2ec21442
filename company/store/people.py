"""Tables ``role_grants`` and ``pairing_codes``: who was given a role by an order, and how the first CEO is known."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from company.store.records import record_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One row; the columns' meanings stand in schema.sql."""

    workspace_id: str
    user_id: str
    role: str
    granted_by: str
    granted_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Grant":
        """Read a row of the table."""
        return record_from(cls, row)


@dataclass(frozen=True, kw_only=True)
class PairingCode:
    """One row; the columns' meanings stand in schema.sql."""

    workspace_id: str
    salt: str
    code_hash: str
    guesses: int
    expires_at: str
    used_by: str | None
    used_at: str | None

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "PairingCode":
        """Read a row of the table."""
        return record_from(cls, row)


def find_grant(tx: "Reading", workspace_id: str, user_id: str) -> Grant | None:
    """Return the role somebody was given, or None."""
    row = tx.one(
        "SELECT * FROM role_grants WHERE workspace_id = :workspace_id AND user_id = :user_id",
        workspace_id=workspace_id,
        user_id=user_id,
    )
    return None if row is None else Grant.from_row(row)


def list_grants(tx: "Reading", workspace_id: str) -> list[Grant]:
    """List who was given a role in a workspace, the first first."""
    rows = tx.all(
        "SELECT * FROM role_grants WHERE workspace_id = :workspace_id ORDER BY granted_at, user_id",
        workspace_id=workspace_id,
    )
    return [Grant.from_row(row) for row in rows]


def all_grants(tx: "Reading") -> list[Grant]:
    """List who was given a role in any workspace, the first first."""
    rows = tx.all("SELECT * FROM role_grants ORDER BY granted_at, user_id")
    return [Grant.from_row(row) for row in rows]


def grant(tx: "Transaction", workspace_id: str, user_id: str, role: str, *, by: str) -> None:
    """Give somebody a role, in place of the one given before."""
    tx.delete("role_grants", {"workspace_id": workspace_id, "user_id": user_id})
    tx.insert(
        "role_grants",
        {
            "workspace_id": workspace_id,
            "user_id": user_id,
            "role": role,
            "granted_by": by,
            "granted_at": tx.now_iso,
        },
    )


def revoke(tx: "Transaction", workspace_id: str, user_id: str) -> bool:
    """Take a given role back; False when there was none."""
    return tx.delete("role_grants", {"workspace_id": workspace_id, "user_id": user_id}) == 1


def keep_code(tx: "Transaction", workspace_id: str, *, salt: str, code_hash: str, expires_at: str) -> None:
    """Keep a new code's hash; the one before opens nothing any more."""
    tx.delete("pairing_codes", {"workspace_id": workspace_id})
    row = {"workspace_id": workspace_id, "salt": salt, "code_hash": code_hash, "expires_at": expires_at}
    tx.insert("pairing_codes", row)


def find_code(tx: "Reading", workspace_id: str) -> PairingCode | None:
    """Return the newest code of a workspace, used or not."""
    row = tx.one("SELECT * FROM pairing_codes WHERE workspace_id = :id", id=workspace_id)
    return None if row is None else PairingCode.from_row(row)


def count_guess(tx: "Transaction", workspace_id: str) -> None:
    """Count a wrong guess."""
    tx.execute("UPDATE pairing_codes SET guesses = guesses + 1 WHERE workspace_id = :id", id=workspace_id)


def use_code(tx: "Transaction", workspace_id: str, *, by: str) -> bool:
    """Use the code up; False when somebody did before."""
    row = {"used_by": by, "used_at": tx.now_iso}
    return tx.update("pairing_codes", row, {"workspace_id": workspace_id, "used_at": None}) == 1
