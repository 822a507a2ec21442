"""Commands about jobs: jobs, show, logs, stop, retry."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.desk import Desk, hint_if_not_running, is_service_running, open_desk
from daemon.cli.options import JobName, Json, Wait
from daemon.cli.output import STATUS_STYLES, print_json, print_line, print_table, show, styled
from daemon.cli.problem import ExitCode
from daemon.cli.story import UNFINISHED, status_words

if TYPE_CHECKING:
    from rich.text import Text

    from company.store.gate import Reading
    from company.store.sessions import Session
    from daemon.cli.story import JobStory

#: what the story of a job has beyond its row
STORY_KEYS = (
    "waits_for", "max_iterations", "waves", "agents", "left_out", "checks", "findings", "questions", "base", "doubt",
    "delivered_to", "log_path", "report_path", "patch_path",
)  # fmt: skip
STATUSES = ("pending", "in_progress", "completed", "failed", "blocked", "stopped")


def list_jobs(
    context: typer.Context,
    status: Annotated[
        list[str] | None,
        typer.Option("--status", "-s", metavar="STATUS", help=f"Only jobs that are {', '.join(STATUSES)}."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="At most so many.")] = 20,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    from company.store import sessions
    from company.work.job import JobStatus

    wanted = tuple(JobStatus(_known_status(one)) for one in status or ())
    with open_desk(context, only_looks=True) as desk, desk.office.store.reading() as tx:
        found = sessions.list_sessions(tx, wanted or None, limit=limit)
        if as_json:
            reasons = _waiting_reasons(desk, tx, found)
            listed = [{**job_facts(one), "waits_for": reasons.get(one.id, "")} for one in found]
            print_json({"jobs": listed, "is_service_running": is_service_running(desk.config)})
        else:
            _print_jobs(desk, found)
            if any(one.status in UNFINISHED for one in found):
                hint_if_not_running(desk.config, "it takes up what waits and what is under way")


def _waiting_reasons(desk: Desk, tx: "Reading", found: "list[Session]") -> dict[str, str]:
    if not any(one.status == "pending" for one in found):
        return {}
    from daemon.cli.story_reading import waiting_reasons

    return waiting_reasons(desk.office, tx)


def _known_status(word: str) -> str:
    status = word.strip().lower().replace("-", "_").replace(" ", "_")
    if status not in STATUSES:
        raise typer.BadParameter(f"{word!r} is no status: use one of {', '.join(STATUSES)}")
    return status


def _print_jobs(desk: Desk, found: "list[Session]") -> None:
    from company.work.report import duration
    from daemon.cli.times import local_time

    print_table(
        ("JOB", "STATUS", "TITLE", "TEAM", "REPOSITORY", "TOOK", "ASKED"),
        [
            (
                one.id,
                _standing(one),
                one.title,
                one.team_id.removeprefix("team-"),
                one.target_repo or "",
                duration(one.duration_seconds) if one.duration_seconds is not None else "",
                local_time(one.created_at, desk.config.company.time_zone),
            )
            for one in found
        ],
        folds=("TITLE", "REPOSITORY"),
        empty="no jobs yet: agent-service drop FILE starts one",
        numbers=("TOOK",),
    )


def _standing(session: "Session") -> "Text":
    """Return where a job is, in the colour of its status."""
    words = status_words(session.status, session.phase, session.stop_requested_by)
    return styled(words, STATUS_STYLES.get(session.status, ""))


def job_facts(session: "Session") -> dict[str, Any]:
    """Return a job as ``--json`` lists it."""
    return {
        "id": session.id,
        "status": session.status,
        "phase": session.phase,
        "title": session.title,
        "team": session.team_id,
        "repository": session.target_repo,
        "priority": session.priority,
        "priority_file": session.priority_file,
        "requested_by": session.requested_by,
        "surface": session.surface,
        "branch": session.branch_name,
        "commit": session.head_commit,
        "pr_url": session.pr_url,
        "outcome": session.outcome,
        "exit_code": session.exit_code,
        "iteration": session.iteration_count,
        "cost_usd": session.cost_usd,
        "retry_of": session.retry_of,
        "stop_requested_by": session.stop_requested_by,
        "created_at": session.created_at,
        "started_at": session.started_at,
        "completed_at": session.completed_at,
        "duration_s": session.duration_seconds,
    }


def show_job(
    context: typer.Context,
    job: JobName,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show it live until it ends.")] = False,
    as_json: Json = False,
) -> None:
    """Show one job.

    Its agents, its checks, what came of it and where that is. JOB may be the last characters of its id.
    """
    from daemon.cli.following import follow as follow_job
    from daemon.cli.story import render
    from daemon.cli.story_reading import read_story

    with open_desk(context, only_looks=True) as desk:
        job_id = resolve_job(desk, job)
        if follow and not as_json:
            follow_job(desk.office, job_id)
            return
        story = read_story(desk.office, job_id)
        if as_json:
            print_json(story_facts(desk, story))
        else:
            show(render(story))
            if not story.is_finished:
                hint_if_not_running(desk.config, "it takes up this job")


def story_facts(desk: Desk, story: "JobStory") -> dict[str, Any]:
    """Return a job's story as ``--json`` prints it: what ``jobs --json`` says of it, and what only its story has."""
    from dataclasses import asdict

    from company.store import sessions

    with desk.office.store.reading() as tx:
        facts = job_facts(sessions.get(tx, story.job_id))
    told = {
        "duration_s": story.duration_s,
        **{key: value for key, value in asdict(story).items() if key in STORY_KEYS},
    }
    return {**facts, **told, "is_service_running": is_service_running(desk.config)}


