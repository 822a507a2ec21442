"""Forms that were sent: why a job is rejected, a new job, an edited proposal."""

import json
import re
from dataclasses import replace

from slack_bolt.app.async_app import AsyncApp

from bot import answers
from bot.carrying import Carrier
from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import forms, replies
from bot.views.ids import CallbackId
from company.orders import feedback
from company.repetition import command as c


async def rejected(desk: Desk, at: Incoming) -> None:
    """Reject a job with the reason that was given."""
    about = json.loads(at.private or "{}")
    here = replace(at, channel_id=about.get("channel"), thread_ts=about.get("thread"))
    given = await desk.order(feedback.reject, here, about["job"], here.fields.get(forms.REASON_FIELD, ""))
    await desk.whisper(here, replies.feedback(given))


async def new_job(desk: Desk, at: Incoming) -> None:
    """Start the job that was written into the form; without a channel it is told to whoever asked."""
    about = json.loads(at.private or "{}")
    here = replace(at, channel_id=about.get("channel") or at.user_id)
    text, repo = here.fields.get(forms.TEXT_FIELD, ""), here.fields.get(forms.REPO_FIELD) or None
    await answers.answer(desk, here, c.StartWork(text=text, repo=repo))


async def unknown(_desk: Desk, _at: Incoming) -> None:
    """Hear a form of another version."""


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear forms."""
    app.view(CallbackId.REJECT_REASON)(carrier.acknowledged(rejected))
    app.view(CallbackId.NEW_JOB)(carrier.acknowledged(new_job))
    app.view(re.compile(".*"))(carrier.acknowledged(unknown))
    app.view_closed(re.compile(".*"))(carrier.acknowledged(unknown))
