"""Finding jobs by what a person types: the beginning or the end of an id."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from company.store.gate import Reading

#: what an id is made of; anything else is in no id, and could be a wildcard of LIKE
_OF_IDS = re.compile(r"[0-9a-z-]+")


def job_ids_like(tx: "Reading", word: str, limit: int) -> list[str]:
    """Return ids of jobs that begin or end with ``word`` (``job-`` may be left out), newest first."""
    if not _OF_IDS.fullmatch(word):
        return []
    rows = tx.all(
        "SELECT id FROM sessions WHERE id LIKE :start OR id LIKE :bare_start OR id LIKE :tail "
        "ORDER BY created_at DESC, id DESC LIMIT :limit",
        start=f"{word}%",
        bare_start=f"job-{word}%",
        tail=f"%{word}",
        limit=limit,
    )
    return [row["id"] for row in rows]


def newest_job_id(tx: "Reading") -> str | None:
    """Return the id of the job that was made last."""
    found: str | None = tx.value("SELECT id FROM sessions ORDER BY created_at DESC, id DESC LIMIT 1")
    return found
