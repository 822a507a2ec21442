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
from bot.views.ids import CallbackId, FieldId, Subject
from company.orders import feedback, proposals
from company.repetition import command as c


async def rejected(desk: Desk, at: Incoming) -> None:
    """Reject a job with the reason that was given."""
    about = json.loads(at.private or "{}")
    here = replace(at, channel_id=about.get("channel"), thread_ts=about.get("thread"))
    given = await desk.order(feedback.reject, here, about["job"], here.fields.get(forms.REASON_FIELD, ""))
    await desk.whisper(here, replies.feedback(given))


async def hire_changed(desk: Desk, at: Incoming) -> None:
    """Hire whom a proposal proposes, as it was changed in the form."""
    candidate_id, fields = Subject.parsed(at.private).id, at.fields
    _, proposed = await desk.order(proposals.find_proposed, at, candidate_id)
    hiring = replace(
        proposed,
        name=fields.get(FieldId.NAME) or proposed.name,
        role=fields.get(FieldId.ROLE) or proposed.role,
        team=fields.get(FieldId.TEAM) or proposed.team,
        model=fields.get(FieldId.MODEL) or proposed.model,
    )
    when = _with_every(fields.get(FieldId.SCHEDULE, ""))
    decided = await desk.order(proposals.approve, at, candidate_id, hiring, schedule=when)
    await desk.whisper(at, replies.decided(decided))


def _with_every(when: str) -> str | None:
    """Return a rhythm as schedules are written: people leave ``every`` out."""
    words = when.strip()
    is_short = words and words.split()[0].lower() not in ("every", "first", "last") and not words[0].isdigit()
    return f"every {words.removeprefix('on ')}" if is_short and words[0] != "*" else words or None


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
    app.view(CallbackId.EDIT_PROPOSAL)(carrier.acknowledged(hire_changed))
    app.view(CallbackId.NEW_JOB)(carrier.acknowledged(new_job))
    app.view(re.compile(".*"))(carrier.acknowledged(unknown))
    app.view_closed(re.compile(".*"))(carrier.acknowledged(unknown))
