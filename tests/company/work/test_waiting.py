"""How long a decision may wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.work.waiting import Step, Terms, due_step

SINCE = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TERMS = Terms(
    remind_after=timedelta(hours=24), escalate_after=timedelta(hours=72), expire_after=timedelta(hours=336)
)


@pytest.mark.parametrize(
    ("hours", "step"),
    [(0, None), (23.9, None), (24, Step.REMIND), (71, Step.REMIND), (72, Step.ESCALATE), (336, Step.EXPIRE)],
)
def test_a_step_comes_when_its_time_has_come(hours: float, step: Step | None) -> None:
    assert due_step(SINCE, TERMS, SINCE + timedelta(hours=hours)) is step


def test_an_end_of_its_own_counts_alone() -> None:
    soon = SINCE + timedelta(hours=1)
    assert due_step(SINCE, TERMS, soon, expires_at=soon) is Step.EXPIRE
    late = SINCE + timedelta(hours=1000)
    assert due_step(SINCE, TERMS, SINCE + timedelta(hours=400), expires_at=late) is Step.ESCALATE


@given(hours=st.floats(-10, 100_000))
def test_never_is_never(hours: float) -> None:
    never = Terms(remind_after=None, escalate_after=None, expire_after=None)
    assert due_step(SINCE, never, SINCE + timedelta(hours=hours)) is None


@given(first=st.floats(0, 1000), more=st.floats(0, 1000))
def test_a_step_is_never_taken_back(first: float, more: float) -> None:
    order: list[Step | None] = [None, Step.REMIND, Step.ESCALATE, Step.EXPIRE]
    early = due_step(SINCE, TERMS, SINCE + timedelta(hours=first))
    late = due_step(SINCE, TERMS, SINCE + timedelta(hours=first + more))
    assert order.index(early) <= order.index(late)
