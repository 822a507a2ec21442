"""Commands about jobs: start, list, show, logs, why, stop, retry."""

import asyncio

from bot.attachments import context_of
from bot.desk import Desk
from bot.incoming import Incoming, Kind
from bot.views import replies
from bot.views.message import Message, Shown
from bot.views.story import log_view
from company.orders import jobs, looking, pull_requests
from company.repetition import command as c
from company.work.job import JobStatus

_LOG_LINES = 100
_WITH_A_MESSAGE = (Kind.MESSAGE, Kind.DIRECT)


async def start_work(desk: Desk, at: Incoming, meant: c.StartWork) -> Message | None:
    """Start a job. Its own message answers a slash command; a message gets the eyes at once."""
    eyes = asyncio.create_task(desk.react(at, "eyes")) if at.kind in _WITH_A_MESSAGE else None
    text, context = await context_of(desk, at, meant.text)
    request = jobs.StartRequest(
        content=text.encode(),
        repo=meant.repo,
        team=meant.team,
        model=meant.model,
        branch=meant.branch,
        delivery_id=at.delivery_id,
        channel_id=at.channel_id,
        thread_ts=at.answer_ts,
        context=context,
    )
    started = await desk.order(jobs.start, at, request)
    if eyes is not None:
        await eyes
    return None if started.is_new else replies.started_before(started)


async def show_jobs(desk: Desk, at: Incoming, meant: c.ShowJobs) -> Message:
    """List jobs."""
    status = JobStatus(meant.status) if meant.status else None
    return replies.jobs(await desk.order(looking.list_jobs, at, status), meant.status)


async def show_job(desk: Desk, at: Incoming, meant: c.ShowJob) -> Message:
    """Show one."""
    job_id = await desk.job(at, meant.job, is_order=False)
    return replies.job(await desk.order(looking.job_facts, at, job_id))


async def explain_job(desk: Desk, at: Incoming, meant: c.ExplainJob) -> Message:
    """Say why it ended as it did: outside of a thread, of the last that did not make it."""
    job_id = await desk.job(at, meant.job, is_order=False)
    return replies.why(await desk.order(looking.job_facts, at, job_id))


async def show_logs(desk: Desk, at: Incoming, meant: c.ShowLogs) -> Shown:
    """Show the end of its log: in a message where it fits, else as a file."""
    job_id = await desk.job(at, meant.job, is_order=False)
    session, tail = await desk.order(looking.log_tail, at, job_id, lines=_LOG_LINES)
    return log_view(session.id, session.title, tail)


async def stop_job(desk: Desk, at: Incoming, meant: c.StopJob) -> Message:
    """Stop it."""
    job_id = await desk.job(at, meant.job, is_order=True)
    return replies.stopped(await desk.order(jobs.stop, at, job_id))


async def change_pull_request(desk: Desk, at: Incoming, meant: c.ChangePullRequest) -> Message:
    """Make what was delivered ready for review, merge it, close it, or begin to mend what came back."""
    job_id = await desk.delivered_job(at, meant.job)
    if meant.action == "mend":
        return replies.retried(await desk.order(pull_requests.follow_up, at, job_id))
    given = {"ready": pull_requests.make_ready, "merge": pull_requests.merge, "close": pull_requests.close}
    return replies.pull_request(await desk.order(given[meant.action], at, job_id))


async def retry_job(desk: Desk, at: Incoming, meant: c.RetryJob) -> Message:
    """Start it again: in its thread where it is said there, else as a message of its own."""
    job_id = await desk.retried_job(at, meant.job)
    started = await desk.order(
        jobs.retry, at, job_id, delivery_id=at.delivery_id, channel_id=at.channel_id, thread_ts=at.answer_ts
    )
    return replies.retried(started)
