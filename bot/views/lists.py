"""Lists and figures that commands are answered with: agents, money, decisions, what runs by itself, marketing. Pure."""

from collections.abc import Sequence
from typing import Final

from bot.views.message import Message
from bot.views.mrkdwn import cut, escaped
from bot.views.replies import line, page
from company.learning.evaluation import AgentEvaluation, CompanyEvaluation
from company.orders.costs import CostPeriod, Costs
from company.orders.experiments import ExperimentState
from company.orders.schedules import ScheduleView
from company.store.candidates import Candidate
from company.store.marketing import Campaign, Content, Lead
from company.store.patterns import Pattern

_PERIODS: Final = {
    CostPeriod.TODAY: ("today", "yesterday"),
    CostPeriod.WEEK: ("in 7 days", "in the 7 days before"),
    CostPeriod.MONTH: ("in 30 days", "in the 30 days before"),
}


def _rate(one: AgentEvaluation) -> str:
    if one.success_rate is None:
        return "no finished task yet"
    return f"{one.success_rate:.0%} of {one.completed + one.failed}"


def agents(found: Sequence[AgentEvaluation], team: str | None) -> Message:
    """List who works here and how they do."""
    if not found:
        return line("Nobody works here." if team is None else f"Nobody works in {escaped(team)}.")
    return page(
        "Who works here" if team is None else f"Who works in {escaped(found[0].team)}",
        (f"{one.emoji or '•'} *{escaped(one.name)}* · {escaped(one.role)} · {_rate(one)}" for one in found),
        foot="`agent <name>` tells more · `hire <name> as <role>` · `fire <name>`",
    )


def agent(one: AgentEvaluation) -> Message:
    """Show how one agent does."""
    lines = [
        f"{_rate(one)} · {escaped(one.trend)} · {one.points:+.0f} points · ${one.cost_usd:.2f}",
        f"*{escaped(one.recommendation)}*: {escaped(one.why)}",
    ]
    if one.consecutive_failures:
        lines.append(f"{one.consecutive_failures} failed in a row at present")
    return page(f"{one.emoji} {escaped(one.name)} · {escaped(one.role)} · {escaped(one.team)}".strip(), lines)


def costs(found: Costs) -> Message:
    """Show what was spent, with what it is compared to."""
    now, before = _PERIODS[found.period]
    about = "about " if found.is_estimate else ""
    change = _change(found.total_usd, found.before_usd)
    title = f"{about}${found.total_usd:.2f} {now} · ${found.before_usd:.2f} {before}{change}"
    lines = [f"{escaped(one.name)}: ${one.cost_usd:.2f}" for one in found.agents]
    if len(found.days) > 1:
        lines.append("by day: " + " · ".join(f"{one.day[5:]} ${one.cost_usd:.2f}" for one in found.days[-7:]))
    models = ", ".join(
        f"{escaped(one.model)} ${one.cost_usd:.2f} in {one.calls} calls" for one in found.models
    )
    budget = found.budget_usd_per_day
    foot = " · ".join(filter(None, (models, f"budget ${budget:.2f} a day" if budget is not None else "")))
    return page(title, lines or ["No model was called."], foot=foot)


def _change(now: float, before: float) -> str:
    if before <= 0 or round(now, 2) == round(before, 2):
        return ""
    return f" ({'▲' if now > before else '▼'} {abs(now / before - 1):.0%})"


def proposals(found: Sequence[Candidate]) -> Message:
    """List the decisions that wait."""
    return page(
        "Whom the company would hire" if found else "Nothing waits for you.",
        (
            f"*{escaped(one.proposed_agent_name)}* · asked for {one.occurrence_count} times: "
            f"“{escaped(cut(one.normalized_intent, 100))}”"
            for one in found
        ),
        foot="`approve <name>` hires · `dismiss <name>` is for good" if found else "",
    )


def automations(found: Sequence[Candidate]) -> Message:
    """List what became an agent."""
    return page(
        "What the company took over" if found else "Nothing is automated yet.",
        (
            f"*{escaped(one.proposed_agent_name)}* does “{escaped(cut(one.normalized_intent, 100))}”, "
            f"since {escaped((one.approved_at or '')[:10])}"
            for one in found
        ),
    )


def experiments(found: Sequence[ExperimentState]) -> Message:
    """List experiments, with what was decided."""
    return page(
        "Experiments" if found else "No experiment was made yet.",
        (
            f"*{escaped(one.row.name)}* · {one.row.status} · {one.row.current_value:.0%} of {one.row.sample_size}"
            + (f" · {one.row.decision}: {escaped(one.row.decision_reason)}" if one.row.decided_at else "")
            for one in found
        ),
    )


def patterns(found: Sequence[Pattern]) -> Message:
    """List what keeps happening."""
    return page(
        "What keeps happening" if found else "Nothing keeps happening so far.",
        (f"• {escaped(one.title)} ({one.detection_count})" for one in found),
    )


def schedules(found: Sequence[ScheduleView]) -> Message:
    """List what starts by itself."""
    return page(
        "What starts by itself" if found else "Nothing starts by itself.",
        (
            f"*{escaped(one.row.name)}* · {escaped(one.problem or one.words)} · "
            + (
                "paused"
                if one.row.is_paused
                else f"next {escaped((one.next_at or 'never')[:16].replace('T', ' '))}"
            )
            for one in found
        ),
        foot="`schedules pause <name>` · `resume` · `remove`" if found else "",
    )


def evaluated(found: CompanyEvaluation, decided_now: int) -> Message:
    """Say how the company stands."""
    jobs_ended = (
        ", ".join(f"{count} {status}" for status, count in found.jobs.items() if count) or "none ended"
    )
    return page(
        f"{escaped(found.company)}, {found.day}",
        [
            f"jobs of the last day: {escaped(jobs_ended)} · {found.points:+.0f} points · ${found.cost_usd:.2f}",
            f"experiments decided now: {decided_now} · proposals open: {len(found.proposals)}",
            *(
                f"{one.emoji or '•'} *{escaped(one.name)}*: {escaped(one.recommendation)}, {escaped(one.why)}"
                for one in found.agents
                if one.completed + one.failed
            ),
        ],
    )


def leads(found: Sequence[Lead]) -> Message:
    """List leads."""
    return page(
        "Leads" if found else "No leads yet.",
        (
            f"• {escaped(one.name or one.email or one.id)} · {escaped(one.company or one.source)} · "
            f"{one.status} · {one.score}/100"
            for one in found
        ),
    )


def campaigns(found: Sequence[Campaign]) -> Message:
    """List campaigns."""
    return page(
        "Campaigns" if found else "No campaigns yet.",
        (f"• *{escaped(one.name)}* · {one.type} · {one.status}" for one in found),
    )


def content(found: Sequence[Content]) -> Message:
    """List pieces of content."""
    return page(
        "Content" if found else "No content yet.",
        (f"• *{escaped(one.title)}* · {one.type} · {one.status} · {one.word_count} words" for one in found),
    )
