"""What people should hear, queued in the transaction that changes it: facts, never wording.

A job, a question and a proposal are one message each, edited as they go: their rows hold everything that message
shows. What is told once (findings, files) is a row of its own, in the job's thread (``job_id``).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from company.store import agents, candidates, outbox, questions, schedules, sessions, tasks, teams
from company.work.job import JobStatus
from company.work.task import TaskStatus

if TYPE_CHECKING:
    from company.store.candidates import Candidate
    from company.store.gate import Reading, Transaction
    from company.store.sessions import Session

FINDINGS_MAX: Final = 50  # told of one iteration; the report has all
TEXT_MAX: Final = 1_000  # characters of one finding
LOG_LINES: Final = 20
LINE_MAX: Final = 500  # characters


def tell_job(tx: "Transaction", job_id: str, moment: str) -> None:
    """Queue the job's newest state for its one message; ``moment`` is told once, however often this is called."""
    session = sessions.get(tx, job_id)
    outbox.say(
        tx,
        kind="job",
        subject_id=job_id,
        dedup_key=f"job:{job_id}:{moment}",
        payload={**_job_facts(session), **_work_facts(tx, session)},
        channel_id=session.channel_id,
        thread_ts=session.thread_ts,
    )


def _job_facts(session: "Session") -> dict[str, Any]:
    return {
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
        "can_merge": _can_merge(session),
        "cost_usd": session.cost_usd,
        "stop_requested_by": session.stop_requested_by,
        "requested_by": session.requested_by,
        "started_at": session.started_at,
        "duration_s": session.duration_seconds,
    }


def _can_merge(session: "Session") -> bool:
    """Say whether its branch waits: what ``pull_requests`` takes orders about."""
    is_delivered = session.head_commit is not None and session.target_repo is not None
    is_done = session.status is JobStatus.COMPLETED and session.follows is None
    return is_done and is_delivered and session.pr_state in (None, "draft", "open")


def _work_facts(tx: "Reading", session: "Session") -> dict[str, Any]:
    """Say who works now, and how many of this iteration's runs are over."""
    runs = [one for one in tasks.of_session(tx, session.id) if one.retry_count == session.iteration_count - 1]
    busy = [one for one in runs if one.status is TaskStatus.IN_PROGRESS and not one.feedback]
    begun = [one for one in runs if one.status is not TaskStatus.PENDING]
    return {
        "team": teams.get(tx, session.team_id).name,
        "at_work": [agents.get(tx, one.agent_id).name for one in busy],
        "handed_in": len(begun) - len(busy),
        "runs": len(runs),
        "open_questions": len(questions.open_of(tx, session.id)),
    }


def tell_verdict(
    tx: "Transaction",
    job_id: str,
    moment: str,
    *,
    iteration: int,
    findings: Iterable[Mapping[str, Any]],
    checks: Iterable[tuple[str, str]],
    back_to: Sequence[str],
) -> None:
    """Queue what verification made of an iteration (from 1), for the job's thread. Agents are ids here."""
    told = [
        {
            "agent": _agent_name(tx, one.get("agent_id")),
            "source": str(one.get("source", "")),
            "text": str(one.get("text", ""))[:TEXT_MAX],
        }
        for one in list(findings)[:FINDINGS_MAX]
    ]
    facts = {
        "iteration": iteration,
        "findings": told,
        "checks": [list(check) for check in checks][:FINDINGS_MAX],
    }
    tell_in_thread(
        tx,
        job_id,
        "verdict",
        moment,
        {**facts, "back_to": [_agent_name(tx, agent_id) for agent_id in back_to]},
    )


def tell_log_end(tx: "Transaction", job_id: str, lines: Sequence[str]) -> None:
    """Queue the end of the log of a job that did not end well."""
    if lines:
        tell_in_thread(tx, job_id, "log", "end", {"lines": [line[:LINE_MAX] for line in lines[-LOG_LINES:]]})


