"""Table ``repositories``: what the company may work on; kept in step with config.yaml."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import found, record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Repository:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    name: str
    path: str | None
    github_url: str | None
    team_id: str | None
    default_branch: str | None
    is_active: bool
    last_synced_at: str | None
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Repository":
        """Read a row of the table."""
        return record_from(cls, row, is_active=bool(row["is_active"]))


def insert_new(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add a repository unless its id or name is there; say whether it was added."""
    return tx.insert_new("repositories", {"created_at": tx.now_iso, "updated_at": tx.now_iso, **row})


def get(tx: "Reading", repository_id: str) -> Repository:
    """Return a repository. Raises NotFound."""
    row = tx.one("SELECT * FROM repositories WHERE id = :id", id=repository_id)
    return Repository.from_row(found(row, "repositories", repository_id))


def find(tx: "Reading", target: str) -> Repository | None:
    """Return the active repository that ``target`` means: its name, path or URL; None: not one of ours."""
    row = tx.one(
        "SELECT * FROM repositories WHERE is_active = 1 AND :target IN (name, path, github_url) "
        "ORDER BY CASE WHEN name = :target THEN 0 ELSE 1 END, id LIMIT 1",
        target=target,
    )
    return None if row is None else Repository.from_row(row)


def list_repositories(tx: "Reading", *, include_inactive: bool = False) -> list[Repository]:
    """List repositories by name."""
    rows = tx.all(
        "SELECT * FROM repositories WHERE is_active >= :least ORDER BY name, id",
        least=0 if include_inactive else 1,
    )
    return [Repository.from_row(row) for row in rows]


def edit(tx: "Transaction", repository_id: str, **changes: Any) -> bool:
    """Change a repository; False when there is no such."""
    return tx.update("repositories", {**changes, "updated_at": tx.now_iso}, {"id": repository_id}) == 1


def mark_synced(tx: "Transaction", target: str | None) -> None:
    """Note that a target was just fetched; one that is not in the table is nobody's business."""
    repository = find(tx, target) if target else None
    if repository is not None:
        tx.update("repositories", {"last_synced_at": tx.now_iso}, {"id": repository.id})
