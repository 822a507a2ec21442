"""Policy ``rules``, the contract's: when a treatment is killed or doubled, and the advice about an agent.

A decision is **the first point, going through the outcomes in order of (time, id), at which kill or
double_down fires, and it is final**. Judging is therefore a fold: it may be cut at any point and go on from
the standing, as often as one likes, and ends the same. Nothing after the deciding outcome is counted, so
that a late evaluation stores what a prompt one would have stored.

Shares are compared as integers (``10 * S >= 9 * n``): 0.9 has no exact float.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

FAILURES_TO_KILL: Final = 3  # in a row
ATTEMPTS_TO_JUDGE: Final = 5  # before a share says anything
ATTEMPTS_TO_FIRE: Final = 10


@dataclass(frozen=True, kw_only=True, order=True)
class Outcome:
    """One finished attempt. Sorted as the contract goes through them: by time, then id."""

    recorded_at: str  #: UTC, as stored
    id: str  #: of the task
    is_success: bool


class Decision(StrEnum):
    """What becomes of a treatment; the same words as in schema.sql, table experiments."""

    KEEP = "keep"
    KILL = "kill"
    DOUBLE_DOWN = "double_down"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the outcomes so far amount to, up to the one that decided."""

    attempts: int = 0
    successes: int = 0
    consecutive_failures: int = 0  #: at the end
    decision: Decision = Decision.KEEP
    reason: str = ""  #: for people; '' while nothing fired
    decided_at: str | None = None  #: time of the outcome that decided; None while nothing fired

    @property
    def success_rate(self) -> float:
        """Share of successes in [0, 1]; 0 before the first attempt."""
        return self.successes / self.attempts if self.attempts else 0.0

    def after(self, outcome: Outcome) -> "Standing":
        """Return the standing with one more outcome, the next in order; a decided one stays as it is."""
        if self.decision is not Decision.KEEP:
            return self
        attempts = self.attempts + 1
        successes = self.successes + outcome.is_success
        failures = 0 if outcome.is_success else self.consecutive_failures + 1
        decision, reason = decide(attempts, successes, failures)
        return replace(
            self,
            attempts=attempts,
            successes=successes,
            consecutive_failures=failures,
            decision=decision,
            reason=reason,
            decided_at=None if decision is Decision.KEEP else outcome.recorded_at,
        )


def judge(outcomes: Iterable[Outcome], so_far: Standing | None = None) -> Standing:
    """Go through ``outcomes`` in order of (time, id), from the beginning or on from a former standing."""
    standing = so_far or Standing()
    for outcome in sorted(outcomes):
        standing = standing.after(outcome)
    return standing


def decide(attempts: int, successes: int, consecutive_failures: int) -> tuple[Decision, str]:
    """Apply the rules in the contract's order; return the decision and its reason, '' for keep."""
    if consecutive_failures >= FAILURES_TO_KILL:
        return Decision.KILL, f"{consecutive_failures} failures in a row"
    if attempts < ATTEMPTS_TO_JUDGE:
        return Decision.KEEP, ""
    share = f"{successes} of {attempts} attempts succeeded"
    if 10 * successes >= 9 * attempts:
        return Decision.DOUBLE_DOWN, f"{share}: 90 % or more"
    if 10 * successes < 3 * attempts:
        return Decision.KILL, f"{share}: less than 30 %"
    return Decision.KEEP, ""


class Recommendation(StrEnum):
    """Advice about an agent. Fire is advice too: a person acts."""

    MONITOR = "Monitor"
    FIRE = "Fire"
    INVESTIGATE = "Investigate"
    DOUBLE_DOWN = "Double Down"
    CONTINUE = "Continue"


def recommend(completed: int, failed: int) -> tuple[Recommendation, str]:
    """Advise from an agent's finished tasks, most severe first; return the advice and why."""
    finished = completed + failed
    if finished < ATTEMPTS_TO_JUDGE:
        return Recommendation.MONITOR, f"{finished} finished: fewer than {ATTEMPTS_TO_JUDGE} say nothing"
    share = f"{completed} of {finished} completed"
    if finished >= ATTEMPTS_TO_FIRE and 10 * completed < 3 * finished:
        return Recommendation.FIRE, f"{share}: less than 30 %"
    if 2 * completed < finished:
        return Recommendation.INVESTIGATE, f"{share}: less than half"
    if 10 * completed >= 9 * finished:
        return Recommendation.DOUBLE_DOWN, f"{share}: 90 % or more"
    return Recommendation.CONTINUE, share
