from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.clock import to_iso
from company.learning.pattern import (
    AgentOutcomes,
    Command,
    PatternType,
    TaskError,
    error_signature,
    failure_pattern,
    recurring_errors,
    success_pattern,
    user_repetitions,
)
from company.learning.rules import Outcome

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def ago(**amount: float) -> str:
    return to_iso(NOW - timedelta(**amount))


def agent_with(history: str, *, days_apart: float = 0.1) -> AgentOutcomes:
    """The last letter is the newest, ``days_apart`` before now."""
    outcomes = [
        Outcome(recorded_at=ago(days=days_apart * back), id=f"task-{back:03d}", is_success=letter == "S")
        for back, letter in enumerate(reversed(history), start=1)
    ]
    return AgentOutcomes(agent_id="agent-backend", name="Backend", outcomes=outcomes)


@pytest.mark.parametrize(
    ("history", "is_pattern"),
    [("SSSS", False), ("SSSSS", True), ("SSSSSSSSSF", True), ("SSSSSSSSF", False), ("", False)],
)
def test_success_is_90_percent_over_5_tasks(history: str, is_pattern: bool) -> None:
    sighting = success_pattern(agent_with(history), NOW)
    assert (sighting is not None) == is_pattern


def test_success_looks_at_14_days_only() -> None:
    assert success_pattern(agent_with("SSSSS", days_apart=2.8), NOW) is not None
    assert success_pattern(agent_with("SSSSS", days_apart=2.81), NOW) is None
    recovered = success_pattern(agent_with("FFFFFSSSSS", days_apart=2.8), NOW)
    assert recovered is not None
    assert recovered.count == 5
    assert recovered.confidence == pytest.approx(6 / 7)


@pytest.mark.parametrize(
    ("history", "count"), [("FF", 0), ("FFF", 3), ("SFFFF", 4), ("FFSFF", 0), ("FFFSFFFFSF", 4)]
)
def test_failure_is_the_newest_row_of_3_or_more(history: str, count: int) -> None:
    sighting = failure_pattern(agent_with(history, days_apart=30))
    assert (sighting.count if sighting else 0) == count


def test_a_failure_that_ended_says_so() -> None:
    going_on, ended = failure_pattern(agent_with("FFF")), failure_pattern(agent_with("FFFS"))
    assert going_on is not None
    assert ended is not None
    assert going_on.description == "3 failures in a row"
    assert ended.description == "3 failures in a row; it has succeeded since"


def errors(*said: str, days: float = 1) -> list[TaskError]:
    return [
        TaskError(task_id=f"task-{i}", agent="Backend", error=text, recorded_at=ago(days=days, seconds=-i))
        for i, text in enumerate(said)
    ]


def test_the_same_error_3_times_in_7_days_recurs_and_twice_is_watched() -> None:
    found = recurring_errors(
        errors(
            "tests: 3 failed", "tests: 4 failed", "tests: 12 failed", "no module x", "no module x", "once"
        ),
        NOW,
    )
    assert [(one.count, one.is_watch) for one in found] == [(3, False), (2, True)]
    assert found[0].type is PatternType.FAILURE
    assert found[0].subject == "error: tests: # failed"
    assert found[0].description == "tests: 12 failed (Backend)"


def test_errors_older_than_7_days_do_not_recur() -> None:
    assert recurring_errors(errors("a", "a", "a", days=8), NOW) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tests: failed in /state/worktrees/job-1700000000000-abc1234/backend/a.py", "tests: failed in a.py"),
        ("timed out after 30.5 s", "timed out after 1200 s\nwith details that differ"),
        ("commit deadbee1 missing", "commit 0badcafe12 missing"),
        ("task 4f1a2b3c-0000-4000-8000-123456789abc lost", "TASK 99999999-aaaa-4bbb-8ccc-dddddddddddd lost"),
    ],
)
def test_ids_numbers_paths_and_later_lines_do_not_make_an_error_another(one: str, other: str) -> None:
    assert error_signature(one) == error_signature(other) != ""


def test_words_make_an_error_another() -> None:
    assert error_signature("tests failed") != error_signature("lint failed")
    assert error_signature("  \n ") == ""


@given(st.text(max_size=80))
def test_a_signature_is_its_own_signature(error: str) -> None:
    signature = error_signature(error)
    assert error_signature(signature) == signature


def commands(*intents: str, hours: float = 1) -> list[Command]:
    return [
        Command(
            id=i, intent=intent, text=f"{intent} number {i % 2}", executed_at=ago(hours=hours, seconds=-i)
        )
        for i, intent in enumerate(intents)
    ]


def test_the_same_intent_3_times_in_7_days_is_a_repetition() -> None:
    (one,) = user_repetitions(commands("write blog", "", "fix bug", "write blog", "", "", "write blog"), NOW)
    assert (one.intent, one.sighting.count) == ("write blog", 3)
    assert one.samples == ("write blog number 0", "write blog number 1")
    assert one.sighting.type is PatternType.USER_REPETITION


def test_commands_older_than_7_days_are_no_repetition() -> None:
    assert user_repetitions(commands("a", "a", "a", hours=7 * 24 + 1), NOW) == ()
    assert user_repetitions([*commands("a", "a"), *commands("a", hours=200)], NOW) == ()


@given(st.permutations(range(7)))
def test_the_order_in_which_facts_are_read_does_not_matter(order: list[int]) -> None:
    said = errors("x 1", "x 2", "y", "x 3", "y", "y 4", "z")
    asked = commands("a", "b", "a", "b", "a", "b", "b")
    assert recurring_errors([said[i] for i in order], NOW) == recurring_errors(said, NOW)
    assert user_repetitions([asked[i] for i in order], NOW) == user_repetitions(asked, NOW)
