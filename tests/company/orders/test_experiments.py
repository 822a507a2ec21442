"""Experiments over the real store: however and however often they are evaluated, the outcomes decide."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from company.errors import NotPermitted, OrderRefused
from company.learning.experiment import STATUS, ArmKind, ExperimentStatus
from company.learning.reward import POINTS
from company.learning.rules import Decision, Outcome, judge
from company.orders.experiments import (
    ExperimentRequest,
    ExperimentState,
    create,
    end,
    evaluate,
    list_experiments,
    reopen,
)
from company.orders.office import Actor, Office
from company.store import experiments, outbox, rewards
from tests.company.at_once import at_once
from tests.company.history import History
from tests.conftest import SettableClock

OPUS = ExperimentRequest(name="opus for all", kind=ArmKind.MODEL, treatment="opus", default="sonnet")
_numbers = count()


@pytest.fixture
def history(office: Office, clock: SettableClock) -> History:
    return History(office, clock)


@pytest.fixture
def opus(office: Office, ana: Actor) -> ExperimentState:
    return create(office, ana, OPUS)


def arm(state: ExperimentState) -> str:
    treatment, default = state.arms
    assert treatment.is_treatment
    assert not default.is_treatment
    return treatment.id


def paid(office: Office, state: ExperimentState) -> list[tuple[str, float]]:
    with office.store.reading() as tx:
        return [(one.cause, one.reward_value) for one in rewards.of_entity(tx, "experiment", state.row.id)]


def told(office: Office, state: ExperimentState) -> list[str]:
    with office.store.reading() as tx:
        return [word.payload["status"] for word in outbox.of_subject(tx, state.row.id, "experiment")]


def now(office: Office, state: ExperimentState) -> ExperimentState:
    return next(one for one in list_experiments(office) if one.row.id == state.row.id)


def test_an_experiment_is_one_treatment_against_the_default(opus: ExperimentState) -> None:
    assert (opus.row.status, opus.row.decision, opus.row.created_by) == ("active", "keep", "U-ANA")
    assert [(one.kind, one.value, one.share) for one in opus.arms] == [
        ("model", "opus", 0.5),
        ("model", "sonnet", 0.5),
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "  "}, "bad_name"),
        ({"treatment": "sonnet"}, "nothing_to_compare"),
        ({"treatment": "gpt-unknown"}, "unknown_model"),
        ({"share": 1.0}, "bad_share"),
        ({"kind": ArmKind.AGENT, "treatment": "backend", "default": "Backend"}, "nothing_to_compare"),
        ({"kind": ArmKind.AGENT, "treatment": "nobody", "default": "Backend"}, "unknown_agent"),
        ({"kind": ArmKind.PROMPT, "treatment": "", "default": "old"}, "nothing_to_compare"),
    ],
)
def test_what_cannot_be_tried_is_refused(
    office: Office, ana: Actor, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(OrderRefused) as refused:
        create(office, ana, replace(OPUS, **changes))  # type: ignore[arg-type] # the fields of one test case
    assert refused.value.code == code
    assert list_experiments(office) == ()


def test_names_are_unique_and_deadlines_lie_ahead(
    office: Office, ana: Actor, opus: ExperimentState, clock: SettableClock
) -> None:
    with pytest.raises(OrderRefused, match="already"):
        create(office, ana, OPUS)
    with pytest.raises(OrderRefused, match="is over"):
        create(office, ana, replace(OPUS, name="late", ends_at=clock.now()))
    assert len(list_experiments(office)) == 1


def test_agents_are_stored_by_their_id(office: Office, ana: Actor) -> None:
    request = ExperimentRequest(name="x", kind=ArmKind.AGENT, treatment="Backend", default="frontend")
    assert [one.value for one in create(office, ana, request).arms] == ["agent-backend", "agent-frontend"]


def test_only_the_ceo_makes_ends_and_reopens_and_operators_evaluate(
    office: Office, otto: Actor, opus: ExperimentState
) -> None:
    with pytest.raises(NotPermitted):
        create(office, otto, replace(OPUS, name="other"))
    with pytest.raises(NotPermitted):
        end(office, otto, opus.row.id, "no")
    with pytest.raises(NotPermitted):
        reopen(office, otto, opus.row.id)
    assert len(evaluate(office, otto)) == 1


def test_evaluating_counts_attempts_and_not_evaluations(
    office: Office, otto: Actor, opus: ExperimentState, history: History
) -> None:
    history.tasks("FSS", arm_id=arm(opus))
    history.tasks("FFF", arm_id=opus.arms[1].id)  # the default's failures are not the treatment's
    history.tasks("FFF")  # and these are nobody's
    for _ in range(3):
        (state,) = evaluate(office, otto)
    assert (state.is_changed, state.row.status) == (False, "active")
    assert (state.row.sample_size, state.row.consecutive_failures) == (3, 0)
    assert state.row.current_value == pytest.approx(2 / 3)
    assert (paid(office, opus), told(office, opus)) == ([], [])


def test_three_failures_kill_and_cost_50_points_once(
    office: Office, otto: Actor, opus: ExperimentState, history: History
) -> None:
    outcomes = history.tasks("SFFF", arm_id=arm(opus))
    first, *later = [evaluate(office, otto, "opus for all")[0] for _ in range(3)]
    assert (first.is_changed, first.row.status, first.row.decision) == (True, "killed", "kill")
    assert first.row.decision_reason == "3 failures in a row"
    assert first.row.decided_at == outcomes[-1].recorded_at
    assert [(one.is_changed, one.row) for one in later] == [(False, first.row)] * 2
    assert paid(office, opus) == [("killed", -50)]
    assert told(office, opus) == ["killed"]
    assert evaluate(office, otto) == ()


def test_five_successes_double_down_and_earn_50_points(
    office: Office, otto: Actor, opus: ExperimentState, history: History
) -> None:
    history.tasks("SSSSSFFF", arm_id=arm(opus))  # what comes after the decision does not count
    (state,) = evaluate(office, otto)
    assert (state.row.status, state.row.decision) == ("successful", "double_down")
    assert (state.row.sample_size, state.row.current_value) == (5, 1.0)
    assert paid(office, opus) == [("successful", 50)]


def test_a_person_ends_what_is_undecided_as_failed(
    office: Office, ana: Actor, opus: ExperimentState, history: History
) -> None:
    history.tasks("SF", arm_id=arm(opus))
    ended = end(office, ana, "opus for all", "too dear")
    assert (ended.is_changed, ended.row.status, ended.row.decision) == (True, "failed", "keep")
    assert (ended.row.decision_reason, ended.row.sample_size) == ("ended by U-ANA: too dear", 2)
    assert not end(office, ana, opus.row.id, "again").is_changed
    assert (paid(office, opus), told(office, opus)) == ([], ["failed"])


def test_ending_what_its_outcomes_have_decided_leaves_their_decision(
    office: Office, ana: Actor, opus: ExperimentState, history: History
) -> None:
    history.tasks("FFF", arm_id=arm(opus))
    ended = end(office, ana, opus.row.id, "too dear")
    assert (ended.is_changed, ended.row.status) == (False, "killed")
    assert paid(office, opus) == [("killed", -50)]


def test_a_deadline_ends_it_and_later_outcomes_do_not_count(
    office: Office, ana: Actor, otto: Actor, history: History, clock: SettableClock
) -> None:
    state = create(office, ana, replace(OPUS, name="short", ends_at=clock.now() + timedelta(days=1)))
    history.tasks("SFF", arm_id=arm(state))
    assert evaluate(office, otto)[0].row.status == "active"
    clock.advance(days=2)
    history.tasks("F", arm_id=arm(state))
    (ended,) = evaluate(office, otto)
    assert (ended.row.status, ended.row.sample_size) == ("failed", 3)
    assert ended.row.decision_reason == "its time ended after 3 attempts without a decision"
    assert paid(office, state) == []


def test_a_reopened_experiment_counts_from_then_on_and_can_be_decided_again(
    office: Office, ana: Actor, otto: Actor, opus: ExperimentState, history: History
) -> None:
    history.tasks("FFF", arm_id=arm(opus))
    evaluate(office, otto)
    history.tasks("SSS", arm_id=arm(opus))  # begun before the kill, finished after it
    again = reopen(office, ana, opus.row.id, "the model was broken that day")
    assert (again.is_changed, again.row.status, again.row.decision) == (True, "active", "keep")
    assert (again.row.sample_size, again.row.decided_at, again.row.decision_reason) == (0, None, None)
    assert not evaluate(office, otto)[0].is_changed
    assert not reopen(office, ana, opus.row.id).is_changed
    assert now(office, opus).row.sample_size == 0


def test_each_round_pays_its_own_decision_once(
    office: Office, ana: Actor, otto: Actor, opus: ExperimentState, history: History
) -> None:
    for letters in ("FFF", "FFF", "SSSSS"):
        history.tasks(letters, arm_id=arm(opus))
        evaluate(office, otto)
        evaluate(office, otto)
        reopen(office, ana, opus.row.id)
    assert paid(office, opus) == [("killed", -50), ("killed:2", -50), ("successful:3", 50)]
    assert told(office, opus) == ["killed", "active", "killed", "active", "successful", "active"]


def test_an_unknown_experiment_is_refused(office: Office, ana: Actor) -> None:
    with pytest.raises(OrderRefused, match="no experiment is called"):
        evaluate(office, ana, "nothing")


def test_eight_evaluations_at_once_decide_and_pay_once(
    office: Office, ana: Actor, otto: Actor, history: History
) -> None:
    states = [create(office, ana, replace(OPUS, name=f"number {i}")) for i in range(5)]
    for state in states:
        history.tasks("FFF", arm_id=arm(state))
    found = [one for run in at_once(*[lambda: evaluate(office, otto)] * 8) for one in run]
    for state in states:
        assert sum(one.is_changed for one in found if one.row.id == state.row.id) == 1
        assert paid(office, state) == [("killed", -50)]
        assert told(office, state) == ["killed"]


def test_evaluating_and_ending_at_once_is_one_decision(
    office: Office, ana: Actor, otto: Actor, opus: ExperimentState, history: History
) -> None:
    history.tasks("SSSSS", arm_id=arm(opus))
    at_once(*[lambda: evaluate(office, otto)] * 4, *[lambda: (end(office, ana, opus.row.id, "no"),)] * 4)
    assert now(office, opus).row.status is ExperimentStatus.SUCCESSFUL
    assert paid(office, opus) == [("successful", 50)]


HISTORIES = st.text(alphabet="SF", max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history_text=HISTORIES, evaluations=st.lists(st.integers(0, 2), min_size=13, max_size=13))
def test_any_split_and_any_number_of_evaluations_give_one_decision_and_one_reward(
    office: Office, ana: Actor, otto: Actor, clock: SettableClock, history_text: str, evaluations: list[int]
) -> None:
    """The state machine in small: outcomes come one by one, evaluations in between, none, one or two at a time."""
    state = create(office, ana, replace(OPUS, name=f"try {next(_numbers)}"))
    history, outcomes = History(office, clock), list[Outcome]()
    for times, letter in zip(evaluations, _padded(history_text), strict=True):
        for _ in range(times):
            evaluate(office, otto, state.row.id)
        if letter:
            outcomes += history.tasks(letter, arm_id=arm(state))
    evaluate(office, otto, state.row.id)

    expected = judge(outcomes)
    row = now(office, state).row
    assert (row.decision, row.status) == (expected.decision, STATUS[expected.decision])
    assert (row.decision_reason or "", row.decided_at) == (expected.reason, expected.decided_at)
    assert (row.sample_size, row.consecutive_failures) == (expected.attempts, expected.consecutive_failures)
    assert row.current_value == pytest.approx(expected.success_rate)
    points = {Decision.KEEP: [], Decision.KILL: ["killed"], Decision.DOUBLE_DOWN: ["successful"]}
    assert paid(office, state) == [
        (cause, POINTS[f"experiment {cause}"]) for cause in points[expected.decision]
    ]


def _padded(history_text: str) -> Iterator[str]:
    yield from history_text
    yield from [""] * (13 - len(history_text))


def test_outcomes_of_the_same_millisecond_are_judged_by_their_ids(
    office: Office, ana: Actor, otto: Actor, history: History
) -> None:
    for number in range(10):
        state = create(office, ana, replace(OPUS, name=f"tie {number}"))
        outcomes = [history.task(is_success=letter == "S", arm_id=arm(state)) for letter in "SFFSF"]
        evaluate(office, otto, state.row.id)
        expected = judge(outcomes)
        row = now(office, state).row
        assert (row.decision, row.sample_size) == (expected.decision, expected.attempts)
        with office.store.reading() as tx:
            assert experiments.outcomes(tx, arm(state)) == sorted(outcomes)
