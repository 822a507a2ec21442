"""Step 9: the session settled, the report written, the folders tidied, the last word said."""

import logging
import shutil

from company.orders.telling import LOG_LINES, tell_file, tell_in_thread, tell_job, tell_log_end
from company.store import agents as agent_rows
from company.store import rewards, sessions, tasks, teams
from company.store.gate import Transaction
from company.store.sessions import Session
from company.work.analysis import SessionFacts, analyse
from company.work.job import JobStatus
from company.work.report import ReportedTask, SessionStory, render_report
from company.work.task import TaskStatus
from company.work.verification import Comparison
from daemon.git.worktree import remove_job
from daemon.job.facts import StoryFacts, check_from, finding_from
from daemon.job.preparing import open_target
from daemon.job.settling import analyse_session, settle_session
from daemon.job.state_files import write_atomically
from daemon.job.workplace import Workplace
from daemon.storage import trouble_in

log = logging.getLogger(__name__)

FILES_TOLD_MAX = 50  # names of changed files; the report has all


def close(place: Workplace, job_id: str, story: StoryFacts) -> str:
    """End the job with the status the story has; return that status.

    The settlement must succeed. What follows tells of it and tidies up: each part for itself, because a report that
    cannot be written must not keep a job open; what finds no room on the disk is done when there is some.
    """
    with place.store.transaction() as tx:
        delivered = story.get("delivered")
        if settle_session(tx, job_id, JobStatus(story["status"]), place.redactor.text(story["outcome"])):
            if delivered and delivered["pr_url"]:
                sessions.annotate(tx, job_id, pr_url=delivered["pr_url"])
            analyse_session(tx, job_id, analyse(_facts(tx, job_id, story)))
            tell_job(tx, job_id, "closed")
    session = place.session(job_id)
    for part in (_write_report, _write_state, _tell_thread, _tidy):
        try:
            part(place, session, story)
        except Exception as error:
            if trouble_in(error):
                raise
            log.exception("job %s: %s failed", job_id, part.__name__)
            place.log(job_id).say("service", f"{part.__name__.strip('_').replace('_', ' ')}: {error}")
    place.log(job_id).say("service", f"{session.status}: {session.outcome}")
    place.place_file(session)
    return session.status


def _facts(tx: Transaction, job_id: str, story: StoryFacts) -> SessionFacts:
    delivered, verdicts = story.get("delivered"), story["verdicts"]
    return SessionFacts(
        task_statuses=[task.status for task in tasks.of_session(tx, job_id)],
        iterations=sessions.get(tx, job_id).iteration_count,
        is_completed=story["status"] == JobStatus.COMPLETED,
        files_changed=len(delivered["files"]) if delivered else 0,
        check_verdicts=[one["verdict"] for one in verdicts[-1]["comparisons"]] if verdicts else [],
        findings=sum(len(verdict["findings"]) for verdict in verdicts),
    )


def _write_state(place: Workplace, session: Session, story: StoryFacts) -> None:
    state = place.state(session.id)
    state.write(
        "session",
        {
            **state.read("session"),
            "status": session.status,
            "phase": session.phase,
            "outcome": session.outcome,
            "completed_at": session.completed_at,
            "duration_s": session.duration_seconds,
            "iterations": session.iteration_count,
            "delivered": story.get("delivered"),
            "noticed": _notes(story),
        },
    )


