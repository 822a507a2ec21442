"""Table ``teams``."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import found, record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Team:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    name: str
    domain: str
    description: str
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Team":
        """Read a row of the table."""
        return record_from(cls, row)


def insert_new(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add a team unless its id is there; say whether it was added."""
    return tx.insert_new("teams", {"created_at": tx.now_iso, "updated_at": tx.now_iso, **row})


def get(tx: "Reading", team_id: str) -> Team:
    """Return a team. Raises NotFound."""
    row = tx.one("SELECT * FROM teams WHERE id = :id", id=team_id)
    return Team.from_row(found(row, "teams", team_id))


def find(tx: "Reading", words: str) -> Team | None:
    """Return the team people mean by its id, its id without 'team-', its name or its domain; None: no such."""
    row = tx.one(
        "SELECT * FROM teams WHERE :words IN (id, substr(id, 6), lower(name), domain) "
        "ORDER BY CASE WHEN id = :words THEN 0 WHEN substr(id, 6) = :words THEN 1 "
        "WHEN lower(name) = :words THEN 2 ELSE 3 END, id LIMIT 1",
        words=words.strip().lower(),
    )
    return None if row is None else Team.from_row(row)


def list_teams(tx: "Reading") -> list[Team]:
    """List the teams by domain and name."""
    return [Team.from_row(row) for row in tx.all("SELECT * FROM teams ORDER BY domain, name, id")]
