"""What the checks say, compared with what they said before any work was done (the baseline).

What was green must be green; what was red and stays red is reported and blamed on nobody; a check that the
priority file itself names must be green at the end, whatever it was before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NOT_JUDGED = "red before and after: not judged"  #: the verdict on what was nobody's fault


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One run of one check."""

    name: str
    is_green: bool
    exit_code: int | None  #: None: it did not end by itself
    duration_s: float
    tail: str = ""  #: the last lines it wrote, bounded


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that must be mended, and who is to mend it (None: everyone who worked)."""

    agent_id: str | None
    source: str  #: 'run', 'merge', 'check: unit tests', 'review', 'base'
    text: str
    detail: str = ""  #: bounded evidence: a check's last lines, a list of files


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One check, before and after."""

    name: str
    before: bool | None  #: None: it was not run before
    after: bool
    verdict: str  #: 'green', 'mended', 'broken', 'still red', 'red before and after: not judged'
    is_fault: bool


def compare(
    baseline: Iterable[CheckResult], after: Iterable[CheckResult], named_by_file: Iterable[str]
) -> tuple[Comparison, ...]:
    """Judge each check of ``after`` against ``baseline``; ``named_by_file`` must be green in any case."""
    before = {check.name: check.is_green for check in baseline}
    must_be_green = set(named_by_file)
    return tuple(_compare_one(check, before.get(check.name), check.name in must_be_green) for check in after)


def _compare_one(check: CheckResult, before: bool | None, is_named: bool) -> Comparison:
    if check.is_green:
        verdict, is_fault = ("mended" if before is False else "green"), False
    elif before is not False:
        verdict, is_fault = "broken", True
    elif is_named:
        verdict, is_fault = "still red", True
    else:
        verdict, is_fault = NOT_JUDGED, False
    return Comparison(
        name=check.name, before=before, after=check.is_green, verdict=verdict, is_fault=is_fault
    )


def doubts(comparisons: Iterable[Comparison], *, is_of_repository: bool = True) -> str:
    """Say why good checks are no proof; '' when they are. For the first line that people read of a completed job.

    A repository that has no checks, or only such as were red before, leaves the work unverified.
    """
    judged = list(comparisons)
    if not judged:
        return "not verified: the repository has no checks" if is_of_repository else ""
    unjudged = [one.name for one in judged if one.verdict == NOT_JUDGED]
    if not unjudged:
        return ""
    names = ", ".join(unjudged)
    if len(unjudged) == len(judged):
        return f"not verified: {names} {'is' if len(unjudged) == 1 else 'are'} red before and after"
    return f"{names} not judged: red before and after"


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one agent put into the tree: whom to ask when a check turns red."""

    agent_id: str
    files: tuple[str, ...]  #: paths it changed
    broke: frozenset[str] = (
        frozenset()
    )  #: checks that were green on what it started from and red on its own work


def responsible(check: CheckResult, contributions: Iterable[Contribution]) -> tuple[str, ...]:
    """Name the agents a red check goes back to, by the strongest evidence there is.

    First those on whose own work, taken alone, the check turned red; else those whose changed files the check's
    output names; else all of them, because a fault that only shows in combination is everybody's.
    """
    working = [one for one in contributions if one.files]
    broke = tuple(one.agent_id for one in working if check.name in one.broke)
    if broke:
        return broke
    mentioned = tuple(one.agent_id for one in working if any(path in check.tail for path in one.files))
    return mentioned or tuple(one.agent_id for one in working)


def check_from_dict(facts: Mapping[str, Any]) -> CheckResult:
    """Read a check's result back from JSON state."""
    return CheckResult(**facts)
