"""Tables ``leads``, ``campaigns`` and ``content``: what a marketing team produces."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.ids import new_id
from company.store.records import facts, found, record_from, strings

if TYPE_CHECKING:
    from company.store.gate import Reading, Row, Transaction


@dataclass(frozen=True, kw_only=True)
class Lead:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    source: str
    email: str | None
    name: str | None
    company: str | None
    phone: str | None
    status: str
    score: int
    assigned_to: str | None
    notes: str
    session_id: str | None
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Lead":
        """Read a row of the table."""
        return record_from(cls, row)


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    name: str
    type: str
    status: str
    owner: str | None
    channels: tuple[str, ...]
    deliverables: tuple[str, ...]
    metrics: Mapping[str, Any]
    start_date: str | None
    end_date: str | None
    session_id: str | None
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Campaign":
        """Read a row of the table."""
        return record_from(
            cls,
            row,
            channels=strings(row["channels"]),
            deliverables=strings(row["deliverables"]),
            metrics=facts(row["metrics"]),
        )


@dataclass(frozen=True, kw_only=True)
class Content:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    title: str
    type: str
    status: str
    author: str
    campaign_id: str | None
    word_count: int
    seo_score: int | None
    file_path: str | None
    published_url: str | None
    session_id: str | None
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Content":
        """Read a row of the table."""
        return record_from(cls, row)


def insert_lead(tx: "Transaction", row: Mapping[str, Any]) -> bool:
    """Add a lead unless its id is there; say whether it was added. Without an id it gets one."""
    return _insert(tx, "leads", "lead", row)


def insert_campaign(tx: "Transaction", row: Mapping[str, Any]) -> bool:
    """Add a campaign unless its id is there; say whether it was added. Without an id it gets one."""
    return _insert(tx, "campaigns", "campaign", row)


def insert_content(tx: "Transaction", row: Mapping[str, Any]) -> bool:
    """Add a piece unless its id, or this file of this job, is there; say whether it was added."""
    return _insert(tx, "content", "content", row)


def _insert(tx: "Transaction", table: str, kind: str, row: Mapping[str, Any]) -> bool:
    return tx.insert_new(
        table, {"id": new_id(kind), "created_at": tx.now_iso, "updated_at": tx.now_iso, **row}
    )


def get_lead(tx: "Reading", lead_id: str) -> Lead:
    """Return a lead. Raises NotFound."""
    row = tx.one("SELECT * FROM leads WHERE id = :id", id=lead_id)
    return Lead.from_row(found(row, "leads", lead_id))


def get_campaign(tx: "Reading", campaign_id: str) -> Campaign:
    """Return a campaign. Raises NotFound."""
    row = tx.one("SELECT * FROM campaigns WHERE id = :id", id=campaign_id)
    return Campaign.from_row(found(row, "campaigns", campaign_id))


def get_content(tx: "Reading", content_id: str) -> Content:
    """Return a piece. Raises NotFound."""
    row = tx.one("SELECT * FROM content WHERE id = :id", id=content_id)
    return Content.from_row(found(row, "content", content_id))


def edit_lead(tx: "Transaction", lead_id: str, **changes: Any) -> bool:
    """Change a lead; False when there is no such."""
    return tx.update("leads", {**changes, "updated_at": tx.now_iso}, {"id": lead_id}) == 1


def edit_campaign(tx: "Transaction", campaign_id: str, **changes: Any) -> bool:
    """Change a campaign; False when there is no such."""
    return tx.update("campaigns", {**changes, "updated_at": tx.now_iso}, {"id": campaign_id}) == 1


def edit_content(tx: "Transaction", content_id: str, **changes: Any) -> bool:
    """Change a piece; False when there is no such."""
    return tx.update("content", {**changes, "updated_at": tx.now_iso}, {"id": content_id}) == 1


def list_leads(tx: "Reading", *, limit: int = 50, offset: int = 0) -> list[Lead]:
    """List leads, newest first."""
    return [Lead.from_row(row) for row in _page(tx, "leads", limit, offset)]


def list_campaigns(tx: "Reading", *, limit: int = 50, offset: int = 0) -> list[Campaign]:
    """List campaigns, newest first."""
    return [Campaign.from_row(row) for row in _page(tx, "campaigns", limit, offset)]


def list_content(
    tx: "Reading", *, kind: str | None = None, limit: int = 50, offset: int = 0
) -> list[Content]:
    """List pieces of one type or all, newest first."""
    rows = tx.all(
        "SELECT * FROM content WHERE type = COALESCE(:kind, type) "
        "ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset",
        kind=kind,
        limit=limit,
        offset=offset,
    )
    return [Content.from_row(row) for row in rows]


def _page(tx: "Reading", table: str, limit: int, offset: int) -> "list[Row]":
    return tx.all(
        f"SELECT * FROM {table} ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset",  # noqa: S608 - ours
        limit=limit,
        offset=offset,
    )
