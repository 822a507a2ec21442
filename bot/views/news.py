"""What the company says of itself: experiments, staff, the day's evaluation, files it could not take. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from bot.views import blocks
from bot.views.ids import ActionId, BlockId, Subject
from bot.views.message import Block, Message
from bot.views.mrkdwn import code, name, one_line, person
from bot.views.words import counted, usd

_EXPERIMENT_WORDS: Final = {
    "successful": ("📈", "does better: it gets more of the work from now on"),
    "killed": ("📉", "is ended: it gets no more work"),
    "failed": ("⌛", "is over without a decision"),
    "active": ("🔁", "is tried again"),
}
_STAFF_WORDS: Final = {"hired": "👋", "fired": "🚪", "rehired": "🤝"}


def experiment_view(facts: Mapping[str, Any]) -> Message:
    """Show what was decided about an experiment, by which rule, and what the other policy says where both exist."""
    mark, words = _EXPERIMENT_WORDS.get(str(facts.get("status")), ("🧪", "changed"))
    head = f"{mark} Experiment {name(facts.get('name'))} {words}."
    attempts = int(facts.get("attempts") or 0)
    measured = f"{float(facts.get('success_rate') or 0):.0%} of {counted(attempts, 'attempt')}"
    shown: list[Block] = [blocks.section(head)]
    verdicts = [
        f"{one_line(one.get('policy'), 30)}: *{one_line(one.get('decision'), 30).replace('_', ' ')}*, "
        f"{one_line(one.get('reason'), 200)}"
        for one in facts.get("verdicts") or ()
    ]
    if verdicts:
        shown.append(blocks.section("\n".join(verdicts)))
    shown.append(
        blocks.context(
            measured if attempts else "",
            one_line(facts.get("treatment") or "", 120),
            one_line(facts.get("reason") or "", 300),
        )
    )
    return blocks.message(f"experiment {one_line(facts.get('name'), 100)} {words}", shown)


def staff_view(facts: Mapping[str, Any]) -> Message:
    """Show who came or left, and by whom."""
    what = one_line(facts.get("what") or "changed", 20)
    head = f"{_STAFF_WORDS.get(what, '•')} {name(facts.get('name'))} was {what} by {person(facts.get('by'))}."
    role = one_line(facts.get("role") or "", 200)
    return blocks.message(head, [blocks.section(head), *([blocks.context(role)] if role else [])])


def evaluation_view(facts: Mapping[str, Any]) -> Message:
    """Show the day in two lines; the report is a file beside it."""
    jobs = {str(status): int(count) for status, count in (facts.get("jobs") or {}).items()}
    ended = ", ".join(f"{count} {one_line(status, 20)}" for status, count in jobs.items() if count)
    points = float(facts.get("points") or 0)
    head = f"📊 *{one_line(facts.get('day'), 20)}* · {ended or 'no job ended'} · {points:+,.0f} points"
    return blocks.message(head, [blocks.section(head), blocks.context(*_evaluation_words(facts))])


def _evaluation_words(facts: Mapping[str, Any]) -> list[str]:
    numbers = {key: int(facts.get(key) or 0) for key in ("experiments_decided", "patterns", "proposals")}
    cost = float(facts.get("cost_usd") or 0)
    before = facts.get("cost_usd_before")
    compared = f" ({usd(float(before))} the day before)" if before is not None else ""
    advised = [
        f"{one_line(one.get('agent'), 40)}: {one_line(one.get('advice'), 20)}"
        for one in facts.get("advice") or ()
    ]
    return [
        f"{usd(cost)}{compared}",
        f"{counted(numbers['experiments_decided'], 'experiment')} decided"
        if numbers["experiments_decided"]
        else "",
        counted(numbers["patterns"], "pattern") if numbers["patterns"] else "",
        f"{counted(numbers['proposals'], 'proposal')} waiting" if numbers["proposals"] else "",
        *advised[:4],
    ]


def advice_view(facts: Mapping[str, Any]) -> Message:
    """Show that the company advises to let an agent go, why, and the two buttons; a person decides."""
    subject, agent = Subject(str(facts.get("agent_id"))), str(facts.get("name") or "")
    head = f"⚖️ Let {name(agent)} go? {one_line(facts.get('why'), 300)}"
    sure = blocks.confirm(f"Fire {agent}?", "It gets no new tasks, and its schedules pause.", "Fire", "Keep")
    return blocks.message(
        head,
        [
            blocks.section(head),
            *blocks.actions(
                blocks.button(ActionId.FIRE, f"Fire {agent}", subject, style="danger", confirm=sure),
                blocks.button(ActionId.KEEP, f"Keep {agent}", subject),
                block_id=BlockId.DECISION,
            ),
        ],
    )


def rejected_view(facts: Mapping[str, Any]) -> Message:
    """Show why a file was not taken, where it is kept, and what mends it."""
    line = f", line {int(facts['line'])}" if facts.get("line") else ""
    head = (
        f"📄 {code(facts.get('name') or 'a file')} was not taken{line}: {one_line(facts.get('reason'), 400)}"
    )
    mend = one_line(facts.get("mend") or "", 300)
    return blocks.message(
        head,
        [
            blocks.section(head),
            blocks.context(f"→ {mend}" if mend else "", f"kept as {code(facts.get('kept_as') or 'it was')}"),
        ],
    )


def feedback_view(facts: Mapping[str, Any]) -> Message:
    """Show what a person made of a job."""
    mark = "👍" if facts.get("word") == "praised" else "👎"
    reason = one_line(facts.get("reason") or "", 600)
    head = f"{mark} {person(facts.get('by'))}: {float(facts.get('points') or 0):+.0f} points"
    return blocks.message(head, [blocks.section("\n".join(filter(None, (head, reason))))])


def paused_view(facts: Mapping[str, Any]) -> Message:
    """Show that nothing new starts, why, and how it goes on."""
    head = f"⏸ Nothing new starts: {one_line(facts.get('reason'), 300)}"
    waiting = int(facts.get("waiting") or 0)
    return blocks.message(
        head,
        [
            blocks.section(head),
            blocks.context(
                f"{counted(waiting, 'job')} waiting" if waiting else "",
                one_line(facts.get("mend") or "", 200),
            ),
        ],
    )


def reminder_view(facts: Mapping[str, Any]) -> Message:
    """Remind of a decision that waits, in its thread; who can decide is named once it is urgent."""
    whom = " ".join(person(one) for one in facts.get("whom") or ())
    head = f"⏰ Still to decide: {one_line(facts.get('title'), 200)}"
    return blocks.message(
        head,
        [
            blocks.section(f"{head}{f' {whom}' if whom else ''}"),
            blocks.context(one_line(facts.get("then") or "", 200)),
        ],
    )


def other_view(kind: str, facts: Mapping[str, Any]) -> Message:
    """Show words of a kind this version does not know (a newer daemon beside an older bot): their facts, plainly."""
    words = ", ".join(
        f"{one_line(key, 30)}: {one_line(value, 120)}" for key, value in list(facts.items())[:12]
    )
    return blocks.message(one_line(kind, 60), [blocks.section(f"{name(kind)} {words}")])
