"""How good is each agent, and how does the company stand? Looked at, never changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from company.clock import to_iso
from company.learning.evaluation import (
    DAY,
    AgentEvaluation,
    AgentFacts,
    CompanyEvaluation,
    ExperimentLine,
    ProposalLine,
    evaluate_agent,
)
from company.learning.experiment import ExperimentStatus
from company.learning.pattern import Sighting
from company.orders.office import Office
from company.orders.patterns import TASKS_WINDOW, look
from company.orders.references import find_agent
from company.orders.schedules import company_time_zone
from company.store import agents, candidates, experiments, patterns, rewards, tallies, tasks, teams, usage

if TYPE_CHECKING:
    from company.store.experiments import Experiment
    from company.store.gate import Reading


def agent_evaluation(office: Office, agent: str) -> AgentEvaluation:
    """Evaluate one agent, fired or not, by its id or name. Raises OrderRefused when there is no such."""
    with office.store.reading() as tx:
        wanted = find_agent(tx, agent).id
        return next(one for one in _agents(tx, office.clock.now()) if one.agent_id == wanted)


def agent_evaluations(office: Office, *, include_inactive: bool = False) -> tuple[AgentEvaluation, ...]:
    """Evaluate every agent, by team domain and name."""
    with office.store.reading() as tx:
        return tuple(_agents(tx, office.clock.now(), include_inactive=include_inactive))


def company_evaluation(office: Office) -> CompanyEvaluation:
    """Evaluate the company over the last 24 hours."""
    now = office.clock.now()
    since, until = to_iso(now - DAY), to_iso(now + timedelta(milliseconds=1))
    with office.store.reading() as tx:
        return CompanyEvaluation(
            company=office.config.company.name,
            day=now.astimezone(ZoneInfo(company_time_zone(office.config))).date().isoformat(),
            jobs=tallies.jobs_ended(tx, since, until),
            points=rewards.total_between(tx, since, until),
            cost_usd=usage.cost_between(tx, since, until),
            agents=_agents(tx, now, include_inactive=False),
            experiments=_experiments(tx, since),
            patterns=_patterns(tx, now),
            proposals=[
                ProposalLine(
                    candidate_id=one.id,
                    agent_name=one.proposed_agent_name,
                    intent=one.normalized_intent,
                    commands=one.occurrence_count,
                )
                for one in candidates.list_candidates(tx)
            ],
        )


def _agents(tx: "Reading", now: datetime, *, include_inactive: bool = True) -> list[AgentEvaluation]:
    finished = tasks.finished_by_agent(tx, to_iso(now - TASKS_WINDOW))
    points, cost = rewards.points_by_agent(tx), usage.cost_by_agent(tx)
    team_names = {team.id: team.name for team in teams.list_teams(tx)}
    return [
        evaluate_agent(
            AgentFacts(
                agent_id=row.id,
                name=row.name,
                role=row.role,
                emoji=row.emoji,
                team=team_names[row.team_id],
                completed=row.total_tasks_completed,
                failed=row.total_tasks_failed,
                avg_duration_s=row.avg_duration_seconds,
                points=points.get(row.id, 0.0),
                cost_usd=cost.get(row.id, 0.0),
                tasks=finished.get(row.id, ()),
            ),
            now,
        )
        for row in agents.list_agents(tx, include_inactive=include_inactive)
    ]


def _experiments(tx: "Reading", since: str) -> list[ExperimentLine]:
    """Show what is active, and what was decided since."""
    rows = experiments.list_experiments(tx)
    return [
        _line(tx, row, is_decided=row.status is not ExperimentStatus.ACTIVE)
        for row in rows
        if row.status is ExperimentStatus.ACTIVE or row.updated_at >= since
    ]


def _line(tx: "Reading", row: "Experiment", *, is_decided: bool) -> ExperimentLine:
    treatment, default = experiments.arms_of(tx, row.id)
    return ExperimentLine(
        name=row.name,
        treatment=f"{treatment.kind.value} {treatment.value} instead of {default.value}",
        status=row.status.value,
        decision=row.decision.value,
        attempts=row.sample_size,
        success_rate=row.current_value,
        reason=row.decision_reason or "",
        is_decided_today=is_decided,
    )


def _patterns(tx: "Reading", now: datetime) -> Sequence[Sighting]:
    """Return what the facts show now, but for what a person called a false positive."""
    seen = look(tx, now)
    found = [*seen.sightings, *(repetition.sighting for repetition in seen.repetitions)]
    wrong = {
        (row.pattern_type, row.subject)
        for row in patterns.list_patterns(tx)
        if row.status == "false_positive"
    }
    return [one for one in found if (one.type, one.subject) not in wrong]
