"""Table ``sessions``, the columns ``pr_*``: what waits for a person's yes at a forge, and what is wanted of it."""

from typing import TYPE_CHECKING, Any

from company.store.sessions import Session
from company.work.job import JobStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from company.store.gate import Reading, Transaction

_FOLLOWED = (
    "SELECT * FROM sessions WHERE status = :completed AND head_commit IS NOT NULL AND base_branch IS NOT NULL "
    "AND target_repo IS NOT NULL AND follows IS NULL AND (pr_state IS NULL OR pr_state IN ('draft', 'open'))"
)


def followed(tx: "Reading", since: str, *, limit: int) -> list[Session]:
    """Return completed jobs whose branch waits for a person, oldest first: those that ended at or after ``since``."""
    rows = tx.all(
        f"{_FOLLOWED} AND completed_at >= :since ORDER BY completed_at, id LIMIT :limit",
        completed=JobStatus.COMPLETED,
        since=since,
        limit=limit,
    )
    return [Session.from_row(row) for row in rows]


def wanted(tx: "Reading") -> list[Session]:
    """Return the jobs of whose pull request a person wants something that was not done yet, oldest first."""
    rows = tx.all("SELECT * FROM sessions WHERE pr_request IS NOT NULL ORDER BY updated_at, id")
    return [Session.from_row(row) for row in rows]


def request(tx: "Transaction", session_id: str, what: str, by: str) -> bool:
    """Note that ``by`` wants it made ready, merged or closed; False when that waits to be done already."""
    changed = tx.execute(
        "UPDATE sessions SET pr_request = :what, pr_requested_by = :by, pr_error = NULL, updated_at = :now "
        "WHERE id = :id AND (pr_request IS NULL OR pr_request <> :what)",
        what=what,
        by=by,
        now=tx.now_iso,
        id=session_id,
    )
    return changed == 1


def answered(tx: "Transaction", session_id: str, what: str, *, error: str | None) -> bool:
    """Note that what was wanted was done, or why not; False when something else is wanted by now."""
    row = {"pr_request": None, "pr_error": error, "updated_at": tx.now_iso}
    return tx.update("sessions", row, {"id": session_id, "pr_request": what}) == 1


def note(tx: "Transaction", session_id: str, *, number: int | None, url: str | None, state: str) -> bool:
    """Write down how it stands; False when that stood there already."""
    changed = tx.execute(
        "UPDATE sessions SET pr_number = :number, pr_url = COALESCE(:url, pr_url), pr_state = :state, "
        "pr_error = NULL, updated_at = :now WHERE id = :id AND (pr_state IS NULL OR pr_state <> :state "
        "OR COALESCE(pr_number, 0) <> COALESCE(:number, 0))",
        number=number,
        url=url,
        state=state,
        now=tx.now_iso,
        id=session_id,
    )
    return changed == 1


def note_error(tx: "Transaction", session_id: str, error: str) -> bool:
    """Write down why the forge did not do it; False when that stood there already."""
    changed = tx.execute(
        "UPDATE sessions SET pr_error = :error, updated_at = :now "
        "WHERE id = :id AND COALESCE(pr_error, '') <> :error",
        error=error,
        now=tx.now_iso,
        id=session_id,
    )
    return changed == 1


def note_complaints(tx: "Transaction", session_id: str, complaints: "Sequence[Mapping[str, Any]]") -> None:
    """Write down what the checks and the reviewers say at present."""
    tx.update("sessions", {"pr_complaints": list(complaints), "updated_at": tx.now_iso}, {"id": session_id})


def note_head(tx: "Transaction", session_id: str, commit: str) -> None:
    """Write down that a follow-up moved the branch on."""
    tx.update("sessions", {"head_commit": commit, "updated_at": tx.now_iso}, {"id": session_id})


def follow_ups(tx: "Reading", session_id: str) -> list[Session]:
    """Return the jobs that were to mend its pull request, oldest first."""
    rows = tx.all("SELECT * FROM sessions WHERE follows = :id ORDER BY created_at, id", id=session_id)
    return [Session.from_row(row) for row in rows]
