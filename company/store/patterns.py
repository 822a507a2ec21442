"""Table ``patterns``: what keeps happening. Detection adds facts and never changes what a person decided."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.ids import new_id
from company.learning.pattern import PatternType
from company.store.records import found, record_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.learning.pattern import Sighting
    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    pattern_type: PatternType
    subject: str
    title: str
    description: str
    detection_count: int
    confidence_score: float
    status: str
    action_taken: str | None
    first_detected_at: str
    last_detected_at: str
    actioned_at: str | None

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Pattern":
        """Read a row of the table."""
        return record_from(cls, row, pattern_type=PatternType(row["pattern_type"]))


def sight(tx: "Transaction", sighting: "Sighting") -> bool:
    """Store a sighting; False when the row has facts as new, so that looking again changes nothing."""
    changed = tx.execute(
        "INSERT INTO patterns (id, pattern_type, subject, title, description, detection_count, "
        "confidence_score, first_detected_at, last_detected_at) VALUES (:id, :type, :subject, :title, "
        ":description, :count, :confidence, :first_at, :last_at) "
        "ON CONFLICT (pattern_type, subject) DO UPDATE SET title = excluded.title, "
        "description = excluded.description, detection_count = excluded.detection_count, "
        "confidence_score = excluded.confidence_score, last_detected_at = excluded.last_detected_at "
        "WHERE excluded.last_detected_at > patterns.last_detected_at",
        id=new_id("pattern"),
        type=sighting.type,
        subject=sighting.subject,
        title=sighting.title,
        description=sighting.description,
        count=sighting.count,
        confidence=sighting.confidence,
        first_at=sighting.first_at,
        last_at=sighting.last_at,
    )
    return changed == 1


def get(tx: "Reading", pattern_id: str) -> Pattern:
    """Return a pattern. Raises NotFound."""
    row = tx.one("SELECT * FROM patterns WHERE id = :id", id=pattern_id)
    return Pattern.from_row(found(row, "patterns", pattern_id))


def decide(tx: "Transaction", pattern_id: str, status: str, *, action_taken: str | None = None) -> bool:
    """Say what a person makes of a pattern: verified, false_positive or actioned; False: no such pattern."""
    row: dict[str, Any] = {"status": status}
    if action_taken is not None:
        row |= {"action_taken": action_taken, "actioned_at": tx.now_iso}
    return tx.update("patterns", row, {"id": pattern_id}) == 1


def list_patterns(tx: "Reading", *, since: str = "", limit: int = 200) -> list[Pattern]:
    """List patterns with a fact at or after ``since``, newest facts first."""
    rows = tx.all(
        "SELECT * FROM patterns WHERE last_detected_at >= :since "
        "ORDER BY last_detected_at DESC, id DESC LIMIT :limit",
        since=since,
        limit=limit,
    )
    return [Pattern.from_row(row) for row in rows]
