"""The verdict: done, failed, and who works again."""

from hypothesis import given
from hypothesis import strategies as st

from company.work.settlement import WaitingTask, settle
from company.work.task import TaskStatus
from company.work.verification import Finding

WORKERS = ["agent-a", "agent-b", "agent-c"]


def finding(agent_id: str | None) -> Finding:
    return Finding(agent_id=agent_id, source="check: tests", text="broken")


def waiting(*agent_ids: str) -> list[WaitingTask]:
    return [WaitingTask(task_id=f"task-{agent_id}", agent_id=agent_id) for agent_id in agent_ids]


def test_nothing_found_completes_every_waiting_task() -> None:
    verdict = settle(waiting("agent-a", "agent-b"), [], workers=WORKERS)
    assert verdict.is_good
    assert [one.status for one in verdict.settled] == [TaskStatus.COMPLETED, TaskStatus.COMPLETED]
    assert verdict.back_to == ()


def test_only_the_agent_at_fault_fails() -> None:
    verdict = settle(waiting("agent-a", "agent-b"), [finding("agent-b")], workers=WORKERS)
    assert {one.agent_id: one.status.value for one in verdict.settled} == {
        "agent-a": "completed",
        "agent-b": "failed",
    }
    assert verdict.back_to == ("agent-b",)
    assert verdict.settled[1].error == "check: tests: broken"


def test_an_agent_whose_run_failed_already_still_gets_its_finding_back() -> None:
    verdict = settle(waiting("agent-a"), [finding("agent-b")], workers=WORKERS)
    assert [one.agent_id for one in verdict.settled] == ["agent-a"]
    assert verdict.back_to == ("agent-b",)


@given(
    st.lists(st.sampled_from(WORKERS), unique=True),
    st.lists(st.sampled_from([*WORKERS, None])),
)
def test_each_waiting_task_is_settled_once_and_fails_only_when_named(
    agents: list[str], named: list[str | None]
) -> None:
    verdict = settle(waiting(*agents), [finding(agent_id) for agent_id in named], workers=WORKERS)
    assert [one.agent_id for one in verdict.settled] == agents
    for one in verdict.settled:
        at_fault = one.agent_id in named or None in named
        assert (one.status is TaskStatus.FAILED) == at_fault
    assert verdict.is_good == (not named)
    assert set(verdict.back_to) == (set(WORKERS) if None in named else set(named))
