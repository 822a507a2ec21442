from itertools import product

from company.learning.experiment import ExperimentStatus, verdict_on
from company.learning.rules import Outcome

LATER = "2026-12-31T00:00:00.000Z"


def outcomes_of(history: str) -> list[Outcome]:
    return [
        Outcome(recorded_at=f"2026-11-25T09:00:{i:02d}.000Z", id=f"task-{i:02d}", is_success=letter == "S")
        for i, letter in enumerate(history)
    ]


def test_kill_is_killed_and_double_down_is_successful() -> None:
    assert verdict_on(outcomes_of("FFF"), ends_at=None, now=LATER).status is ExperimentStatus.KILLED
    assert verdict_on(outcomes_of("SSSSS"), ends_at=None, now=LATER).status is ExperimentStatus.SUCCESSFUL
    undecided = verdict_on(outcomes_of("SFS"), ends_at=None, now=LATER)
    assert (undecided.status, undecided.reason, undecided.decided_at) == (ExperimentStatus.ACTIVE, "", None)


def test_a_deadline_ends_what_is_not_decided_as_failed() -> None:
    verdict = verdict_on(outcomes_of("SFS"), ends_at="2026-11-26T00:00:00.000Z", now=LATER)
    assert verdict.status is ExperimentStatus.FAILED
    assert verdict.reason == "its time ended after 3 attempts without a decision"
    assert verdict.decided_at == "2026-11-26T00:00:00.000Z"


def test_a_deadline_does_not_undo_a_decision_that_came_before_it() -> None:
    verdict = verdict_on(outcomes_of("FFF"), ends_at="2026-11-26T00:00:00.000Z", now=LATER)
    assert verdict.status is ExperimentStatus.KILLED


def test_outcomes_after_the_deadline_do_not_count_however_late_the_evaluation() -> None:
    ends_at = "2026-11-25T09:00:04.500Z"
    for letters in product("SF", repeat=8):
        history = "".join(letters)
        in_time = verdict_on(outcomes_of(history[:5]), ends_at=ends_at, now="2026-11-25T09:00:05.000Z")
        late = verdict_on(outcomes_of(history), ends_at=ends_at, now=LATER)
        assert in_time == late, history
