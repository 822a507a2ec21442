"""Bring an experiment up to its outcomes: the counters, the decision, its reward and the words about it.

A decision belongs to the outcomes: the first of them, in order of (time, id), at which a rule fires. Judging only
finds it. So it does not matter when, how often or how many at once judge: whoever finds the experiment active writes
all of it in one transaction, and everyone else finds it decided.

An experiment that a person reopened begins a new round. The reopening is a metric of the experiment: it names the
newest outcome there was, and outcomes up to that one do not count again.
"""

from typing import TYPE_CHECKING, Any, Final

from company.learning.experiment import ExperimentStatus, Verdict, verdict_on
from company.learning.reward import POINTS, decision_cause
from company.learning.rules import Outcome
from company.store import experiments, metrics, outbox, rewards

if TYPE_CHECKING:
    from company.store.experiments import Experiment
    from company.store.gate import Reading, Transaction

REOPENED: Final = "reopened"  # the metric's name; its value is the number of the new round, from 2


def judge(tx: "Transaction", experiment_id: str) -> bool:
    """Judge an experiment inside a transaction; say whether that decided it. A decided one stays as it is."""
    row = experiments.get(tx, experiment_id)
    if row.status is not ExperimentStatus.ACTIVE:
        return False
    reopenings = _reopenings(tx, experiment_id)
    outcomes = _outcomes_of_round(tx, experiment_id, reopenings)
    verdict = verdict_on(outcomes, ends_at=row.ends_at, now=tx.now_iso)
    changes = _changes(row, verdict)
    if changes:
        experiments.note(tx, experiment_id, **changes)
    if verdict.status is ExperimentStatus.ACTIVE:
        return False
    points = POINTS.get(f"experiment {verdict.status.value}")
    if points is not None:
        cause = decision_cause(verdict.status.value, len(reopenings))
        rewards.issue(tx, "experiment", experiment_id, cause, points, verdict.reason)
    tell_experiment(tx, experiment_id)
    return True


def begin_round(tx: "Transaction", experiment_id: str, *, by: str, reason: str, ends_at: str | None) -> bool:
    """Make a decided experiment active again, for outcomes to come; False when it is active."""
    nothing_yet = {"sample_size": 0, "current_value": 0.0, "consecutive_failures": 0}
    if not experiments.reopen(tx, experiment_id, **nothing_yet, ends_at=ends_at):
        return False
    newest = max(experiments.outcomes(tx, _treatment_id(tx, experiment_id)), default=None)
    after = [newest.recorded_at, newest.id] if newest else ["", ""]
    number = len(_reopenings(tx, experiment_id)) + 2
    context = {"after": after, "by": by, "reason": reason}
    metrics.record(tx, "experiment", experiment_id, REOPENED, number, context)
    return True


def tell_experiment(tx: "Transaction", experiment_id: str) -> None:
    """Queue the words about an experiment that was decided, ended or reopened; once a round and status."""
    row = experiments.get(tx, experiment_id)
    number = len(_reopenings(tx, experiment_id)) + 1
    treatment, default = experiments.arms_of(tx, experiment_id)
    outbox.say(
        tx,
        kind="experiment",
        subject_id=experiment_id,
        dedup_key=f"experiment:{experiment_id}:{number}:{row.status.value}",
        payload={
            "name": row.name,
            "status": row.status.value,
            "decision": row.decision.value,
            "reason": row.decision_reason,
            "attempts": row.sample_size,
            "success_rate": row.current_value,
            "treatment": f"{treatment.kind.value} {treatment.value} instead of {default.value}",
        },
    )


def _changes(row: "Experiment", verdict: Verdict) -> dict[str, Any]:
    """Return the columns that differ from what the outcomes say now."""
    standing = verdict.standing
    columns: dict[str, Any] = {
        "sample_size": standing.attempts,
        "current_value": standing.success_rate,
        "consecutive_failures": standing.consecutive_failures,
        "status": verdict.status,
        "decision": standing.decision,
        "decision_reason": verdict.reason or None,
        "decided_at": verdict.decided_at,
    }
    return {name: value for name, value in columns.items() if getattr(row, name) != value}


def _outcomes_of_round(
    tx: "Reading", experiment_id: str, reopenings: "list[metrics.Metric]"
) -> list[Outcome]:
    after_at, after_id = reopenings[-1].context["after"] if reopenings else ("", "")
    found = experiments.outcomes(tx, _treatment_id(tx, experiment_id), after_at)
    return [outcome for outcome in found if (outcome.recorded_at, outcome.id) > (after_at, after_id)]


def _reopenings(tx: "Reading", experiment_id: str) -> "list[metrics.Metric]":
    return metrics.of_entity(tx, "experiment", experiment_id, REOPENED)


def _treatment_id(tx: "Reading", experiment_id: str) -> str:
    return next(arm.id for arm in experiments.arms_of(tx, experiment_id) if arm.is_treatment)
