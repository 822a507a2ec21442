"""What a command is answered with: lists, states and confirmations, as short as a phone wants them. Pure.

Facts in, message out. Every word from outside (titles, names, reasons) is escaped, so that none can be a mention.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.views.limits import MESSAGE_BUDGET, MESSAGE_TEXT_MAX, SECTION_TEXT_MAX
from bot.views.message import Message
from bot.views.mrkdwn import cut, escaped
from company.orders.agents import StaffChange
from company.orders.feedback import FeedbackGiven
from company.orders.jobs import Answered, Stopped
from company.orders.looking import JobFacts
from company.orders.office import Actor, Role
from company.orders.pauses import PauseChange
from company.orders.people import RoleChange
from company.orders.proposals import ProposalDecided
from company.orders.pull_requests import PullRequestWanted
from company.orders.schedules import ScheduleChange
from company.orders.starting import Started
from company.orders.threads import Heard, MuteChange, Told
from company.store.sessions import Session
from company.work.job import JobStatus
from company.work.report import duration

MARKS: Final = {
    JobStatus.PENDING: "⏳", JobStatus.IN_PROGRESS: "🔄", JobStatus.COMPLETED: "✅", JobStatus.FAILED: "❌",
    JobStatus.BLOCKED: "✋", JobStatus.STOPPED: "⏹️",
}  # fmt: skip
_SHOWN_MAX: Final = 20  # lines of a list


def page(title: str, lines: Iterable[str] = (), *, foot: str = "") -> Message:
    """Return a title and lines as sections that Slack takes, however long they are; what is too much is counted."""
    shown: list[str] = []
    left = size = 0
    for line in lines:
        line = cut(line, SECTION_TEXT_MAX - 200)
        size += len(line) + 1
        if len(shown) < _SHOWN_MAX and size < MESSAGE_BUDGET - 1000:
            shown.append(line)
        else:
            left += 1
    if left:
        shown.append(f"… and {left} more")
    parts, current = [], f"*{cut(title, 500)}*" if title else ""
    for line in shown:
        if len(current) + len(line) + 1 > SECTION_TEXT_MAX:
            parts.append(current)
            current = line
        else:
            current = f"{current}\n{line}".strip("\n")
    parts.append(current)
    blocks: list[dict[str, object]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in parts if part
    ]
    if foot:
        blocks.append(
            {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(foot, SECTION_TEXT_MAX)}]}
        )
    return Message(cut("\n".join(filter(None, (title, *shown))), MESSAGE_TEXT_MAX), blocks)


def line(text: str) -> Message:
    """Return one sentence, escaped already."""
    return page("", [text])


def who(user_id: str | None) -> str:
    """Return a person as Slack shows them, without a ping for those who are none of Slack's."""
    if user_id and user_id[:1] in "UW" and user_id.isalnum() and user_id.isupper():
        return f"<@{user_id}>"
    return escaped(user_id or "nobody")


def _job_line(job: Session) -> str:
    where = job.phase if job.status is JobStatus.IN_PROGRESS else job.status.value.replace("_", " ")
    took = f" · {duration(job.duration_seconds)}" if job.duration_seconds is not None else ""
    return f"{MARKS[job.status]} *{escaped(cut(job.title, 80))}* · {escaped(where)}{took} · `{job.id[-7:]}`"


def jobs(found: Sequence[Session], status: str | None) -> Message:
    """List jobs."""
    if not found:
        return line(
            f"No job is {status.replace('_', ' ')}." if status else "No jobs yet: tell me what to do."
        )
    title = f"Jobs, {status.replace('_', ' ')}" if status else "The newest jobs"
    return page(
        title, map(_job_line, found), foot="`logs <job>` · `stop <job>` · `retry <job>`: its last letters do"
    )


def job(facts: JobFacts) -> Message:
    """Show how one job stands."""
    one = facts.session
    lines = [_job_line(one)]
    if one.outcome:
        lines.append(escaped(one.outcome))
    lines += [f"❓ {escaped(text)}" for text in facts.questions]
    lines += [
        f"{part.emoji or '•'} {escaped(part.name)}: {escaped(part.status.replace('_', ' '))}"
        + (f", {escaped(cut(part.error, 200))}" if part.error else "")
        for part in facts.parts
    ]
    if one.pr_url:
        lines.append(f"pull request: {escaped(one.pr_url)}")
    elif one.head_commit:
        lines.append(f"branch: `{escaped(one.branch_name)}`")
    cost = f" · ${one.cost_usd:.2f}" if one.cost_usd else ""
    foot = f"{escaped(facts.team)} · {escaped(one.target_repo or 'a workspace of its own')}{cost} · {one.id}"
    return page("", lines, foot=f"{foot} · asked by {who(one.requested_by)}")


def why(facts: JobFacts) -> Message:
    """Say why a job ended, or stands, as it does."""
    one = facts.session
    title = f"{MARKS[one.status]} {escaped(cut(one.title, 80))}"
    if one.status in (JobStatus.PENDING, JobStatus.IN_PROGRESS) and not facts.questions:
        return page(title, ["It has not ended."])
    lines = [escaped(one.outcome or f"It {one.status.value.replace('_', ' ')}.")]
    lines += [f"❓ it asks: {escaped(text)}" for text in facts.questions]
    lines += [
        f"• {escaped(part.name)}: {escaped(cut(part.error, 600))}" for part in facts.parts if part.error
    ]
    return page(title, lines, foot="`logs` shows the end of its log · `retry` tries again")


