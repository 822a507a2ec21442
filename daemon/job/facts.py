"""What one step of a job tells the next: JSON values, recorded by the engine, so that a restart sees the same."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NotRequired, TypedDict

from company.work.verification import CheckResult, Finding


class CheckFacts(TypedDict):
    """A check of this job."""

    name: str
    argv: list[str]
    is_named: bool  #: the priority file itself names it: it must be green at the end


class PlanFacts(TypedDict):
    """Step 3: who works, in which order."""

    waves: list[list[str]]
    descriptions: dict[str, str]
    verifier_id: str | None
    reviewer_id: str | None
    max_iterations: int
    left_out: dict[str, str]


class ReadyFacts(TypedDict):
    """Step 4: where the work happens and how things stood before it."""

    clone: str  #: name of the service's clone
    source: str | None  #: the target as it was given; None for a workspace of the job's own
    branch: str
    base_branch: str
    base_commit: str
    setup: list[list[str]]
    checks: list[CheckFacts]
    baseline: list[dict[str, Any]]  #: CheckResult


class RunFacts(TypedDict):
    """Steps 5 and 6: one run of one agent."""

    agent_id: str
    task_id: str
    iteration: int
    started_from: str  #: the commit it began with
    ended_well: bool
    reason: str  #: why it did not end well
    commit: str | None
    files: list[str]
    notes: list[str]  #: overreach that was seen and undone


class MergeFacts(TypedDict):
    """Step 5: a wave's branches brought together."""

    head: str
    conflicts: dict[str, list[str]]  #: agent id -> files that conflict with a colleague's


class VerdictFacts(TypedDict):
    """Step 7: what the checks and the review said."""

    checks: list[dict[str, Any]]  #: CheckResult
    comparisons: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    back_to: list[str]


class BaseFacts(TypedDict):
    """Step 8: the base, looked at again before delivery."""

    state: str  #: 'unchanged', 'merged', 'conflict'
    head: str
    base_commit: str
    conflicts: list[str]


class DeliveredFacts(TypedDict):
    """Step 8: where the work went."""

    commit: str
    branch: str
    delivered_to: str | None
    patch: str | None
    pr_url: str | None
    files: list[str]


class StoryFacts(TypedDict):
    """All of it: what the closing step writes the report from."""

    status: str
    outcome: str
    plan: NotRequired[PlanFacts]
    ready: NotRequired[ReadyFacts]
    runs: list[RunFacts]
    verdicts: list[VerdictFacts]
    delivered: NotRequired[DeliveredFacts]
    head: NotRequired[str]


class Ends(TypedDict):
    """In place of a step's result: the job ends here."""

    ends: str  #: the status it ends with
    outcome: str


def finding_facts(finding: Finding) -> dict[str, Any]:
    """Turn a finding into a JSON value."""
    return asdict(finding)


def finding_from(facts: Mapping[str, Any]) -> Finding:
    """Read a finding back."""
    return Finding(**facts)


def check_facts(check: CheckResult) -> dict[str, Any]:
    """Turn a check's result into a JSON value."""
    return asdict(check)


def check_from(facts: Mapping[str, Any]) -> CheckResult:
    """Read a check's result back."""
    return CheckResult(**facts)
