"""Praise and rejection. A rejection without its reason asks for it: in a form, or in words."""

from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import forms, replies
from bot.views.message import Message
from company.orders import feedback
from company.repetition import command as c


async def praise(desk: Desk, at: Incoming, meant: c.PraiseJob) -> Message:
    """Praise a job."""
    job_id = await desk.judged_job(at, meant.job)
    return replies.feedback(await desk.order(feedback.praise, at, job_id, meant.reason))


async def reject(desk: Desk, at: Incoming, meant: c.RejectJob) -> Message | None:
    """Reject a job, with the reason."""
    job_id = await desk.judged_job(at, meant.job)
    if not meant.reason and at.trigger_id:
        await desk.open_form(at, forms.reject_reason(job_id, at.channel_id, at.thread_ts))
        return None
    return replies.feedback(await desk.order(feedback.reject, at, job_id, meant.reason))
