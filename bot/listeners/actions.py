"""Buttons: each carries what it is about as its value, and the order behind it decides who may.

What a decision changes repaints its message through the outbox; whoever pressed too late is told who was first.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from slack_bolt.app.async_app import AsyncApp

from bot import answers
from bot.carrying import Carrier, Listener
from bot.desk import Desk
from bot.incoming import Incoming
from bot.views import replies
from bot.views.edit_proposal import edit_proposal_modal
from bot.views.ids import ActionId, Subject, action_of
from bot.views.proposal import ProposalCard
from company.errors import OrderRefused
from company.orders import agents, jobs, listing, pauses, proposals
from company.repetition import command as c
from company.repetition.wording import take_options

#: what an agent that asked for a tool is answered
TOOL_ANSWERS: Final[Mapping[ActionId, str]] = MappingProxyType(
    {ActionId.ALLOW_ONCE: "allow once", ActionId.ALLOW_FOR_JOB: "allow for this job", ActionId.DENY: "deny"}
)


def _subject(at: Incoming) -> Subject:
    """Read what a button is about. Raises OrderRefused: a value may come from anybody."""
    try:
        return Subject.parsed(at.value)
    except ValueError:
        raise OrderRefused("bad_button", "that button is none of mine, or of an older version") from None


async def stop(desk: Desk, at: Incoming) -> None:
    """Stop a job."""
    await answers.answer(desk, at, c.StopJob(job=_subject(at).id))


async def retry(desk: Desk, at: Incoming) -> None:
    """Start a job again."""
    await answers.answer(desk, at, c.RetryJob(job=_subject(at).id))


async def logs(desk: Desk, at: Incoming) -> None:
    """Show the end of a job's log."""
    await answers.answer(desk, at, c.ShowLogs(job=_subject(at).id))


async def delivery(desk: Desk, at: Incoming) -> None:
    """Do what was chosen from the menu of a delivered branch."""
    subject = _subject(at)
    if subject.choice not in ("ready", "merge", "close", "mend"):
        raise OrderRefused("bad_button", "that choice is none of mine, or of an older version")
    await answers.answer(desk, at, c.ChangePullRequest(job=subject.id, action=subject.choice))


async def praise(desk: Desk, at: Incoming) -> None:
    """Praise a job."""
    await answers.answer(desk, at, c.PraiseJob(job=_subject(at).id))


async def reject(desk: Desk, at: Incoming) -> None:
    """Reject a job: the reason is asked for in a form."""
    await answers.answer(desk, at, c.RejectJob(job=_subject(at).id))


async def approve(desk: Desk, at: Incoming) -> None:
    """Hire whom a proposal proposes."""
    await _tell_decision(desk, at, await desk.order(proposals.approve, at, _subject(at).id))


async def approve_scheduled(desk: Desk, at: Incoming) -> None:
    """Hire whom a proposal proposes, to start by itself in the rhythm that was found."""
    candidate, _ = await desk.order(proposals.find_proposed, at, _subject(at).id)
    when = candidate.proposed_schedule
    await _tell_decision(desk, at, await desk.order(proposals.approve, at, candidate.id, schedule=when))


async def dismiss(desk: Desk, at: Incoming) -> None:
    """Put a proposal aside for good."""
    await _tell_decision(desk, at, await desk.order(proposals.dismiss, at, _subject(at).id))


async def more(desk: Desk, at: Incoming) -> None:
    """Do what was chosen from a proposal's menu."""
    await (dismiss if _subject(at).choice == "never" else later)(desk, at)


async def later(desk: Desk, at: Incoming) -> None:
    """Put a proposal off: its message says until when, and it comes again then."""
    put_off = await desk.order(proposals.snooze, at, _subject(at).id)
    if not put_off.is_new:
        await desk.whisper(
            at, replies.line(f"{replies.who(put_off.by)} was first: it is put off or decided.")
        )


