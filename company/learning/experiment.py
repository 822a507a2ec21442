"""An experiment: one treatment (an agent, a model, a prompt, a runner) against what is done by default.

What its outcomes and its deadline make of it, by policy ``rules``. Outcomes after the deadline do not
count, so a verdict does not depend on how long after it somebody evaluates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from company.learning.rules import Decision, Outcome, Standing, judge


class ExperimentStatus(StrEnum):
    """Where an experiment stands; the same words as in schema.sql, table experiments."""

    ACTIVE = "active"
    SUCCESSFUL = "successful"  #: double_down: the treatment receives more tasks
    KILLED = "killed"  #: kill: the treatment receives no more tasks
    FAILED = "failed"  #: a person or its deadline ended it without either


class ArmKind(StrEnum):
    """What differs between the treatment and the default; the same words as in schema.sql."""

    AGENT = "agent"
    MODEL = "model"
    PROMPT = "prompt"
    RUNNER = "runner"


#: decision -> status of the experiment
STATUS: Final[dict[Decision, ExperimentStatus]] = {
    Decision.KEEP: ExperimentStatus.ACTIVE,
    Decision.KILL: ExperimentStatus.KILLED,
    Decision.DOUBLE_DOWN: ExperimentStatus.SUCCESSFUL,
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an evaluation finds: a value, the same however often it is asked for."""

    status: ExperimentStatus
    standing: Standing
    reason: str  #: for people; '' while active
    decided_at: str | None  #: when its outcomes, or its deadline, decided it; None while active


def verdict_on(outcomes: Iterable[Outcome], *, ends_at: str | None, now: str) -> Verdict:
    """Judge an experiment's recorded outcomes. ``ends_at`` is its deadline or None; times as stored."""
    in_time = [outcome for outcome in outcomes if ends_at is None or outcome.recorded_at <= ends_at]
    standing = judge(in_time)
    status = STATUS[standing.decision]
    if status is ExperimentStatus.ACTIVE and ends_at is not None and now > ends_at:
        reason = f"its time ended after {_attempts(standing.attempts)} without a decision"
        return Verdict(status=ExperimentStatus.FAILED, standing=standing, reason=reason, decided_at=ends_at)
    return Verdict(status=status, standing=standing, reason=standing.reason, decided_at=standing.decided_at)


def _attempts(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count} attempts"