def tell_file(tx: "Transaction", job_id: str, path: str, title: str) -> None:
    """Queue a file of ``reports/`` to be uploaded; ``path`` is relative to the company's folder."""
    tell_in_thread(tx, job_id, "file", path, {"path": path, "title": title})


def tell_in_thread(tx: "Transaction", job_id: str, kind: str, moment: str, facts: Mapping[str, Any]) -> None:
    """Queue something about a job, once a ``moment``, for its thread."""
    outbox.say(
        tx,
        kind=kind,
        subject_id=job_id,
        dedup_key=f"{kind}:{job_id}:{moment}",
        payload={"job_id": job_id, **facts},
    )


def ask(tx: "Transaction", row: Mapping[str, Any]) -> bool:
    """Put an agent's question to people: the row, and the words about it; False when it was asked before."""
    if not questions.ask(tx, row):
        return False
    tell_question(tx, str(row["id"]), "asked")
    tell_job(tx, str(row["session_id"]), f"asks:{row['id']}")
    return True


def tell_question(tx: "Transaction", question_id: str, moment: str) -> None:
    """Queue a question's newest state for its one message, in its job's thread."""
    question = questions.get(tx, question_id)
    agent = agents.get(tx, question.agent_id)
    outbox.say(
        tx,
        kind="question",
        subject_id=question_id,
        dedup_key=f"question:{question_id}:{moment}",
        payload={
            "job_id": question.session_id,
            "agent": agent.name,
            "emoji": agent.emoji,
            "kind": question.kind,
            "question": question.question,
            "options": list(question.options),
            "default_answer": question.default_answer,
            "expires_at": question.expires_at,
            "status": question.status,
            "answer": question.answer,
            "answered_by": question.answered_by,
            "answered_at": question.answered_at,
        },
    )


def tell_proposal(tx: "Transaction", candidate_id: str, moment: str) -> None:
    """Queue a proposal's newest state for its one message: the evidence, and what became of it."""
    one = candidates.get(tx, candidate_id)
    is_over = one.is_open and one.expires_at is not None and one.expires_at <= tx.now_iso
    is_put_off = one.is_open and one.snoozed_until is not None and one.snoozed_until > tx.now_iso
    outcomes: dict[str, tuple[bool, str | None, str | None]] = {
        "approved": (one.approved_at is not None, one.approved_by_user, one.approved_at),
        "dismissed": (one.dismissed_at is not None, one.dismissed_by, one.dismissed_at),
        "expired": (is_over, None, one.expires_at),
        "snoozed": (is_put_off, one.snoozed_by, one.snoozed_at),
    }
    decision = next((name for name, (holds, _, _) in outcomes.items() if holds), None)
    _, by, at = outcomes[decision] if decision is not None else (False, None, None)
    hired = agents.get(tx, one.agent_id) if one.agent_id is not None else None
    outbox.say(
        tx,
        kind="proposal",
        subject_id=candidate_id,
        dedup_key=f"proposal:{candidate_id}:{moment}",
        payload={
            "agent_name": hired.name if hired is not None else one.proposed_agent_name,
            "intent": one.normalized_intent,
            "role": hired.role if hired is not None else one.proposed_role,
            "team": teams.get(tx, one.proposed_team_id).name if one.proposed_team_id else "",
            "commands": one.occurrence_count,
            "samples": list(one.sample_commands),
            "schedule": _rhythm(tx, one) if hired is not None else one.proposed_schedule,
            "decision": decision,
            "by": by,
            "at": at,
            "until_at": one.snoozed_until if decision == "snoozed" else one.expires_at,
        },
    )


def _rhythm(tx: "Reading", one: "Candidate") -> str | None:
    """Return when a hired agent starts by itself; None: it does not."""
    return next(
        (row.expression for row in schedules.list_schedules(tx) if row.agent_id == one.agent_id), None
    )


def _agent_name(tx: "Reading", agent_id: str | None) -> str:
    return agents.get(tx, agent_id).name if agent_id else ""
