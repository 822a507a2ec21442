"""Finding jobs: by what a person types of an id, by what they are a retry of, by where they are talked about."""

import re
from typing import TYPE_CHECKING

from company.work.job import JobStatus

if TYPE_CHECKING:
    from company.store.gate import Reading, Row

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


def unfinished_retry_id(tx: "Reading", job_id: str) -> str | None:
    """Return the id of a retry of the job that waits or runs, if there is one."""
    found: str | None = tx.value(
        "SELECT id FROM sessions WHERE status IN :unfinished AND retry_of = :id ORDER BY id LIMIT 1",
        unfinished=(JobStatus.PENDING, JobStatus.IN_PROGRESS),
        id=job_id,
    )
    return found


def count_ended(tx: "Reading", since: str, statuses: tuple[JobStatus, ...]) -> int:
    """Count the jobs that ended at or after ``since`` with one of ``statuses``."""
    return int(
        tx.value(
            "SELECT count(*) FROM sessions WHERE completed_at >= :since AND status IN :statuses",
            since=since,
            statuses=statuses,
        )
    )


def job_of_file(tx: "Reading", stem: str) -> str | None:
    """Return the newest job that a file called ``<stem>.md`` was dropped for; None while there is none."""
    row = tx.one(
        "SELECT id FROM sessions WHERE surface = 'file' AND priority_file >= :first AND priority_file < :beyond "
        "ORDER BY created_at DESC, id DESC LIMIT 1",
        first=f"{stem}.job-",
        beyond=f"{stem}.job.",
    )
    return None if row is None else str(row["id"])


def job_of_thread(tx: "Reading", channel_id: str, thread_ts: str) -> str | None:
    """Return the newest job that is told in a Slack thread; None when the thread is of none."""
    found: str | None = tx.value(
        "SELECT id FROM sessions WHERE channel_id = :channel_id AND thread_ts = :thread_ts "
        "ORDER BY created_at DESC, id DESC LIMIT 1",
        channel_id=channel_id,
        thread_ts=thread_ts,
    )
    return found


def job_of_message(tx: "Reading", channel_id: str, message_ts: str) -> str | None:
    """Return the job that a Slack message is about: its own message, or the one that its thread hangs on."""
    found: str | None = tx.value(
        "SELECT o.subject_id FROM outbox o JOIN sessions s ON s.id = o.subject_id "
        "WHERE o.message_ts = :message_ts AND COALESCE(o.channel_id, s.channel_id) = :channel_id "
        "ORDER BY o.id DESC LIMIT 1",
        channel_id=channel_id,
        message_ts=message_ts,
    )
    return found if found is not None else job_of_thread(tx, channel_id, message_ts)


def running_job_ids(tx: "Reading", limit: int) -> list[str]:
    """Return the ids of jobs that wait or run, newest first."""
    rows = tx.all(
        "SELECT id FROM sessions WHERE status IN :unfinished ORDER BY created_at DESC, id DESC LIMIT :limit",
        unfinished=(JobStatus.PENDING, JobStatus.IN_PROGRESS),
        limit=limit,
    )
    return [row["id"] for row in rows]


def threads_of_jobs(tx: "Reading", ended_since: str, limit: int) -> "list[Row]":
    """Return the Slack threads of jobs that have not ended, or not before ``ended_since``; newest first.

    ``heard_at`` is when something was last heard in one; None: nothing yet.
    """
    return tx.all(
        "SELECT s.channel_id, s.thread_ts, min(s.created_at) AS created_at, "
        "(SELECT max(c.executed_at) FROM user_commands c WHERE c.channel_id = s.channel_id "
        " AND c.thread_ts = s.thread_ts) AS heard_at FROM sessions s "
        "WHERE s.channel_id IS NOT NULL AND s.thread_ts IS NOT NULL "
        "AND (s.completed_at IS NULL OR s.completed_at >= :ended_since) "
        "GROUP BY s.channel_id, s.thread_ts ORDER BY max(s.created_at) DESC LIMIT :limit",
        ended_since=ended_since,
        limit=limit,
    )


def last_ended_job_id(tx: "Reading", statuses: tuple[JobStatus, ...]) -> str | None:
    """Return the id of the job that ended last with one of ``statuses``."""
    found: str | None = tx.value(
        "SELECT id FROM sessions WHERE status IN :statuses ORDER BY COALESCE(completed_at, updated_at) DESC, id DESC "
        "LIMIT 1",
        statuses=statuses,
    )
    return found