def started_before(started: Started) -> Message:
    """Say that this was started before."""
    return line(f"*{escaped(cut(started.title, 80))}* is under way already (`{started.job_id[-7:]}`).")


def stopped(result: Stopped) -> Message:
    """Say what became of a stop."""
    title = f"*{escaped(cut(result.title, 80))}*"
    if result.is_changed:
        return line(
            f"⏹️ {title} {'is stopped' if result.status is JobStatus.STOPPED else 'is being stopped'}."
        )
    if result.status is JobStatus.IN_PROGRESS:
        return line(f"{title} is being stopped already: {who(result.by)} asked for it.")
    return line(f"{title} had ended before: {result.status.value}.")


def retried(started: Started) -> Message:
    """Say what became of a retry."""
    words = "again" if started.is_new else "is being tried again already"
    return line(f"🔁 *{escaped(cut(started.title, 80))}*: {words}, as `{started.job_id[-7:]}`.")


def feedback(given: FeedbackGiven) -> Message:
    """Say what became of praise or a rejection."""
    if not given.is_new:
        return line(f"You said so before: {escaped(given.reason)}. One word a person and job counts.")
    return line(f"{given.points:+.0f} points for *{escaped(cut(given.title, 80))}*.")


def pull_request(result: PullRequestWanted) -> Message:
    """Say what becomes of a delivered branch."""
    title = f"*{escaped(cut(result.title, 80))}*"
    if not result.is_new:
        return line(f"{title} is {escaped(result.state or 'waiting')}, or that is wanted already.")
    done = {"ready": "will be marked ready for review", "merge": "will be merged", "close": "will be closed"}
    return line(f"{title} {done[result.what]}.")


def answered_before(result: Answered) -> Message:
    """Say who answered first."""
    words = f": “{escaped(cut(result.answer, 200))}”" if result.answer else ""
    return line(f"That was answered before, by {who(result.by)}{words}.")


def told(result: Told) -> Message | None:
    """Say what became of words to a job; nothing where a reaction says it."""
    if result.heard is Heard.TOO_LATE:
        return line(
            f"*{escaped(cut(result.title, 80))}* has ended: nobody would read that. "
            "`retry` starts it again, `work …` begins something new."
        )
    return None


def muted(change: MuteChange) -> Message:
    """Say how a thread is listened to now."""
    if change.is_muted:
        return line("🔇 Muted: what is said here without a mention of me stays among you. `unmute` ends it.")
    return line("🔊 I listen again: what is said here reaches the agents.")


def staff(change: StaffChange, done: str, already: str) -> Message:
    """Say what became of an agent: hired, fired, taken back."""
    words = done if change.is_changed else f"{already} (by {who(change.by)})"
    return page("", [f"*{escaped(change.name)}* {words}.", *(f"⚠️ {escaped(one)}" for one in change.warnings)])


def role(change: RoleChange) -> Message:
    """Say what somebody may do now."""
    if change.role is Role.NOBODY:
        return line(f"{who(change.user_id)} has no role {'any more' if change.is_changed else 'anyway'}.")
    return line(f"{who(change.user_id)} is {change.role.value}{'' if change.is_changed else ' already'}.")


def paired(change: RoleChange) -> Message:
    """Greet the first CEO."""
    return page(
        f"You are the CEO, {who(change.user_id)}.",
        ["Give others a role: `grant @somebody operator`. Tell me what to do, or say `help`."],
    )


def me(actor: Actor) -> Message:
    """Say who is speaking."""
    return line(f"You are {who(actor.id)} (`{escaped(actor.id)}`), {actor.role.value} here.")


def decided(result: ProposalDecided) -> Message:
    """Say what became of a proposal, and who decided."""
    what = "hired" if result.decision == "approved" else "put aside for good"
    when = "" if result.is_new else f" before, by {who(result.by)} on {escaped(result.at[:10])}"
    return line(f"“{escaped(cut(result.intent, 100))}”: {what}{when}.")


def schedule(change: ScheduleChange, action: str) -> Message:
    """Say what became of a schedule."""
    done = {"pause": "paused", "resume": "resumed", "remove": "removed"}[action]
    return line(
        f"*{escaped(change.name)}* ({escaped(change.words)}) {'is' if change.is_changed else 'was'} {done}."
    )


def paused(change: PauseChange, *, is_pause: bool) -> Message:
    """Say what may start now."""
    what = "everything" if change.scope == "all" else escaped(change.scope.replace(":", " "))
    if is_pause:
        how = "is paused" if change.is_changed else f"was paused before, by {who(change.by)}"
        return line(f"⏸️ {what} {how}: nothing new of it starts. What runs goes on. `resume` ends it.")
    return line(f"▶️ {what} {'goes on' if change.is_changed else 'was not paused'}.")
