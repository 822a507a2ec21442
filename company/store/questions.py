"""Table ``questions``: what agents ask people. Answered once, by whoever is first."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.store.records import found, record_from, strings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Question:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    session_id: str
    task_id: str | None
    agent_id: str
    kind: str
    question: str
    options: tuple[str, ...]
    default_answer: str | None
    status: str
    answer: str | None
    answered_by: str | None
    asked_at: str
    expires_at: str | None
    answered_at: str | None

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Question":
        """Read a row of the table."""
        return record_from(cls, row, options=strings(row["options"]))


def ask(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add a question unless its id is there; say whether it was added."""
    return tx.insert_new("questions", {"asked_at": tx.now_iso, **row})


def get(tx: "Reading", question_id: str) -> Question:
    """Return a question. Raises NotFound."""
    row = tx.one("SELECT * FROM questions WHERE id = :id", id=question_id)
    return Question.from_row(found(row, "questions", question_id))


def open_of(tx: "Reading", session_id: str) -> list[Question]:
    """Return the questions of a job that wait for an answer, oldest first."""
    rows = tx.all(
        "SELECT * FROM questions WHERE session_id = :session_id AND status = 'open' ORDER BY asked_at, id",
        session_id=session_id,
    )
    return [Question.from_row(row) for row in rows]


def of_session(tx: "Reading", session_id: str) -> list[Question]:
    """Return all questions of a job, oldest first."""
    rows = tx.all(
        "SELECT * FROM questions WHERE session_id = :session_id ORDER BY asked_at, id", session_id=session_id
    )
    return [Question.from_row(row) for row in rows]


def answer(tx: "Transaction", question_id: str, text: str, by: str) -> bool:
    """Answer an open question; False when it is not open any more."""
    row = {"status": "answered", "answer": text, "answered_by": by, "answered_at": tx.now_iso}
    return tx.update("questions", row, {"id": question_id, "status": "open"}) == 1


def open_ones(tx: "Reading") -> list[Question]:
    """Return every question that waits for an answer, oldest first."""
    rows = tx.all("SELECT * FROM questions WHERE status = 'open' ORDER BY asked_at, id")
    return [Question.from_row(row) for row in rows]


def expire_one(tx: "Transaction", question_id: str) -> bool:
    """Close an open question with its default answer where it has one; False when it is not open any more."""
    changed = tx.execute(
        "UPDATE questions SET status = 'expired', answer = default_answer, answered_at = :now "
        "WHERE id = :id AND status = 'open'",
        id=question_id,
        now=tx.now_iso,
    )
    return changed == 1


def expire(tx: "Transaction") -> int:
    """Close the open questions whose time is over, with their default answer where they have one."""
    return tx.execute(
        "UPDATE questions SET status = 'expired', answer = default_answer, answered_at = :now "
        "WHERE status = 'open' AND expires_at <= :now",
        now=tx.now_iso,
    )


def expire_of(tx: "Transaction", session_id: str) -> int:
    """Close the open questions of a job that ended; return how many there were."""
    row = {"status": "expired", "answered_at": tx.now_iso}
    return tx.update("questions", row, {"session_id": session_id, "status": "open"})
