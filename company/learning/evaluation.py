"""The evaluation of an agent and of the company on one day: records, and the daily report as Markdown.

Everything is computed from facts that are handed in, so the same facts give the same record and the same
text: an evaluation that runs twice, or on two hosts, writes the same report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from company.clock import to_iso
from company.learning.pattern import Sighting
from company.learning.rules import ATTEMPTS_TO_JUDGE, Outcome, Recommendation, recommend

TREND_WINDOW: Final = timedelta(days=14)
TREND_STEP: Final = 0.1  # share; a smaller difference is called steady
DAY: Final = timedelta(days=1)
NONE: Final = "-"  # in a cell that has nothing to say


class Trend(StrEnum):
    """The last 14 days against the 14 before."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"
    TOO_FEW = "too few tasks"


@dataclass(frozen=True, kw_only=True, order=True)
class FinishedTask(Outcome):
    """One completed or failed task of an agent."""

    task_type: str
    error: str  #: '' when it completed


@dataclass(frozen=True, kw_only=True)
class AgentFacts:
    """What is stored about an agent: its counters, and its newest tasks."""

    agent_id: str
    name: str
    role: str
    emoji: str
    team: str  #: name
    completed: int  #: ever; the incremental counters
    failed: int
    avg_duration_s: float
    points: float  #: ledger: its own rewards and those of its tasks
    cost_usd: float
    tasks: Sequence[FinishedTask]  #: at least those of the last 28 days, in any order


@dataclass(frozen=True, kw_only=True)
class Strength:
    """How an agent does on one kind of work, lately."""

    task_type: str
    completed: int
    finished: int


@dataclass(frozen=True, kw_only=True)
class AgentEvaluation:
    """How good an agent is, and what to do about it."""

    agent_id: str
    name: str
    role: str
    emoji: str
    team: str
    completed: int
    failed: int
    success_rate: float | None  #: share in [0, 1]; None before the first finished task
    consecutive_failures: int  #: at present
    trend: Trend
    avg_duration_s: float
    points: float
    cost_usd: float
    strengths: tuple[Strength, ...]  #: most worked on first
    recommendation: Recommendation
    why: str


def evaluate_agent(facts: AgentFacts, now: datetime) -> AgentEvaluation:
    """Evaluate one agent. Only completed and failed tasks count."""
    finished = facts.completed + facts.failed
    recommendation, why = recommend(facts.completed, facts.failed)
    return AgentEvaluation(
        agent_id=facts.agent_id,
        name=facts.name,
        role=facts.role,
        emoji=facts.emoji,
        team=facts.team,
        completed=facts.completed,
        failed=facts.failed,
        success_rate=facts.completed / finished if finished else None,
        consecutive_failures=_trailing_failures(facts.tasks),
        trend=_trend(facts.tasks, now),
        avg_duration_s=facts.avg_duration_s,
        points=facts.points,
        cost_usd=facts.cost_usd,
        strengths=_strengths(facts.tasks),
        recommendation=recommendation,
        why=why,
    )


def _trailing_failures(tasks: Sequence[FinishedTask]) -> int:
    count = 0
    for task in sorted(tasks, reverse=True):
        if task.is_success:
            break
        count += 1
    return count


def _trend(tasks: Sequence[FinishedTask], now: datetime) -> Trend:
    middle, begin = to_iso(now - TREND_WINDOW), to_iso(now - 2 * TREND_WINDOW)
    before = [task.is_success for task in tasks if begin <= task.recorded_at < middle]
    lately = [task.is_success for task in tasks if task.recorded_at >= middle]
    if min(len(before), len(lately)) < ATTEMPTS_TO_JUDGE:
        return Trend.TOO_FEW
    step = sum(lately) / len(lately) - sum(before) / len(before)
    if abs(step) < TREND_STEP:
        return Trend.STEADY
    return Trend.RISING if step > 0 else Trend.FALLING


def _strengths(tasks: Sequence[FinishedTask]) -> tuple[Strength, ...]:
    by_type: dict[str, list[bool]] = {}
    for task in tasks:
        by_type.setdefault(task.task_type, []).append(task.is_success)
    found = [
        Strength(task_type=kind, completed=sum(results), finished=len(results))
        for kind, results in by_type.items()
    ]
    return tuple(sorted(found, key=lambda strength: (-strength.finished, strength.task_type)))


@dataclass(frozen=True, kw_only=True)
class ExperimentLine:
    """One experiment as the report shows it."""

    name: str
    treatment: str  #: 'model opus instead of sonnet'
    status: str
    decision: str
    attempts: int
    success_rate: float
    reason: str
    is_decided_today: bool


