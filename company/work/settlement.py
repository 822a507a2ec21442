"""The verdict on an iteration: which runs count as done, and what goes back to whom.

A run that ended well is not yet done: it waits for the verdict. The verdict completes every waiting task, except
those whose work a finding names: they fail, and the finding goes back to their agent. The Verification and Review
tasks are completed by any verdict they reach, because finding a fault is their job.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from company.work.task import TaskStatus
from company.work.verification import Finding


@dataclass(frozen=True, kw_only=True)
class WaitingTask:
    """A task whose run ended well and whose worth is not known yet."""

    task_id: str
    agent_id: str


@dataclass(frozen=True, kw_only=True)
class SettledTask:
    """What the verdict makes of a task."""

    task_id: str
    agent_id: str
    status: TaskStatus  #: completed or failed
    error: str | None  #: the findings, one line each; None when completed


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome of one iteration."""

    settled: tuple[SettledTask, ...]
    findings: tuple[Finding, ...]
    back_to: tuple[str, ...]  #: agents who work again in the next iteration

    @property
    def is_good(self) -> bool:
        """Nothing is left to mend."""
        return not self.findings


def settle(waiting: Sequence[WaitingTask], findings: Sequence[Finding], *, workers: Sequence[str]) -> Verdict:
    """Settle the waiting tasks of an iteration. ``workers`` are the plan's agents, in order.

    A finding without an agent is everybody's: it fails each waiting task and goes back to each worker.
    """
    by_agent = {
        agent_id: [f for f in findings if f.agent_id in (agent_id, None)]
        for agent_id in dict.fromkeys([*workers, *(task.agent_id for task in waiting)])
    }
    settled = tuple(_settle_one(task, by_agent[task.agent_id]) for task in waiting)
    return Verdict(
        settled=settled,
        findings=tuple(findings),
        back_to=tuple(agent_id for agent_id in workers if by_agent[agent_id]),
    )


def _settle_one(task: WaitingTask, named: Sequence[Finding]) -> SettledTask:
    error = "\n".join(f"{finding.source}: {finding.text}" for finding in named) or None
    return SettledTask(
        task_id=task.task_id,
        agent_id=task.agent_id,
        status=TaskStatus.FAILED if error else TaskStatus.COMPLETED,
        error=error,
    )