def _write_report(place: Workplace, session: Session, story: StoryFacts) -> None:
    with place.store.reading() as tx:
        names = {row.id: row.name for row in agent_rows.list_agents(tx, include_inactive=True)}
        team = teams.get(tx, session.team_id).name
        rows = tasks.of_session(tx, session.id)
        points = rewards.total(tx, [("session", session.id), *(("task", task.id) for task in rows)])
    files_of = {run["task_id"]: tuple(run["files"]) for run in story["runs"]}
    verdict = story["verdicts"][-1] if story["verdicts"] else None
    ready, delivered = story.get("ready"), story.get("delivered")
    report = render_report(
        SessionStory(
            job_id=session.id,
            title=session.title,
            status=session.status,
            outcome=session.outcome or "",
            team=team,
            repository=session.target_repo or "a workspace of its own",
            requested_by=session.requested_by,
            branch=session.branch_name,
            base=ready["base_commit"] if ready else None,
            commit=delivered["commit"] if delivered else None,
            delivered_to=delivered["delivered_to"] if delivered else None,
            patch=delivered["patch"] if delivered else None,
            pr_url=session.pr_url,
            started_at=session.started_at,
            completed_at=session.completed_at,
            duration_s=session.duration_seconds,
            iterations=session.iteration_count,
            points=points,
            cost_usd=session.cost_usd,
            tasks=[
                ReportedTask(
                    agent=names.get(task.agent_id, task.agent_id),
                    iteration=task.retry_count,
                    status=_reported(session, task),
                    task=task.task_description,
                    duration_s=task.duration_seconds,
                    error=task.error_message,
                    files=files_of.get(task.id, ()),
                )
                for task in rows
            ],
            baseline=[check_from(facts) for facts in ready["baseline"]] if ready else [],
            comparisons=[Comparison(**facts) for facts in verdict["comparisons"]] if verdict else [],
            findings=[finding_from(facts) for facts in verdict["findings"]] if verdict else [],
            files=delivered["files"] if delivered else [],
            notes=_notes(story),
        )
    )
    folder = place.reports(session.id)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "report.md", place.redactor.text(report))


def _reported(session: Session, task: tasks.Task) -> str:
    """Return how a run ended; one that was cut off because a person stopped the job is told as stopped."""
    was_cut_off = session.status is JobStatus.STOPPED and task.status is TaskStatus.BLOCKED
    return JobStatus.STOPPED if was_cut_off else task.status


def _tell_thread(place: Workplace, session: Session, story: StoryFacts) -> None:
    """Hand over in the job's thread: what was delivered, report and patch, or the end of the log."""
    delivered = story.get("delivered")
    tail = [] if session.status is JobStatus.COMPLETED else place.log(session.id).tail(LOG_LINES)
    patch = place.reports(session.id) / "changes.patch"
    with place.store.transaction() as tx:
        if delivered:
            facts = {key: delivered[key] for key in ("branch", "delivered_to", "pr_url")}
            tell_in_thread(
                tx, session.id, "delivered", "closed", {**facts, "files": delivered["files"][:FILES_TOLD_MAX]}
            )
        if session.status is not JobStatus.STOPPED:
            tell_log_end(tx, session.id, tail)
        report = place.relative(place.reports(session.id) / "report.md")
        tell_file(tx, session.id, report, f"Report: {session.title}")
        if patch.is_file():
            tell_file(tx, session.id, place.relative(patch), f"Patch: {session.title}")


def _notes(story: StoryFacts) -> list[str]:
    plan = story.get("plan")
    left_out = [
        f"{agent_id.removeprefix('agent-')} took no part: {why}"
        for agent_id, why in (plan["left_out"].items() if plan else ())
    ]
    return [*left_out, *(note for run in story["runs"] for note in run["notes"])]


def _tidy(place: Workplace, session: Session, story: StoryFacts) -> None:
    """Remove what only the work needed. The delivered branch stays in the clone, the state folder stays whole."""
    # A job that was stopped while no service ran may have a process at work still.
    place.processes.stop(f"{session.id}/", place.config.limits.stop_grace_s)
    if "ready" in story:
        clone = open_target(place, session)
        remove_job(clone, session.id)
        if session.target_repo is None:  # its files are in the report folder; nobody works in it again
            shutil.rmtree(clone.path, ignore_errors=True)
            shutil.rmtree(clone.beside, ignore_errors=True)
    shutil.rmtree(place.config.worktrees / session.id, ignore_errors=True)
    place.processes.forget(f"{session.id}/")
