"""Tasks: one row a run, moved only where it may go."""

import pytest

from company.errors import ConstraintViolated, NotFound
from company.store import sessions, tasks
from company.store.gate import Store
from company.work.job import JobStatus
from company.work.task import TASK_MOVES, TaskStatus
from tests.company.store.conftest import Rows
from tests.conftest import SettableClock


def test_an_agent_has_one_task_an_iteration(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        rows.task(tx, "task-1")
        again = {"id": "task-2", "session_id": "job-1", "agent_id": "agent-a", "task_description": "x"}
        assert not tasks.insert_new(tx, again)
        assert tasks.insert_new(tx, {**again, "retry_count": 1})
        with pytest.raises(ConstraintViolated):
            rows.task(tx, "task-3")


@pytest.mark.parametrize("start", TaskStatus)
@pytest.mark.parametrize("wanted", TaskStatus)
def test_a_task_moves_only_as_the_rules_say(
    store: Store, rows: Rows, start: TaskStatus, wanted: TaskStatus
) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        rows.task(tx, "task-1")
        tx.update("tasks", {"status": start}, {"id": "task-1"})
        moved = tasks.move(tx, "task-1", wanted)
        assert moved == (wanted in TASK_MOVES[start])
        assert tasks.get(tx, "task-1").status is (wanted if moved else start)


def test_moves_note_when_and_how_long(store: Store, rows: Rows, clock: SettableClock) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        rows.task(tx, "task-1")
        assert tasks.move(tx, "task-1", TaskStatus.IN_PROGRESS)
    clock.advance(seconds=12.5)
    with store.transaction() as tx:
        assert tasks.move(tx, "task-1", TaskStatus.FAILED, error_message="red")
        task = tasks.get(tx, "task-1")
    assert (task.started_at, task.completed_at) == ("2026-11-25T09:00:00.000Z", "2026-11-25T09:00:12.500Z")
    assert (task.duration_seconds, task.error_message) == (12.5, "red")


def test_what_a_run_left_behind_is_noted_and_read_back(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        rows.task(tx, "task-1")
        assert tasks.get(tx, "task-1").feedback == {}
        assert tasks.note_run(tx, "task-1", feedback={"concerns": ["é"]}, commit_sha="abc")
        assert not tasks.note_run(tx, "task-9", commit_sha="abc")
        task = tasks.get(tx, "task-1")
        assert (task.feedback, task.commit_sha) == ({"concerns": ["é"]}, "abc")
        with pytest.raises(ValueError, match="a status changes by move"):
            tasks.note_run(tx, "task-1", status=TaskStatus.FAILED)
        with pytest.raises(NotFound):
            tasks.get(tx, "task-9")


def test_a_jobs_tasks_come_by_iteration_and_in_order(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        rows.agent(tx, "agent-b")
        rows.session(tx, "job-2")
        rows.task(tx, "task-0", retry=1)
        rows.task(tx, "task-2", agent_id="agent-b")
        rows.task(tx, "task-1")
        rows.task(tx, "task-3", "job-2")
        assert [task.id for task in tasks.of_session(tx, "job-1")] == ["task-1", "task-2", "task-0"]


def test_only_completed_and_failed_tasks_are_finished(store: Store, rows: Rows, clock: SettableClock) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        sessions.move(tx, "job-1", JobStatus.IN_PROGRESS)
        for number, status in enumerate(TaskStatus):
            rows.task(tx, f"task-{number}", retry=number)
            if status is not TaskStatus.PENDING:
                tasks.move(tx, f"task-{number}", TaskStatus.IN_PROGRESS)
                tasks.move(tx, f"task-{number}", status, error_message="why" if number == 3 else None)
        finished = tasks.finished_by_agent(tx)
        assert [(one.id, one.is_success, one.error) for one in finished["agent-a"]] == [
            ("task-2", True, ""),
            ("task-3", False, "why"),
        ]
        assert tasks.finished_by_agent(tx, since="2026-11-25T09:00:00.001Z") == {}
