import pytest

from company.learning.reward import POINTS, decision_cause, feedback_cause


@pytest.mark.parametrize(
    ("event", "points"),
    [
        ("task completed", 10),
        ("task failed", -5),
        ("session merged", 25),
        ("session failed", -10),
        ("session blocked", -20),
        ("experiment successful", 50),
        ("experiment killed", -50),
        ("session praised", 100),
        ("session rejected", -100),
    ],
)
def test_points_are_the_contract_s(event: str, points: int) -> None:
    assert POINTS[event] == points


def test_nothing_else_earns_points() -> None:
    assert len(POINTS) == 9
    assert "task blocked" not in POINTS
    assert "session stopped" not in POINTS
    assert "experiment failed" not in POINTS


def test_a_person_has_one_word_on_a_job() -> None:
    assert feedback_cause("U1") == "feedback:U1" != feedback_cause("U2")


def test_a_reopened_experiment_can_earn_another_decision() -> None:
    assert [decision_cause("killed", count) for count in range(3)] == ["killed", "killed:2", "killed:3"]
