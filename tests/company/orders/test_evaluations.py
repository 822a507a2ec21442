from dataclasses import replace

import pytest

from company.config.records import Company
from company.errors import OrderRefused
from company.learning.experiment import ArmKind
from company.learning.rules import Recommendation
from company.orders.agents import fire
from company.orders.evaluations import agent_evaluation, agent_evaluations, company_evaluation
from company.orders.experiments import ExperimentRequest, create, evaluate
from company.orders.feedback import praise
from company.orders.office import Actor, Office
from company.store import patterns, usage
from tests.company.history import History
from tests.conftest import SettableClock


@pytest.fixture
def history(office: Office, clock: SettableClock) -> History:
    return History(office, clock)


def test_an_agent_is_evaluated_from_what_is_stored(office: Office, history: History) -> None:
    outcomes = history.tasks("SSSSSSSSSF")
    with office.store.transaction() as tx:
        usage.record(tx, {"task_id": outcomes[0].id, "model": "opus", "cost_usd": 0.25})
    evaluation = agent_evaluation(office, "Backend")
    assert (evaluation.agent_id, evaluation.team) == ("agent-backend", "Engineering")
    assert (evaluation.completed, evaluation.failed, evaluation.consecutive_failures) == (9, 1, 1)
    assert (evaluation.points, evaluation.cost_usd) == (85, 0.25)
    assert evaluation.recommendation is Recommendation.DOUBLE_DOWN
    assert [(one.task_type, one.completed, one.finished) for one in evaluation.strengths] == [
        ("general", 9, 10)
    ]


def test_an_unknown_agent_is_refused_and_a_fired_one_is_evaluated(office: Office, ana: Actor) -> None:
    with pytest.raises(OrderRefused):
        agent_evaluation(office, "nobody at all")
    fire(office, ana, "frontend")
    assert agent_evaluation(office, "frontend").recommendation is Recommendation.MONITOR
    names = {one.name for one in agent_evaluations(office)}
    assert "Frontend" not in names
    assert {one.name for one in agent_evaluations(office, include_inactive=True)} - names == {"Frontend"}


def test_the_company_s_day_is_the_last_24_hours(
    office: Office, ana: Actor, history: History, clock: SettableClock
) -> None:
    history.task(is_success=True)
    history.job()
    clock.advance(days=2)
    job_id = history.job()
    history.tasks("SF")
    praise(office, ana, job_id)
    in_auckland = office.config.model_copy(update={"company": Company(time_zone="Pacific/Auckland")})
    evaluation = company_evaluation(replace(office, config=in_auckland))
    assert evaluation.day == "2026-11-27"  # 22:00 there
    assert evaluation.jobs == {"completed": 1}
    assert evaluation.points == 10 - 5 + 100
    clock.advance(hours=2)
    assert company_evaluation(replace(office, config=in_auckland)).day == "2026-11-28"


def test_experiments_are_shown_while_active_and_on_the_day_of_their_decision(
    office: Office, ana: Actor, otto: Actor, history: History, clock: SettableClock
) -> None:
    request = ExperimentRequest(name="killed", kind=ArmKind.RUNNER, treatment="codex", default="claude")
    killed = create(office, ana, request)
    clock.advance(seconds=1)
    create(office, ana, replace(request, name="goes on"))
    history.tasks("FFF", arm_id=killed.arms[0].id)
    clock.advance(days=3)
    evaluate(office, otto)
    shown = company_evaluation(office).experiments
    assert [(one.name, one.status, one.is_decided_today) for one in shown] == [
        ("killed", "killed", True),
        ("goes on", "active", False),
    ]
    assert shown[0].treatment == "runner codex instead of claude"
    clock.advance(days=2)
    assert [one.name for one in company_evaluation(office).experiments] == ["goes on"]


def test_patterns_are_shown_but_for_false_positives(office: Office, history: History) -> None:
    history.tasks("FFF", error="one")
    shown = company_evaluation(office).patterns
    assert len(shown) == 2
    with office.store.transaction() as tx:
        assert patterns.sight(tx, shown[0])
        patterns.decide(tx, patterns.list_patterns(tx)[0].id, "false_positive")
    assert list(company_evaluation(office).patterns) == [shown[1]]
