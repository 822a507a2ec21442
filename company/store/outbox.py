"""Table ``outbox``: words on their way to Slack, written in the transaction of the event they tell.

A row holds facts, never wording. Its deliverer claims it, sends it and marks it; a claim whose deliverer died is taken
again, and then what was sent is looked for before it is sent again (``is_uncertain``).

Words about one subject keep their order: while one of them is under way or waits to be tried again, those behind it
wait too. Edits are no part of that order, only the newest state of a message counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from company.ids import new_id
from company.store.records import facts, record_from

if TYPE_CHECKING:
    from company.store.gate import Reading, Transaction

#: kinds that are one message, edited as it goes: of those still waiting only the newest state is delivered
EDITED_KINDS: Final = ("job", "question", "proposal")
LOOKED_AT_MAX: Final = 500  # waiting rows that one claim looks at, oldest first


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
    delivery_id: str | None
    file_id: str | None
    attempts: int
    is_uncertain: bool
    last_error: str | None
    not_before_at: str | None
    claimed_by: str | None
    claimed_at: str | None
    created_at: str
    sent_at: str | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Word":
        """Read a row of the table."""
        return record_from(cls, row, payload=facts(row["payload"]), is_uncertain=bool(row["is_uncertain"]))

    @property
    def lane(self) -> str:
        """What keeps its order with whom: the job it is about, else its subject."""
        return str(self.payload.get("job_id") or self.subject_id)

    @property
    def is_urgent(self) -> bool:
        """Whether its edit goes before others: an end, or a decision that is open or was taken."""
        waits = bool(self.payload.get("open_questions"))
        return self.kind != "job" or waits or self.payload.get("status") not in ("pending", "in_progress")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Words that were taken to be delivered now."""

    word: Word  #: as it is now; ``is_uncertain`` tells of the attempts before this one
    anchor: "Anchor | None"  #: the message to edit; None: it is to be posted


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A message of ours in Slack."""

    channel_id: str
    message_ts: str


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
        # Not what may be in Slack already: it is found there first, or the newer state would be a second message.
        tx.execute(
            "UPDATE outbox SET status = 'superseded' WHERE subject_id = :subject_id AND kind = :kind "
            "AND status = 'pending' AND is_uncertain = 0 AND dedup_key <> :dedup_key",
            subject_id=subject_id,
            kind=kind,
            dedup_key=dedup_key,
        )
    return is_new


def claim(
    tx: "Transaction", *, by: str, limit: int, edits: int, stale_before: str, own_before: str
) -> list[Claim]:
    """Take the oldest words that may go now: at most ``limit`` posts and ``edits`` edits, urgent ones first.

    A claim made before ``stale_before``, or by ``by`` itself before ``own_before`` (by the process before this one), is
    taken again.
    """
    waiting = [
        Word.from_row(row)
        for row in tx.all(
            "SELECT * FROM outbox WHERE status IN ('pending', 'claimed') ORDER BY id LIMIT :limit",
            limit=LOOKED_AT_MAX,
        )
    ]
    anchors = _anchors(tx, waiting)
    posts, changes = _may_go(waiting, anchors, tx.now_iso, stale_before=stale_before, mine=(by, own_before))
    changes.sort(key=lambda word: (not word.is_urgent, word.id))
    chosen = [*posts[:limit], *changes[:edits]]
    for word in chosen:
        tx.update(
            "outbox",
            {
                "status": "claimed",
                "claimed_by": by,
                "claimed_at": tx.now_iso,
                "is_uncertain": 1,
                "delivery_id": word.delivery_id or new_id("delivery"),
            },
            {"id": word.id},
        )
    now_known = {word.id: word for word in by_id(tx, [word.id for word in chosen])}
    return [
        Claim(
            word=_with_uncertainty(now_known[word.id], is_uncertain=word.is_uncertain),
            anchor=anchors.get((word.kind, word.subject_id)),
        )
        for word in chosen
    ]


def _may_go(
    waiting: Sequence[Word],
    anchors: "Mapping[tuple[str, str], Anchor]",
    now: str,
    *,
    stale_before: str,
    mine: tuple[str, str],
) -> tuple[list[Word], list[Word]]:
    """Return what may be posted and what may be edited now, oldest first."""
    held: set[str] = set()
    under_way: set[tuple[str, str]] = set()
    posts, changes = [], []
    # A job's own message goes first: a newer state of it may have replaced the one that stood before all others.
    for word in sorted(waiting, key=lambda word: (word.kind != "job", word.id)):
        key = (word.kind, word.subject_id)
        is_edit = key in anchors
        is_due = _is_due(word, now, stale_before, mine)
        if is_edit:
            if word.status == "claimed" and not is_due:
                under_way.add(key)
            elif is_due and key not in under_way:
                changes.append(word)
        elif not is_due:
            held.add(word.lane)
        elif word.lane not in held:
            posts.append(word)
            if word.kind in EDITED_KINDS:
                held.add(word.lane)  # what follows it needs to know which message it became
    return posts, changes


def _is_due(word: Word, now: str, stale_before: str, mine: tuple[str, str]) -> bool:
    if word.status == "pending":
        return word.not_before_at is None or word.not_before_at <= now
    claimed_at = word.claimed_at or ""
    return claimed_at < stale_before or (word.claimed_by == mine[0] and claimed_at < mine[1])


def _with_uncertainty(word: Word, *, is_uncertain: bool) -> Word:
    return Word(**{**word.__dict__, "is_uncertain": is_uncertain})


def _anchors(tx: "Reading", words: Iterable[Word]) -> "dict[tuple[str, str], Anchor]":
    subjects = tuple({word.subject_id for word in words if word.kind in EDITED_KINDS})
    if not subjects:
        return {}
    rows = tx.all(
        "SELECT kind, subject_id, channel_id, message_ts FROM outbox WHERE subject_id IN :subjects "
        "AND kind IN :kinds AND status = 'sent' AND message_ts IS NOT NULL AND channel_id IS NOT NULL ORDER BY id",
        subjects=subjects,
        kinds=EDITED_KINDS,
    )
    return {
        (row["kind"], row["subject_id"]): Anchor(channel_id=row["channel_id"], message_ts=row["message_ts"])
        for row in rows
    }


def anchor_of(tx: "Reading", subject_id: str) -> Anchor | None:
    """Return the first message that was sent about a subject: its thread is where the rest belongs."""
    row = tx.one(
        "SELECT channel_id, message_ts FROM outbox WHERE subject_id = :subject_id AND status = 'sent' "
        "AND message_ts IS NOT NULL AND channel_id IS NOT NULL ORDER BY id LIMIT 1",
        subject_id=subject_id,
    )
    return None if row is None else Anchor(**row)


def mark_sent(tx: "Transaction", word_id: int, message_ts: str | None, channel_id: str | None = None) -> bool:
    """Note that claimed words arrived, as which message; False when they are not claimed."""
    row: dict[str, Any] = {
        "status": "sent",
        "message_ts": message_ts,
        "sent_at": tx.now_iso,
        "last_error": None,
        "is_uncertain": 0,
    }
    if channel_id is not None:
        row["channel_id"] = channel_id
    return tx.update("outbox", row, {"id": word_id, "status": "claimed"}) == 1


def put_back(
    tx: "Transaction", word_id: int, error: str, *, not_before_at: str | None, is_uncertain: bool = True
) -> bool:
    """Put claimed words back to be tried again, not before a time; None gives them up for good.

    ``is_uncertain`` False: Slack certainly does not have them.
    """
    status = "dead" if not_before_at is None else "pending"
    changed = tx.execute(
        "UPDATE outbox SET status = :status, attempts = attempts + 1, last_error = :error, "
        "not_before_at = :not_before_at, is_uncertain = :is_uncertain WHERE id = :id AND status = 'claimed'",
        status=status,
        error=error,
        not_before_at=not_before_at,
        is_uncertain=is_uncertain,
        id=word_id,
    )
    return changed == 1


def release(tx: "Transaction", words: Iterable[Word]) -> None:
    """Put claimed words back as they were before: nothing was tried."""
    for word in words:
        row = {"status": "pending", "is_uncertain": int(word.is_uncertain), "claimed_at": None}
        tx.update("outbox", row, {"id": word.id, "status": "claimed"})


def drop(tx: "Transaction", word_id: int, why: str) -> bool:
    """Let claimed words go: nobody needs them any more."""
    row = {"status": "superseded", "last_error": why, "is_uncertain": 0}
    return tx.update("outbox", row, {"id": word_id, "status": "claimed"}) == 1


def forget_place(tx: "Transaction", word_id: int) -> None:
    """Let words be told where the company's news are told: where they belonged, Slack does not take them."""
    tx.update("outbox", {"channel_id": None, "thread_ts": None}, {"id": word_id})


