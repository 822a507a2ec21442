"""Table ``lessons_learned``: what is worth remembering, once a category and title."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.ids import new_id
from company.store.records import record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    category: str
    title: str
    description: str
    source: str
    times_encountered: int
    is_automated: bool
    automated_via: str | None
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Lesson":
        """Read a row of the table."""
        return record_from(cls, row, is_automated=bool(row["is_automated"]))


def learn(tx: "Transaction", *, category: str, title: str, description: str, source: str, times: int) -> bool:
    """Remember a lesson met ``times`` times in all; say whether anything is new.

    ``times`` counts facts, so learning the same again changes nothing, and it never goes down.
    """
    changed = tx.execute(
        "INSERT INTO lessons_learned (id, category, title, description, source, times_encountered, "
        "created_at, updated_at) VALUES (:id, :category, :title, :description, :source, :times, :now, :now) "
        "ON CONFLICT (category, title) DO UPDATE SET times_encountered = excluded.times_encountered, "
        "description = excluded.description, source = excluded.source, updated_at = excluded.updated_at "
        "WHERE excluded.times_encountered > lessons_learned.times_encountered",
        id=new_id("lesson"),
        category=category,
        title=title,
        description=description,
        source=source,
        times=times,
        now=tx.now_iso,
    )
    return changed == 1


def mark_automated(tx: "Transaction", lesson_id: str, via: str) -> bool:
    """Note that a lesson needs nobody's memory any more; False when it was noted before."""
    row = {"is_automated": 1, "automated_via": via, "updated_at": tx.now_iso}
    return tx.update("lessons_learned", row, {"id": lesson_id, "is_automated": 0}) == 1


def list_lessons(tx: "Reading", *, limit: int = 50) -> list[Lesson]:
    """List lessons, most often met first."""
    rows = tx.all(
        "SELECT * FROM lessons_learned ORDER BY times_encountered DESC, updated_at DESC, id LIMIT :limit",
        limit=limit,
    )
    return [Lesson.from_row(row) for row in rows]
