"""The contract's rules against a second, naive statement of them, over every short history."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.learning.rules import Decision, Outcome, Recommendation, Standing, judge, recommend


def outcomes_of(history: str) -> list[Outcome]:
    """Read 'SFS' as outcomes a second apart."""
    return [
        Outcome(recorded_at=f"2026-11-25T09:00:{i:02d}.000Z", id=f"task-{i:02d}", is_success=letter == "S")
        for i, letter in enumerate(history)
    ]


def every_history(longest: int) -> Iterator[str]:
    for length in range(longest + 1):
        yield from map("".join, product("SF", repeat=length))


def naive_rule(history: str) -> str:
    """The contract's four rows, word for word, for a history that ends here."""
    if history.endswith("FFF"):
        return "kill"
    if len(history) >= 5 and Fraction(history.count("S"), len(history)) >= Fraction("0.90"):
        return "double_down"
    if len(history) >= 5 and Fraction(history.count("S"), len(history)) < Fraction("0.30"):
        return "kill"
    return "keep"


def naive_decision(history: str) -> tuple[str, int]:
    """The first point at which something fires, and how many outcomes that took; all when none does."""
    for length in range(len(history) + 1):
        if (rule := naive_rule(history[:length])) != "keep":
            return rule, length
    return "keep", len(history)


def test_every_history_up_to_12_is_decided_as_the_contract_says() -> None:
    for history in every_history(12):
        standing = judge(outcomes_of(history))
        decision, length = naive_decision(history)
        counted = history[:length]
        assert (standing.decision.value, standing.attempts) == (decision, length), history
        assert standing.successes == counted.count("S"), history
        assert standing.consecutive_failures == len(counted) - len(counted.rstrip("F")), history
        decided_at = None if decision == "keep" else outcomes_of(history)[length - 1].recorded_at
        assert standing.decided_at == decided_at, history
        assert bool(standing.reason) == (decision != "keep"), history


def test_every_history_up_to_8_may_be_cut_anywhere() -> None:
    for history in every_history(8):
        outcomes = outcomes_of(history)
        whole = judge(outcomes)
        for cut in range(len(outcomes) + 1):
            assert judge(outcomes[cut:], judge(outcomes[:cut])) == whole, (history, cut)


OUTCOMES = st.lists(
    st.builds(
        Outcome,
        recorded_at=st.sampled_from([f"2026-11-25T09:00:00.{ms:03d}Z" for ms in range(4)]),
        id=st.uuids().map(str),
        is_success=st.booleans(),
    ),
    max_size=40,
    unique_by=lambda outcome: outcome.id,
)


@given(OUTCOMES, st.lists(st.integers(0, 40)))
def test_any_order_preserving_split_and_any_repetition_gives_the_same(
    outcomes: list[Outcome], cuts: list[int]
) -> None:
    in_order = sorted(outcomes)
    standing, at = Standing(), 0
    for cut in [*sorted(min(cut, len(in_order)) for cut in cuts), len(in_order)]:
        standing = judge(in_order[at:cut], standing)
        standing = judge((), standing)  # an evaluation with nothing new
        at = cut
    assert standing == judge(outcomes)


@given(OUTCOMES)
def test_the_order_in_which_rows_are_read_does_not_matter(outcomes: list[Outcome]) -> None:
    assert judge(outcomes) == judge(reversed(outcomes)) == judge(sorted(outcomes))


def test_ties_in_time_are_broken_by_id() -> None:
    at = "2026-11-25T09:00:00.000Z"
    results = {"a": False, "b": True, "c": False, "d": False}
    standing = judge(
        Outcome(recorded_at=at, id=key, is_success=results[key]) for key in sorted(results, reverse=True)
    )
    assert (standing.decision, standing.consecutive_failures) == (Decision.KEEP, 2)


def test_a_decision_is_final() -> None:
    killed = judge(outcomes_of("FFF"))
    assert killed.decision is Decision.KILL
    assert judge(outcomes_of("SSSSSSSSSSSS"), killed) == killed


@pytest.mark.parametrize(
    ("history", "decision", "reason"),
    [
        ("SFFF", Decision.KILL, "3 failures in a row"),
        ("SSSSS", Decision.DOUBLE_DOWN, "5 of 5 attempts succeeded: 90 % or more"),
        ("FFSFF", Decision.KILL, "1 of 5 attempts succeeded: less than 30 %"),
        ("SSSSF", Decision.KEEP, ""),
        ("SFSSSSSSSS", Decision.DOUBLE_DOWN, "9 of 10 attempts succeeded: 90 % or more"),
    ],
)
def test_the_reason_says_which_rule_fired(history: str, decision: Decision, reason: str) -> None:
    standing = judge(outcomes_of(history))
    assert (standing.decision, standing.reason) == (decision, reason)


def naive_advice(completed: int, failed: int) -> str:
    finished = completed + failed
    if finished < 5:
        return "Monitor"
    rate = Fraction(completed, finished)
    if finished >= 10 and rate < Fraction("0.30"):
        return "Fire"
    if rate < Fraction("0.50"):
        return "Investigate"
    if rate >= Fraction("0.90"):
        return "Double Down"
    return "Continue"


def test_advice_about_an_agent_is_the_contract_s_for_every_count_up_to_40() -> None:
    seen = set()
    for completed, failed in product(range(41), repeat=2):
        advice, why = recommend(completed, failed)
        assert advice.value == naive_advice(completed, failed), (completed, failed)
        assert why
        seen.add(advice)
    assert seen == set(Recommendation)
