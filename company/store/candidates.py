"""Table ``automation_candidates``: repeated intents that could become agents.

Approved once, or dismissed: both are conditional updates of an open candidate, so of many who press at once one wins,
and detection adds to open candidates only.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.ids import new_id
from company.store.records import found, record_from, strings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    pattern_description: str
    normalized_intent: str
    occurrence_count: int
    sample_commands: tuple[str, ...]
    confidence_score: float
    proposed_agent_name: str
    proposed_role: str
    proposed_team_id: str | None
    proposed_schedule: str | None
    is_automated: bool
    agent_id: str | None
    approved_by_user: str | None
    approved_at: str | None
    dismissed_by: str | None
    dismissed_at: str | None
    snoozed_by: str | None
    snoozed_at: str | None
    snoozed_until: str | None
    expires_at: str | None
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: "Mapping[str, Any]") -> "Candidate":
        """Read a row of the table."""
        return record_from(
            cls,
            row,
            sample_commands=strings(row["sample_commands"]),
            is_automated=bool(row["is_automated"]),
        )

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.approved_at is None and self.dismissed_at is None


#: an open candidate, as the WHERE of a conditional update
_OPEN: dict[str, Any] = {"is_automated": 0, "approved_at": None, "dismissed_at": None}


def propose(tx: "Transaction", row: "Mapping[str, Any]") -> bool:
    """Add a candidate, or take other facts into an open one of its intent; say whether it was added.

    The same facts again change nothing, not even a time.
    """
    known = find_by_intent(tx, row["normalized_intent"])
    if known is None:
        times = {"created_at": tx.now_iso, "updated_at": tx.now_iso}
        tx.insert("automation_candidates", {"id": new_id("auto"), **times, **row})
        return True
    found_now = {name: row[name] for name in _FOUND if name in row}
    if any(getattr(known, name) != value for name, value in found_now.items()):
        where = {"id": known.id, **_OPEN}
        tx.update("automation_candidates", {**found_now, "updated_at": tx.now_iso}, where)
    return False


#: what detection finds out; everything else of a candidate is its proposal or a person's decision
_FOUND = ("pattern_description", "occurrence_count", "sample_commands", "confidence_score")


def get(tx: "Reading", candidate_id: str) -> Candidate:
    """Return a candidate. Raises NotFound."""
    row = tx.one("SELECT * FROM automation_candidates WHERE id = :id", id=candidate_id)
    return Candidate.from_row(found(row, "automation_candidates", candidate_id))


def find_by_intent(tx: "Reading", intent: str) -> Candidate | None:
    """Return the candidate of an intent, decided or not."""
    row = tx.one("SELECT * FROM automation_candidates WHERE normalized_intent = :intent", intent=intent)
    return None if row is None else Candidate.from_row(row)


def approve(tx: "Transaction", candidate_id: str, *, agent_id: str, by: str) -> bool:
    """Note that an open candidate became ``agent_id``; False when somebody decided before."""
    row = {
        "is_automated": 1,
        "agent_id": agent_id,
        "approved_by_user": by,
        "approved_at": tx.now_iso,
        "updated_at": tx.now_iso,
    }
    return tx.update("automation_candidates", row, {"id": candidate_id, **_OPEN}) == 1


def dismiss(tx: "Transaction", candidate_id: str, *, by: str) -> bool:
    """Put an open candidate aside for good; False when somebody decided before."""
    row = {"dismissed_by": by, "dismissed_at": tx.now_iso, "updated_at": tx.now_iso}
    return tx.update("automation_candidates", row, {"id": candidate_id, **_OPEN}) == 1


def snooze(tx: "Transaction", candidate_id: str, *, by: str, until: str) -> bool:
    """Put an open candidate off; False when somebody decided before."""
    row = {"snoozed_by": by, "snoozed_at": tx.now_iso, "snoozed_until": until, "updated_at": tx.now_iso}
    return tx.update("automation_candidates", row, {"id": candidate_id, **_OPEN}) == 1


def open_ones(tx: "Reading") -> list[Candidate]:
    """List every candidate that nobody has decided, whether its time is over or it was put off, oldest first."""
    rows = tx.all(
        "SELECT * FROM automation_candidates WHERE is_automated = 0 AND approved_at IS NULL "
        "AND dismissed_at IS NULL ORDER BY created_at, id"
    )
    return [Candidate.from_row(row) for row in rows]


def set_expiry(tx: "Transaction", candidate_id: str, expires_at: str) -> bool:
    """Say when an open candidate's time is over; False when somebody decided before."""
    row = {"expires_at": expires_at, "updated_at": tx.now_iso}
    return tx.update("automation_candidates", row, {"id": candidate_id, **_OPEN}) == 1


def list_candidates(tx: "Reading", *, include_decided: bool = False) -> list[Candidate]:
    """List candidates, most often repeated first; open ones whose time is not over nor to come, or all."""
    rows = tx.all(
        "SELECT * FROM automation_candidates WHERE :all = 1 OR (is_automated = 0 AND approved_at IS NULL "
        "AND dismissed_at IS NULL AND (expires_at IS NULL OR expires_at > :now) "
        "AND (snoozed_until IS NULL OR snoozed_until <= :now)) "
        "ORDER BY occurrence_count DESC, created_at, id",
        all=include_decided,
        now=tx.now_iso,
    )
    return [Candidate.from_row(row) for row in rows]