async def edit(desk: Desk, at: Incoming) -> None:
    """Open the form that changes a proposal before hiring."""
    candidate, hiring = await desk.order(proposals.find_proposed, at, _subject(at).id)
    card = ProposalCard(
        candidate_id=candidate.id,
        agent_name=hiring.name,
        intent=candidate.normalized_intent,
        role=hiring.role,
        commands=candidate.occurrence_count,
        schedule=candidate.proposed_schedule,
    )
    teams = await desk.order(listing.team_names, at)
    models = list(desk.office.config.models)
    await desk.open_form(at, edit_proposal_modal(card, teams=teams, models=models, team_id=hiring.team))


async def _tell_decision(desk: Desk, at: Incoming, decided: proposals.ProposalDecided) -> None:
    if not decided.is_new:
        await desk.whisper(at, replies.decided(decided))


async def answer_question(desk: Desk, at: Incoming) -> None:
    """Answer an agent with one of the options it offered."""
    subject = _subject(at)
    number = int(subject.choice) if subject.choice.isdecimal() else -1
    answered = await desk.order(jobs.answer_option, at, subject.id, number)
    if not answered.is_changed:
        await desk.whisper(at, replies.answered_before(answered))


async def decide_tool(desk: Desk, at: Incoming) -> None:
    """Allow a tool once, for the job, or not."""
    action = action_of(at.name)
    assert action is not None
    answered = await desk.order(jobs.answer, at, _subject(at).id, TOOL_ANSWERS[action])
    if not answered.is_changed:
        await desk.whisper(at, replies.answered_before(answered))


async def fire(desk: Desk, at: Incoming) -> None:
    """Let an agent go."""
    change = await desk.order(agents.fire, at, _subject(at).id)
    await desk.whisper(at, replies.staff(change, "does not work here any more", "was fired before"))


async def pause(desk: Desk, at: Incoming) -> None:
    """Let nothing new start."""
    change = await desk.order(pauses.pause, at, at.value or pauses.ALL)
    await desk.whisper(at, replies.paused(change, is_pause=True))


async def resume(desk: Desk, at: Incoming) -> None:
    """Let it start again."""
    change = await desk.order(pauses.resume, at, at.value or pauses.ALL)
    await desk.whisper(at, replies.paused(change, is_pause=False))


async def start_work(desk: Desk, at: Incoming) -> None:
    """Make a question a job after all."""
    text, options = take_options(at.value)
    options.pop("role", None)
    await answers.answer(desk, at, c.StartWork(text=text, **options))


async def nothing(_desk: Desk, _at: Incoming) -> None:
    """Hear a button that only opens a page, or one of another version."""


LISTENERS: Mapping[ActionId, Listener] = MappingProxyType(
    {
        ActionId.STOP: stop,
        ActionId.RETRY: retry,
        ActionId.LOGS: logs,
        ActionId.PULL_REQUEST: nothing,
        ActionId.DELIVERY: delivery,
        ActionId.PRAISE: praise,
        ActionId.REJECT: reject,
        ActionId.APPROVE: approve,
        ActionId.APPROVE_SCHEDULED: approve_scheduled,
        ActionId.EDIT: edit,
        ActionId.DISMISS: dismiss,
        ActionId.LATER: later,
        ActionId.MORE: more,
        ActionId.ANSWER: answer_question,
        ActionId.ALLOW_ONCE: decide_tool,
        ActionId.ALLOW_FOR_JOB: decide_tool,
        ActionId.DENY: decide_tool,
        ActionId.FIRE: fire,
        ActionId.KEEP: nothing,
        ActionId.PAUSE: pause,
        ActionId.RESUME: resume,
        ActionId.START_WORK: start_work,
    }
)


async def pressed(desk: Desk, at: Incoming) -> None:
    """Do what a button says."""
    action = action_of(at.name)
    await (LISTENERS[action] if action is not None else nothing)(desk, at)


def register(app: AsyncApp, carrier: Carrier) -> None:
    """Hear every button and menu."""
    app.action(re.compile(".*"))(carrier.acknowledged(pressed))
