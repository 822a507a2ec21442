"""The steps of a job, each safe to repeat, each ending in a value.

A step that cannot go on does not raise through the engine: it returns ``Ends``, and the workflow closes the job
with that status and sentence. Only two things are not turned into a value: the daemon going away (the thread waits
for its end, so that the engine keeps the step unfinished) and trouble with storage (the step is repeated until it
has passed: ``daemon/storage.py``).
"""

import functools
import logging
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from company.errors import AgentServiceError
from company.work.job import JobStatus
from daemon.job import agents, closing, delivering, planning, preparing, verifying
from daemon.job.facts import (
    BaseFacts,
    DeliveredFacts,
    Ends,
    MergeFacts,
    PlanFacts,
    ReadyFacts,
    RunFacts,
    StoryFacts,
    VerdictFacts,
)
from daemon.job.money import BudgetReached
from daemon.job.workplace import Stopped, Workplace
from daemon.processes.spawn import Detached
from daemon.storage import patiently, trouble_in

log = logging.getLogger(__name__)

P = ParamSpec("P")


#: what later steps run or look up by name: it comes from config.yaml or the priority file, not from an agent
_RUN_OR_LOOKED_UP = ("argv", "setup", "source", "branch", "base_branch", "clone")


def _ends(status: JobStatus, outcome: str) -> Ends:
    return {"ends": status.value, "outcome": outcome}


def _guarded(
    step: "Callable[Concatenate[JobSteps, str, P], Any]",
) -> "Callable[Concatenate[JobSteps, str, P], Any]":
    """Look first whether the job must end, wait out trouble with storage, turn what goes wrong into the job's end."""

    @functools.wraps(step)
    def guarded(self: "JobSteps", job_id: str, *args: P.args, **kwargs: P.kwargs) -> Any:
        def attempt() -> Any:
            try:
                end = self.workplace.must_end(self.workplace.session(job_id))
                # Work that is done and judged is delivered, however long it took.
                if end is not None and (step.__name__ != "deliver" or end[0] is JobStatus.STOPPED):
                    return _ends(*end)
                facts = step(self, job_id, *args, **kwargs)
                return self.workplace.redactor.value(facts, leaving=_RUN_OR_LOOKED_UP)
            except Detached:
                threading.Event().wait()  # the process is about to leave; an answer now would be recorded
            except Exception as error:
                if trouble_in(error):
                    raise
                return self.workplace.redactor.value(self.end_by(job_id, step.__name__, error))

        return patiently(attempt, f"{job_id}: {step.__name__}")

    return guarded  # type: ignore[return-value] # wraps() forgets that the first two are positional


class JobSteps:
    """What the workflow can ask for; each name is a step of contract section 5."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    @_guarded
    def plan(self, job_id: str) -> PlanFacts | Ends:
        """Step 3: decide who works."""
        return planning.plan(self.workplace, job_id)

    @_guarded
    def prepare(self, job_id: str) -> ReadyFacts | Ends:
        """Step 4: clone, worktree, setup, baseline."""
        return preparing.prepare(self.workplace, job_id)

    @_guarded
    def run_agent(
        self, job_id: str, iteration: int, agent_id: str, story: StoryFacts, findings: list[dict[str, Any]]
    ) -> RunFacts | Ends:
        """Steps 5 and 6: one run of one agent."""
        return agents.run_agent(self.workplace, job_id, iteration, agent_id, story, findings)

    @_guarded
    def merge(self, job_id: str, head: str, runs: list[RunFacts]) -> MergeFacts | Ends:
        """Step 5: bring a wave's branches together."""
        return agents.merge(self.workplace, job_id, head, runs)

    @_guarded
    def verify(
        self,
        job_id: str,
        iteration: int,
        story: StoryFacts,
        runs: list[RunFacts],
        conflicts: dict[str, list[str]],
    ) -> VerdictFacts | Ends:
        """Step 7: checks, review, settlement."""
        return verifying.verify(self.workplace, job_id, iteration, story, runs, conflicts)

    @_guarded
    def take_in_base(self, job_id: str, iteration: int, story: StoryFacts) -> BaseFacts | Ends:
        """Step 8: merge a base that moved meanwhile."""
        return delivering.take_in_base(self.workplace, job_id, iteration, story)

    @_guarded
    def verify_base(
        self, job_id: str, iteration: int, story: StoryFacts, base: BaseFacts
    ) -> VerdictFacts | Ends:
        """Step 8: judge the work again on the base that moved."""
        return verifying.verify_base(self.workplace, job_id, iteration, story, base)

    @_guarded
    def deliver(self, job_id: str, story: StoryFacts) -> DeliveredFacts | Ends:
        """Step 8: commit, patch, push."""
        return delivering.deliver(self.workplace, job_id, story)

    def close(self, job_id: str, story: StoryFacts) -> str:
        """Step 9: the report, the rewards, the last word."""
        return patiently(lambda: closing.close(self.workplace, job_id, story), f"{job_id}: close")

    def give_up(self, job_id: str, outcome: str) -> None:
        """End a job as failed from outside of its story. Raises StoreUnavailable, OSError."""
        self.workplace.processes.stop(f"{job_id}/")
        closing.close(
            self.workplace,
            job_id,
            {"status": JobStatus.FAILED.value, "outcome": outcome, "runs": [], "verdicts": []},
        )

    def end_by(self, job_id: str, step: str, error: Exception) -> Ends:
        """Say how a job ends whose step met ``error``."""
        log_of_job = self.workplace.log(job_id)
        if isinstance(error, Stopped):
            end = self.workplace.must_end(self.workplace.session(job_id))
            return _ends(*(end or (JobStatus.STOPPED, "stopped by the service")))
        if isinstance(error, BudgetReached):
            log_of_job.say("service", f"{error}")
            return _ends(JobStatus.BLOCKED, f"{error} ({error.mend})")
        if isinstance(error, AgentServiceError):
            log_of_job.say("service", f"{error}")
            mend = f" ({error.mend})" if error.mend else ""
            return _ends(JobStatus.FAILED, f"{error}{mend}")
        # A fault of ours must end one job, not leave it running for ever.
        log.error("job %s: step %s failed", job_id, step, exc_info=error)
        log_of_job.say("service", f"internal error: {error!r}")
        return _ends(JobStatus.FAILED, f"internal error in step {step}: {error!r}; see the service log")