def stop(context: typer.Context, job: JobName, as_json: Json = False) -> None:
    """Stop a job.

    One that waits ends at once, one at work within seconds; what it did so far stays readable.
    """
    from company.orders import jobs

    with open_desk(context, needs_config=False) as desk:
        stopped = jobs.stop(desk.office, desk.actor, job)
        if stopped.status == "in_progress":
            hint_if_not_running(desk.config, "it stops the job")
    if as_json:
        print_json(
            {
                "job": stopped.job_id,
                "is_changed": stopped.is_changed,
                "status": stopped.status,
                "by": stopped.by,
            }
        )
    elif stopped.is_changed:
        words = "stopped" if stopped.status == "stopped" else "stopping"
        print_line(f"{words} {stopped.job_id}: {stopped.title}")
    elif stopped.status == "in_progress":
        print_line(f"{stopped.job_id} is stopping already: {stopped.by} asked for it")
    else:
        print_line(f"{stopped.job_id} has ended before: {stopped.status}")


def retry(context: typer.Context, job: JobName, wait: Wait = False, as_json: Json = False) -> None:
    """Start a finished job again.

    It is a new job with the same text. While it has not ended there is no second one.
    """
    from company.orders import jobs

    with open_desk(context) as desk:
        again = jobs.retry(desk.office, desk.actor, job)
        if not wait:
            if as_json:
                print_json({"job": again.job_id, "is_new": again.is_new, "title": again.title})
            else:
                words = "again" if again.is_new else "is being tried again already"
                print_line(f"{again.title}: {words}, as {again.job_id}")
            hint_if_not_running(desk.config, "it starts the job")
            return
        wait_for_end(desk, again.job_id, as_json=as_json)


def wait_for_end(desk: Desk, job_id: str, *, as_json: bool) -> None:
    """Show the job until it ends; leave with exit code 4 unless it was completed."""
    from daemon.cli.following import await_end, follow

    if as_json:
        story = await_end(desk.office, job_id)
        print_json(story_facts(desk, story))
    else:
        story = follow(desk.office, job_id)
    if story.status != "completed":
        raise typer.Exit(ExitCode.NOT_COMPLETED)


def resolve_job(desk: Desk, word: str) -> str:
    """Return the id of the job that ``word`` means. Raises OrderRefused."""
    from company.orders.references import find_job

    with desk.office.store.reading() as tx:
        return find_job(tx, word).id
