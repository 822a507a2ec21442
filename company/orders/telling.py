"""What people should hear of a job, queued in the transaction that changes it: facts, never wording."""

from typing import TYPE_CHECKING

from company.store import outbox, sessions

if TYPE_CHECKING:
    from company.store.gate import Transaction


def tell_job(tx: "Transaction", job_id: str, moment: str) -> None:
    """Queue the job's newest state for its one message; ``moment`` is told once, however often this is called."""
    session = sessions.get(tx, job_id)
    outbox.say(
        tx,
        kind="job",
        subject_id=job_id,
        dedup_key=f"job:{job_id}:{moment}",
        payload={
            "title": session.title,
            "status": session.status,
            "phase": session.phase,
            "outcome": session.outcome,
            "iteration": session.iteration_count,
            "branch": session.branch_name,
            "pr_url": session.pr_url,
            "pr_state": session.pr_state,
            "pr_request": session.pr_request,
            "pr_error": session.pr_error,
            "complaints": len(session.pr_complaints),
            "cost_usd": session.cost_usd,
            "stop_requested_by": session.stop_requested_by,
        },
        channel_id=session.channel_id,
        thread_ts=session.thread_ts,
    )
