"""Counts over tables, for evaluations: numbers only, never rows one by one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from company.store.gate import Reading


def jobs_ended(tx: "Reading", since: str, until: str) -> dict[str, int]:
    """Count jobs that ended or were blocked at or after ``since`` and before ``until``, per status."""
    rows = tx.all(
        "SELECT status, count(*) AS jobs FROM sessions "
        "WHERE completed_at >= :since AND completed_at < :until GROUP BY status ORDER BY status",
        since=since,
        until=until,
    )
    return {row["status"]: int(row["jobs"]) for row in rows}


def commands_by_intent(tx: "Reading", intents: tuple[str, ...]) -> dict[str, int]:
    """Count the commands ever given with each of ``intents``."""
    rows = tx.all(
        "SELECT normalized_intent, count(*) AS commands FROM user_commands "
        "WHERE normalized_intent IN :intents GROUP BY normalized_intent",
        intents=intents,
    )
    return {row["normalized_intent"]: int(row["commands"]) for row in rows}
