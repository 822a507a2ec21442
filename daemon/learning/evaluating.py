"""The scheduled evaluation: experiments, patterns, the report of the day and the words about it.

Each part is harmless when repeated, so a crash between two of them, a second host or an impatient person change
nothing: decisions and rewards are written once (``company.orders.judging``), patterns and proposals as often as
the facts change, the report is the same file for the same facts, and the words about it go out once a day.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from company.clock import to_iso
from company.learning.evaluation import DAY, AgentEvaluation, CompanyEvaluation, render_evaluation
from company.learning.rules import Recommendation
from company.orders import experiments, patterns
from company.orders.evaluations import company_evaluation
from company.orders.experiments import ExperimentState
from company.orders.office import Actor, Office
from company.orders.patterns import Detected
from company.store import outbox, usage
from daemon.job.state_files import write_atomically

if TYPE_CHECKING:
    from company.store.gate import Transaction

log = logging.getLogger(__name__)

#: what a person should act on
TOLD_ADVICE: Final = (Recommendation.FIRE, Recommendation.INVESTIGATE, Recommendation.DOUBLE_DOWN)


@dataclass(frozen=True, kw_only=True)
class EvaluationDone:
    """What an evaluation found and wrote."""

    evaluation: CompanyEvaluation
    decided: tuple[ExperimentState, ...]  #: by this run; another's decisions are in ``evaluation``
    detected: Detected
    report: Path


def run_evaluation(office: Office, actor: Actor) -> EvaluationDone:
    """Evaluate the company. Raises NotPermitted, and OSError when the report cannot be written."""
    decided = tuple(one for one in experiments.evaluate(office, actor) if one.is_changed)
    detected = patterns.detect(office, actor)
    evaluation = company_evaluation(office)
    report = write_report(office, evaluation)
    _tell(office, evaluation, report)
    for state in decided:
        log.info("experiment %s: %s (%s)", state.row.name, state.row.decision, state.row.decision_reason)
    return EvaluationDone(evaluation=evaluation, decided=decided, detected=detected, report=report)


def write_report(office: Office, evaluation: CompanyEvaluation) -> Path:
    """Write ``reports/evaluation-YYYY-MM-DD.md``, whole; a later evaluation of the day replaces it."""
    folder = office.config.folders.reports
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"evaluation-{evaluation.day}.md"
    write_atomically(path, render_evaluation(evaluation))
    return path


def _advise(tx: "Transaction", one: AgentEvaluation, day: str) -> None:
    """Advise to let an agent go, once a month at most: a person decides."""
    outbox.say(
        tx,
        kind="advice",
        subject_id=f"advice-{one.agent_id}",
        dedup_key=f"advice:{one.agent_id}:{day[:7]}",
        payload={"agent_id": one.agent_id, "name": one.name, "why": one.why, "policy": "rules"},
    )


def _tell(office: Office, evaluation: CompanyEvaluation, report: Path) -> None:
    subject = f"evaluation-{evaluation.day}"
    now = office.clock.now()
    with office.store.transaction() as tx:
        before = usage.cost_between(tx, to_iso(now - 2 * DAY), to_iso(now - DAY))
        outbox.say(
            tx,
            kind="evaluation",
            subject_id=subject,
            dedup_key=f"evaluation:{evaluation.day}",
            payload={**_numbers(evaluation), "report": report.name, "cost_usd_before": before},
        )
        outbox.say(
            tx,
            kind="file",
            subject_id=subject,
            dedup_key=f"file:{subject}",
            payload={
                "path": os.path.relpath(report, office.config.root),
                "title": f"Evaluation of {evaluation.day}",
                "thread_of": subject,
            },
        )
        for one in evaluation.agents:
            if one.recommendation is Recommendation.FIRE:
                _advise(tx, one, evaluation.day)


def _numbers(evaluation: CompanyEvaluation) -> dict[str, Any]:
    return {
        "day": evaluation.day,
        "jobs": dict(evaluation.jobs),
        "points": evaluation.points,
        "cost_usd": evaluation.cost_usd,
        "experiments_decided": sum(one.is_decided_today for one in evaluation.experiments),
        "patterns": sum(not one.is_watch for one in evaluation.patterns),
        "proposals": len(evaluation.proposals),
        "advice": [
            {"agent": one.name, "advice": one.recommendation.value}
            for one in evaluation.agents
            if one.recommendation in TOLD_ADVICE
        ],
    }
