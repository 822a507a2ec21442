"""Experiments: decided once, reopened by people; assignments and what came of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from company.errors import ConstraintViolated, NotFound
from company.learning.experiment import ArmKind, ExperimentStatus
from company.learning.rules import Decision
from company.store import experiments, tasks
from company.store.gate import Store
from company.work.task import TaskStatus
from tests.company.store.conftest import Rows

EXPERIMENT = {"id": "exp-1", "name": "opus for backend", "created_by": "U1"}


def test_a_name_is_taken_once_and_an_experiment_has_two_arms(store: Store) -> None:
    with store.transaction() as tx:
        assert experiments.insert_new(tx, EXPERIMENT)
        assert not experiments.insert_new(tx, {**EXPERIMENT, "id": "exp-2"})
        for value, is_treatment in (("sonnet", False), ("opus", True)):
            experiments.add_arm(tx, "exp-1", ArmKind.MODEL, value, is_treatment=is_treatment, share=0.5)
        arms = experiments.arms_of(tx, "exp-1")
        assert [(arm.kind, arm.value, arm.is_treatment) for arm in arms] == [
            (ArmKind.MODEL, "opus", True),
            (ArmKind.MODEL, "sonnet", False),
        ]
        with pytest.raises(ConstraintViolated):
            experiments.add_arm(tx, "exp-1", ArmKind.MODEL, "haiku", is_treatment=True, share=0.5)


def test_of_many_evaluations_at_once_one_decides(any_store: Store) -> None:
    with any_store.transaction() as tx:
        experiments.insert_new(tx, EXPERIMENT)

    def decide(number: int) -> bool:
        with any_store.transaction() as tx:
            decision = {"status": ExperimentStatus.KILLED, "decision": Decision.KILL}
            return experiments.note(tx, "exp-1", **decision, decision_reason=str(number))

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(decide, range(4)))
    assert sorted(won) == [False, False, False, True]
    with any_store.reading() as looking:
        decided = experiments.get(looking, "exp-1")
    assert (decided.status, decided.decision) == (ExperimentStatus.KILLED, Decision.KILL)
    assert decided.decision_reason == str(won.index(True))


def test_only_a_decided_experiment_is_reopened(store: Store) -> None:
    with store.transaction() as tx:
        experiments.insert_new(tx, EXPERIMENT)
        assert not experiments.reopen(tx, "exp-1")
        experiments.note(tx, "exp-1", status="failed", decided_at=tx.now_iso, decision_reason="time")
        assert experiments.reopen(tx, "exp-1", ends_at=None)
        again = experiments.get(tx, "exp-1")
        assert (again.status, again.decided_at, again.decision_reason) == ("active", None, None)
        assert [one.id for one in experiments.list_experiments(tx, ExperimentStatus.ACTIVE)] == ["exp-1"]
        assert experiments.list_experiments(tx, ExperimentStatus.KILLED) == []
        found = experiments.find(tx, "opus for backend")
        assert found is not None
        assert found.id == "exp-1"
        with pytest.raises(NotFound):
            experiments.get(tx, "exp-9")


def test_a_task_is_assigned_once_and_an_arms_outcomes_are_its_finished_tasks(
    any_store: Store, rows: Rows
) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        experiments.insert_new(tx, EXPERIMENT)
        arm = experiments.add_arm(tx, "exp-1", ArmKind.MODEL, "opus", is_treatment=True, share=0.5)
        given = {"experiment_id": "exp-1", "arm_id": arm, "probability": 0.5, "route": {"model": "opus"}}
        for number, status in enumerate(TaskStatus):
            rows.task(tx, f"task-{number}", retry=number)
            assert experiments.assign(tx, {"task_id": f"task-{number}", **given})
            assert not experiments.assign(tx, {"task_id": f"task-{number}", **given, "probability": 1.0})
            if status is not TaskStatus.PENDING:
                tasks.move(tx, f"task-{number}", TaskStatus.IN_PROGRESS)
                tasks.move(tx, f"task-{number}", status)
        found = experiments.outcomes(tx, arm)
        assert [(one.id, one.is_success) for one in found] == [("task-2", True), ("task-3", False)]
        assert experiments.outcomes(tx, arm, since="2026-11-25T09:00:00.001Z") == []
        assignment = experiments.assignment_of(tx, "task-2")
        assert assignment is not None
        assert (assignment.route, assignment.probability) == ({"model": "opus"}, 0.5)
        assert experiments.assignment_of(tx, "task-9") is None
