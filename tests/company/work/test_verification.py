"""Checks before and after, and who is asked to mend what turned red."""

import pytest

from company.work.verification import CheckResult, Contribution, compare, doubts, responsible


def check(name: str, is_green: bool, tail: str = "") -> CheckResult:
    return CheckResult(
        name=name, is_green=is_green, exit_code=0 if is_green else 1, duration_s=0.1, tail=tail
    )


@pytest.mark.parametrize(
    ("before", "after", "is_named", "verdict", "is_fault"),
    [
        (True, True, False, "green", False),
        (True, False, False, "broken", True),
        (False, True, False, "mended", False),
        (False, False, False, "red before and after: not judged", False),
        (False, False, True, "still red", True),
        (True, False, True, "broken", True),
        (None, False, False, "broken", True),
        (None, True, True, "green", False),
    ],
)
def test_a_check_is_judged_against_the_baseline(
    before: bool | None, after: bool, is_named: bool, verdict: str, is_fault: bool
) -> None:
    baseline = [] if before is None else [check("tests", before)]
    [comparison] = compare(baseline, [check("tests", after)], ["tests"] if is_named else [])
    assert (comparison.verdict, comparison.is_fault, comparison.before) == (verdict, is_fault, before)


@pytest.mark.parametrize(
    ("checks", "is_of_repository", "words"),
    [
        ([("tests", True, True)], True, ""),
        ([("tests", False, True)], True, ""),
        ([("tests", False, False)], True, "not verified: tests is red before and after"),
        ([("a", False, False), ("b", False, False)], True, "not verified: a, b are red before and after"),
        ([("a", False, False), ("b", True, True)], True, "a not judged: red before and after"),
        ([], True, "not verified: the repository has no checks"),
        ([], False, ""),
    ],
)
def test_what_no_check_proved_is_doubted(
    checks: list[tuple[str, bool, bool]], is_of_repository: bool, words: str
) -> None:
    compared = compare(
        [check(name, before) for name, before, _ in checks],
        [check(name, after) for name, _, after in checks],
        [],
    )
    assert doubts(compared, is_of_repository=is_of_repository) == words


A = Contribution(agent_id="agent-a", files=("src/a.py",))
B = Contribution(agent_id="agent-b", files=("src/b.py",))


def test_a_check_goes_back_to_whom_it_is_red_for_alone() -> None:
    broke = Contribution(agent_id="agent-a", files=("src/a.py",), broke=frozenset({"tests"}))
    assert responsible(check("tests", False, "error in src/b.py"), [broke, B]) == ("agent-a",)


def test_else_to_those_whose_files_its_output_names() -> None:
    assert responsible(check("tests", False, "File src/b.py, line 3"), [A, B]) == ("agent-b",)


def test_else_to_everyone_who_changed_something() -> None:
    idle = Contribution(agent_id="agent-idle", files=())
    assert responsible(check("tests", False, "assertion failed"), [A, B, idle]) == ("agent-a", "agent-b")