@dataclass(frozen=True, kw_only=True)
class ProposalLine:
    """A repeated command that waits for a person's word."""

    candidate_id: str
    agent_name: str
    intent: str
    commands: int


@dataclass(frozen=True, kw_only=True)
class CompanyEvaluation:
    """The company on one day: what the daily report says. The day is the 24 hours before the evaluation."""

    company: str
    day: str  #: YYYY-MM-DD in the company's time zone: the name of the report
    jobs: Mapping[str, int]  #: final or blocked status -> jobs that reached it that day
    points: float  #: rewards of that day
    cost_usd: float  #: of that day
    agents: Sequence[AgentEvaluation]
    experiments: Sequence[ExperimentLine]
    patterns: Sequence[Sighting]  #: seen that day or earlier and still in their window; watched ones too
    proposals: Sequence[ProposalLine]


def render_evaluation(evaluation: CompanyEvaluation) -> str:
    """Write the daily report as Markdown."""
    parts = [
        f"# Evaluation of {evaluation.day}: {_text(evaluation.company)}",
        _summary(evaluation),
        _agents(evaluation.agents),
        _experiments(evaluation.experiments),
        _patterns(evaluation.patterns),
        _proposals(evaluation.proposals),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(evaluation: CompanyEvaluation) -> str:
    jobs = ", ".join(f"{count} {status}" for status, count in sorted(evaluation.jobs.items()) if count)
    cost = f"${evaluation.cost_usd:.2f}" if evaluation.cost_usd else "no model used"
    return f"In the last 24 hours: {jobs or 'no job ended'}; {evaluation.points:+g} points; {cost}."


def _agents(agents: Sequence[AgentEvaluation]) -> str:
    worked = [agent for agent in agents if agent.completed + agent.failed]
    idle = [agent.name for agent in agents if not agent.completed + agent.failed]
    lines = ["## Agents"]
    if worked:
        head = "| agent | team | done | failed | success | trend | points | cost | advice | why |"
        lines.append("\n".join([head, "|" + "---|" * 10, *(_agent_row(agent) for agent in worked)]))
    if idle:
        lines.append(f"No finished task yet: {_text(', '.join(idle))}.")
    return "\n\n".join(lines)


def _agent_row(agent: AgentEvaluation) -> str:
    best = [s for s in agent.strengths if s.finished >= ATTEMPTS_TO_JUDGE]
    strengths = "".join(f"; {s.task_type} {s.completed} of {s.finished}" for s in best[:3])
    cells = (
        f"{agent.emoji} {agent.name}".strip(),
        agent.team,
        str(agent.completed),
        str(agent.failed),
        _percent(agent.success_rate),
        agent.trend.value,
        f"{agent.points:+g}",
        f"${agent.cost_usd:.2f}" if agent.cost_usd else NONE,
        agent.recommendation.value,
        agent.why + strengths,
    )
    return "| " + " | ".join(_text(cell) for cell in cells) + " |"


def _experiments(experiments: Sequence[ExperimentLine]) -> str:
    if not experiments:
        return ""
    head = "| experiment | tries | status | decision | attempts | success | why |"
    rows = [head, "|" + "---|" * 7, *(_experiment_row(one) for one in experiments)]
    return "## Experiments\n\n" + "\n".join(rows)


def _experiment_row(one: ExperimentLine) -> str:
    cells = (
        one.name,
        one.treatment,
        f"{one.status}, today" if one.is_decided_today else one.status,
        one.decision.replace("_", " "),
        str(one.attempts),
        _percent(one.success_rate if one.attempts else None),
        one.reason,
    )
    return "| " + " | ".join(_text(cell) for cell in cells) + " |"


def _patterns(patterns: Sequence[Sighting]) -> str:
    if not patterns:
        return ""
    rows = [
        f"- **{_text(one.title)}**{' (to watch)' if one.is_watch else ''}: {_text(one.description)}"
        for one in patterns
    ]
    return "## What keeps happening\n\n" + "\n".join(rows)


def _proposals(proposals: Sequence[ProposalLine]) -> str:
    if not proposals:
        return ""
    rows = [
        f"- Hire **{_text(one.agent_name)}** for “{_text(one.intent)}”: {one.commands} commands so far "
        f"(`{one.candidate_id}`)"
        for one in proposals
    ]
    return "## Waiting for a word\n\n" + "\n".join(rows)


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.1f} %"


def _text(value: str) -> str:
    """Keep what people and agents wrote in its place: one line, no table cell, no markup of its own."""
    line = " ".join(value.split())
    for mark in "\\|*_`<[":
        line = line.replace(mark, f"\\{mark}")
    return line
