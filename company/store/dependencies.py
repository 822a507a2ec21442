"""What a job waits for: the jobs that its ``depends_on`` means, by id or by the name of the file they came as."""

from typing import TYPE_CHECKING

from company.ids import JOB_ID
from company.work.job import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from company.store.gate import Reading


def find(tx: "Reading", references: "Iterable[str]") -> dict[str, tuple[str, JobStatus]]:
    """Return reference -> (job id, status) for those that mean a job: of several with one name, the newest."""
    found: dict[str, tuple[str, JobStatus]] = {}
    for reference in set(references):
        if JOB_ID.fullmatch(reference):
            row = tx.one("SELECT id, status FROM sessions WHERE id = :id", id=reference)
        else:
            # A job's file is called '<name>.job-….md'; LIKE would read % and _ in the name as wildcards.
            start = f"{reference.removesuffix('.md')}.job-"
            row = tx.one(
                "SELECT id, status FROM sessions WHERE substr(priority_file, 1, :length) = :start "
                "ORDER BY created_at DESC, id DESC LIMIT 1",
                start=start,
                length=len(start),
            )
        if row is not None:
            found[reference] = (row["id"], JobStatus(row["status"]))
    return found


def file_names(tx: "Reading", *, limit: int) -> list[str]:
    """Return the names of the files of the newest jobs, as they were dropped."""
    rows = tx.all(
        "SELECT id, priority_file FROM sessions ORDER BY created_at DESC, id DESC LIMIT :limit", limit=limit
    )
    return [f"{row['priority_file'].removesuffix('.' + row['id'] + '.md')}.md" for row in rows]