def forget_anchor(tx: "Transaction", kind: str, subject_id: str) -> None:
    """Forget the message about a subject: it was deleted in Slack, and the next state is posted anew."""
    where = {"kind": kind, "subject_id": subject_id, "status": "sent"}
    tx.update("outbox", {"message_ts": None}, where)


def note_file(tx: "Transaction", word_id: int, file_id: str) -> None:
    """Keep the id of a file that is being uploaded."""
    tx.update("outbox", {"file_id": file_id}, {"id": word_id})


def retry_dead(tx: "Transaction", word_ids: Iterable[int]) -> int:
    """Let words that were given up be tried again; return how many."""
    row = {"status": "pending", "not_before_at": None, "attempts": 0}
    return tx.update("outbox", row, {"id": tuple(word_ids), "status": "dead"})


def dead(tx: "Reading", *, limit: int = 50) -> list[Word]:
    """List what could not be delivered, newest first."""
    rows = tx.all("SELECT * FROM outbox WHERE status = 'dead' ORDER BY id DESC LIMIT :limit", limit=limit)
    return [Word.from_row(row) for row in rows]


def drop_older(tx: "Transaction", created_before: str) -> int:
    """Let go of words that are too old to be news: the bot was away, and what they tell is in the lists."""
    return tx.execute(
        "UPDATE outbox SET status = 'superseded', last_error = 'too old to be news' "
        "WHERE status = 'pending' AND created_at < :before AND kind NOT IN ('question', 'proposal')",
        before=created_before,
    )


def is_anything_waiting(tx: "Reading") -> bool:
    """Say whether there are words to be delivered, now or later."""
    return tx.one("SELECT 1 FROM outbox WHERE status IN ('pending', 'claimed') LIMIT 1") is not None


def by_id(tx: "Reading", word_ids: Sequence[int]) -> list[Word]:
    """Return words by their ids, oldest first."""
    rows = (
        tx.all("SELECT * FROM outbox WHERE id IN :ids ORDER BY id", ids=tuple(word_ids)) if word_ids else []
    )
    return [Word.from_row(row) for row in rows]


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
