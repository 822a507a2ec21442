"""The story of a job, in the order it happens. Read this first.

Each ``do`` is a durable step: after a crash the finished ones are not run again, the unfinished one is. Nothing in
this file touches a file, a clock or a database, so that telling the story twice gives the same story.
"""

import asyncio
from typing import Any, cast

from company.work.report import counted
from company.work.verification import Comparison, doubts
from daemon.engine import Do
from daemon.job.facts import (
    BaseFacts,
    DeliveredFacts,
    MergeFacts,
    PlanFacts,
    ReadyFacts,
    RunFacts,
    StoryFacts,
    VerdictFacts,
)
from daemon.job.steps import JobSteps


class JobEnds(Exception):
    """A step said that the job ends here."""

    def __init__(self, status: str, outcome: str) -> None:
        self.status, self.outcome = status, outcome
        super().__init__(outcome)


class JobWorkflow:
    """Tells a job from its plan to its report."""

    def __init__(self, steps: JobSteps) -> None:
        self._steps = steps

    async def tell(self, do: Do, job_id: str) -> str:
        """Run the job to its end; return the status it ended with."""
        story: StoryFacts = {"status": "", "outcome": "", "runs": [], "verdicts": []}
        try:
            await self._work(do, job_id, story)
        except JobEnds as end:
            story["status"], story["outcome"] = end.status, end.outcome
        return str(await do("close", self._steps.close, job_id, story))

    async def _work(self, do: Do, job_id: str, story: StoryFacts) -> None:
        plan = cast(PlanFacts, _proceed(await do("plan", self._steps.plan, job_id)))
        story["plan"] = plan
        ready = cast(ReadyFacts, _proceed(await do("prepare", self._steps.prepare, job_id)))
        story["ready"], story["head"] = ready, ready["base_commit"]
        conflicts_seen = False
        findings: list[dict[str, Any]] = []
        for iteration in range(plan["max_iterations"] + 1):
            if iteration == plan["max_iterations"] and not _is_base_conflict(findings):
                break
            findings, conflicts = await self._iterate(do, job_id, story, iteration, findings)
            if conflicts and conflicts_seen:
                raise JobEnds("blocked", f"conflict in {', '.join(conflicts)}, for the second time")
            conflicts_seen = conflicts_seen or bool(conflicts)
            if not findings:
                story["delivered"] = await self._deliver(do, job_id, story)
                raise JobEnds("completed", _delivery_words(story["delivered"], story))
        raise JobEnds("blocked", _blocker_words(findings, plan["max_iterations"]))

    async def _iterate(
        self, do: Do, job_id: str, story: StoryFacts, iteration: int, findings: list[dict[str, Any]]
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Let the agents work once and judge it. Returns what is left to mend, and files in conflict."""
        runs, conflicts = await self._run_waves(do, job_id, story, iteration, findings)
        verdict = cast(
            VerdictFacts,
            _proceed(
                await do(
                    f"verify {iteration + 1}", self._steps.verify, job_id, iteration, story, runs, conflicts
                )
            ),
        )
        story["runs"].extend(runs)
        story["verdicts"].append(verdict)
        files = sorted({path for paths in conflicts.values() for path in paths})
        if verdict["findings"]:
            return verdict["findings"], files
        base = cast(
            BaseFacts,
            _proceed(
                await do(f"take in base {iteration + 1}", self._steps.take_in_base, job_id, iteration, story)
            ),
        )
        story["head"] = base["head"]
        story["ready"]["base_commit"] = base["base_commit"]
        if base["state"] == "unchanged":
            return [], files
        again = cast(
            VerdictFacts,
            _proceed(
                await do(
                    f"verify base {iteration + 1}", self._steps.verify_base, job_id, iteration, story, base
                )
            ),
        )
        story["verdicts"].append(again)
        return again["findings"], base["conflicts"]

    async def _run_waves(
        self, do: Do, job_id: str, story: StoryFacts, iteration: int, findings: list[dict[str, Any]]
    ) -> tuple[list[RunFacts], dict[str, list[str]]]:
        called = _called(story, findings)
        runs: list[RunFacts] = []
        conflicts: dict[str, list[str]] = {}
        for number, wave in enumerate(story["plan"]["waves"]):
            agents = [agent_id for agent_id in wave if agent_id in called]
            if not agents:
                continue
            if any(not run["ended_well"] for run in runs) or conflicts:
                break  # what builds on missing work would build on sand
            # Steps are numbered in the order they are begun, so gather is as deterministic as a loop.
            results = await asyncio.gather(
                *(
                    do(
                        f"{agent_id} {iteration + 1}",
                        self._steps.run_agent,
                        job_id,
                        iteration,
                        agent_id,
                        story,
                        findings,
                    )
                    for agent_id in agents
                )
            )
            wave_runs = [cast(RunFacts, _proceed(result)) for result in results]
            merged = cast(
                MergeFacts,
                _proceed(
                    await do(
                        f"merge {iteration + 1}.{number + 1}",
                        self._steps.merge,
                        job_id,
                        story["head"],
                        wave_runs,
                    )
                ),
            )
            story["head"] = merged["head"]
            conflicts.update(merged["conflicts"])
            runs.extend(wave_runs)
        return runs, conflicts

    async def _deliver(self, do: Do, job_id: str, story: StoryFacts) -> DeliveredFacts:
        return cast(DeliveredFacts, _proceed(await do("deliver", self._steps.deliver, job_id, story)))


def _proceed(result: Any) -> Any:
    if isinstance(result, dict) and "ends" in result:
        raise JobEnds(result["ends"], result["outcome"])
    return result


def _called(story: StoryFacts, findings: list[dict[str, Any]]) -> set[str]:
    """Return the agents that work now: whoever has nothing in the tree yet, and whom a finding names.

    A finding without a name calls everyone.
    """
    everyone = {agent_id for wave in story["plan"]["waves"] for agent_id in wave}
    named = {finding["agent_id"] for finding in findings}
    if None in named:
        return everyone
    done = {run["agent_id"] for run in story["runs"] if run["ended_well"]}
    return (everyone - done) | (everyone & named)


def _is_base_conflict(findings: list[dict[str, Any]]) -> bool:
    return any(finding["source"] == "base" for finding in findings)


def _delivery_words(delivered: DeliveredFacts, story: StoryFacts) -> str:
    comparisons = [Comparison(**facts) for facts in story["verdicts"][-1]["comparisons"]]
    doubt = doubts(comparisons, is_of_repository=story["ready"]["source"] is not None)
    place = f"on {delivered['delivered_to']}" if delivered["delivered_to"] else "as a patch"
    words = f"{counted(len(delivered['files']), 'file')} changed, branch {delivered['branch']} {place}"
    return f"{doubt}; {words}" if doubt else words


def _blocker_words(findings: list[dict[str, Any]], iterations: int) -> str:
    first = findings[0]
    who = (first["agent_id"] or "everyone").removeprefix("agent-")
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return f"after {counted(iterations, 'iteration')}: {who}: {first['source']}: {first['text']}{more}"
