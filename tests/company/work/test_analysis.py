"""What a finished job says about how work goes here."""

from company.work.analysis import SessionFacts, analyse
from company.work.task import TaskStatus

DONE, FAILED, CUT_OFF = TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.BLOCKED


def facts(*statuses: TaskStatus, **changes: object) -> SessionFacts:
    defaults: dict[str, object] = {
        "task_statuses": statuses, "iterations": 1, "is_completed": True, "files_changed": 2,
        "check_verdicts": ("mended", "green"), "findings": 0,
    }  # fmt: skip
    return SessionFacts(**{**defaults, **changes})  # type: ignore[arg-type] # a test's shorthand


def test_a_job_done_in_one_iteration_is_right_the_first_time() -> None:
    numbers = analyse(facts(DONE, DONE))
    assert (numbers["is_right_first_time"], numbers["task_success_share"], numbers["checks_mended"]) == (
        1,
        1,
        1,
    )


def test_a_second_iteration_or_a_blocked_job_is_not() -> None:
    assert analyse(facts(DONE, FAILED, iterations=2))["is_right_first_time"] == 0
    assert analyse(facts(DONE, is_completed=False))["is_right_first_time"] == 0


def test_tasks_that_were_cut_off_count_for_neither_side() -> None:
    numbers = analyse(facts(DONE, FAILED, CUT_OFF))
    assert (numbers["tasks_completed"], numbers["tasks_failed"], numbers["task_success_share"]) == (1, 1, 0.5)
    assert "task_success_share" not in analyse(facts(CUT_OFF))
