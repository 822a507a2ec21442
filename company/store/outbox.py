"""Table ``outbox``: words on their way to Slack, written in the transaction of the event they tell.

A row holds facts, never wording. It is delivered at least once: claimed, sent, and marked; a claim whose
deliverer died is taken again after a while.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import facts, record_from

if TYPE_CHECKING:
    from company.store.gate import Reading, Transaction

#: kinds that are one message, edited as it goes: of those still waiting only the newest state is delivered
EDITED_KINDS = ("job",)


@dataclass(frozen=True, kw_only=True)
class Word:
    """One row; the columns' meanings stand in schema.sql."""

    id: int
    kind: str
    subject_id: str
    dedup_key: str
    payload: Mapping[str, Any]
    status: str
    channel_id: str | None
    thread_ts: str | None
    message_ts: str | None
    attempts: int
    last_error: str | None
    not_before_at: str | None
    claimed_at: str | None
    created_at: str
    sent_at: str | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Word":
        """Read a row of the table."""
        return record_from(cls, row, payload=facts(row["payload"]))


def say(
    tx: "Transaction",
    *,
    kind: str,
    subject_id: str,
    dedup_key: str,
    payload: Mapping[str, Any],
    channel_id: str | None = None,
    thread_ts: str | None = None,
) -> bool:
    """Queue words, once a ``dedup_key``; False when they were queued before, and then nothing changes."""
    is_new = tx.insert_new(
        "outbox",
        {
            "kind": kind,
            "subject_id": subject_id,
            "dedup_key": dedup_key,
            "payload": payload,
            "channel_id": channel_id,
            "thread_ts": thread_ts,
            "created_at": tx.now_iso,
        },
    )
    if is_new and kind in EDITED_KINDS:
        tx.execute(
            "UPDATE outbox SET status = 'superseded' WHERE subject_id = :subject_id AND kind = :kind "
            "AND status = 'pending' AND dedup_key <> :dedup_key",
            subject_id=subject_id,
            kind=kind,
            dedup_key=dedup_key,
        )
    return is_new


def claim(tx: "Transaction", *, limit: int, stale_before: str) -> list[Word]:
    """Take the oldest words that may go now, at most ``limit``, and those claimed before ``stale_before``."""
    rows = tx.all(
        "SELECT id FROM outbox WHERE (status = 'pending' AND (not_before_at IS NULL OR not_before_at <= :now)) "
        "OR (status = 'claimed' AND claimed_at < :stale_before) ORDER BY id LIMIT :limit",
        now=tx.now_iso,
        stale_before=stale_before,
        limit=limit,
    )
    ids = tuple(row["id"] for row in rows)
    if not ids:
        return []
    tx.update("outbox", {"status": "claimed", "claimed_at": tx.now_iso}, {"id": ids})
    return [
        Word.from_row(row) for row in tx.all("SELECT * FROM outbox WHERE id IN :ids ORDER BY id", ids=ids)
    ]


def mark_sent(tx: "Transaction", word_id: int, message_ts: str | None) -> bool:
    """Note that claimed words arrived, as which message; False when they are not claimed."""
    row = {"status": "sent", "message_ts": message_ts, "sent_at": tx.now_iso, "last_error": None}
    return tx.update("outbox", row, {"id": word_id, "status": "claimed"}) == 1


def put_back(tx: "Transaction", word_id: int, error: str, *, not_before_at: str | None) -> bool:
    """Put claimed words back to be tried again, not before a time; None gives them up for good."""
    status = "dead" if not_before_at is None else "pending"
    changed = tx.execute(
        "UPDATE outbox SET status = :status, attempts = attempts + 1, last_error = :error, "
        "not_before_at = :not_before_at WHERE id = :id AND status = 'claimed'",
        status=status,
        error=error,
        not_before_at=not_before_at,
        id=word_id,
    )
    return changed == 1


def newest_id(tx: "Reading") -> int:
    """Return the id of the newest words; 0 while there are none."""
    return int(tx.value("SELECT COALESCE(max(id), 0) FROM outbox"))


def after(tx: "Reading", word_id: int) -> list[Word]:
    """Return the words queued after ``word_id``, oldest first, whatever became of them."""
    rows = tx.all("SELECT * FROM outbox WHERE id > :word_id ORDER BY id", word_id=word_id)
    return [Word.from_row(row) for row in rows]


def of_subject(tx: "Reading", subject_id: str, kind: str | None = None) -> list[Word]:
    """Return all words about a subject, oldest first."""
    rows = tx.all(
        "SELECT * FROM outbox WHERE subject_id = :subject_id AND kind = COALESCE(:kind, kind) ORDER BY id",
        subject_id=subject_id,
        kind=kind,
    )
    return [Word.from_row(row) for row in rows]
