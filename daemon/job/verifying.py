"""Step 7: the repository's own checks, the review of the whole diff, and the settlement of the iteration."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from company.orders.telling import tell_job, tell_verdict
from company.store import tasks
from company.store.sessions import Session
from company.work.report import counted
from company.work.review import review_diff
from company.work.settlement import Verdict, WaitingTask, settle
from company.work.task import TaskStatus
from company.work.verification import CheckResult, Comparison, Contribution, Finding, compare, responsible
from daemon.git.clone import Clone
from daemon.git.delivery import diff_text
from daemon.job.checking import run_checks
from daemon.job.facts import (
    BaseFacts,
    RunFacts,
    StoryFacts,
    VerdictFacts,
    check_facts,
    check_from,
    finding_facts,
)
from daemon.job.planning import insert_task, staff_for
from daemon.job.preparing import integration, open_target
from daemon.job.settling import settle_task
from daemon.job.workplace import Workplace, names

DIFF_MAX_BYTES = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What was found out about a tree."""

    checks: Sequence[CheckResult]
    comparisons: Sequence[Comparison]
    findings: Sequence[Finding]


def verify(
    place: Workplace,
    job_id: str,
    iteration: int,
    story: StoryFacts,
    runs: list[RunFacts],
    conflicts: dict[str, list[str]],
) -> VerdictFacts:
    """Judge the iteration and settle its tasks, in one transaction."""
    session = place.session(job_id)
    place.enter_phase(job_id, f"verifying, iteration {iteration + 1}")
    duties = _begin_duties(place, session, story, iteration)
    judged = _judge(place, session, f"iteration-{iteration + 1}", story, [*story["runs"], *runs])
    findings = [*_run_findings(runs), *_conflict_findings(conflicts), *judged.findings]
    waiting = [
        WaitingTask(task_id=run["task_id"], agent_id=run["agent_id"]) for run in runs if run["ended_well"]
    ]
    workers = [agent_id for wave in story["plan"]["waves"] for agent_id in wave]
    verdict = settle(waiting, findings, workers=workers)
    with place.store.transaction() as tx:
        for settled in verdict.settled:
            settle_task(tx, settled.task_id, settled.status, error=settled.error)
        for task_id in duties:
            settle_task(tx, task_id, TaskStatus.COMPLETED)
        tell_job(tx, job_id, f"verdict:{iteration}")
        tell_verdict(
            tx,
            job_id,
            f"{iteration}",
            iteration=iteration + 1,
            findings=[
                {**finding_facts(one), "text": place.redactor.text(one.text)} for one in verdict.findings
            ],
            checks=[(one.name, one.verdict) for one in judged.comparisons],
            back_to=verdict.back_to,
        )
    _write_state(place, session, story, iteration, judged, verdict)
    place.log(job_id).say("verification", _verdict_words(verdict))
    return {
        "checks": [check_facts(check) for check in judged.checks],
        "comparisons": [asdict(comparison) for comparison in judged.comparisons],
        "findings": [finding_facts(finding) for finding in verdict.findings],
        "back_to": list(verdict.back_to),
    }


def verify_base(
    place: Workplace, job_id: str, iteration: int, story: StoryFacts, base: BaseFacts
) -> VerdictFacts:
    """Judge the work again on a base that moved. Nothing is settled: the agents' runs were, by their own verdict."""
    session = place.session(job_id)
    if base["state"] == "conflict":
        finding = Finding(
            agent_id=None,
            source="base",
            text=f"{story['ready']['base_branch']} moved meanwhile and conflicts in {', '.join(base['conflicts'])}; "
            "the work starts again from there",
        )
        return {"checks": [], "comparisons": [], "findings": [finding_facts(finding)], "back_to": []}
    judged = _judge(place, session, f"base-{iteration + 1}", story, story["runs"])
    return {
        "checks": [check_facts(check) for check in judged.checks],
        "comparisons": [asdict(comparison) for comparison in judged.comparisons],
        "findings": [finding_facts(finding) for finding in judged.findings],
        "back_to": [],
    }


def _begin_duties(place: Workplace, session: Session, story: StoryFacts, iteration: int) -> list[str]:
    """Give the Verification and Review agents their task rows; return the ids."""
    wanted = {
        story["plan"]["verifier_id"]: "run the checks and compare them with the baseline",
        story["plan"]["reviewer_id"]: "read the whole diff",
    }
    with place.store.transaction() as tx:
        staff = {one.id: one for one in staff_for(place.config, tx, session.target_repo, None, None)}
        ids = []
        for agent_id, description in wanted.items():
            if agent_id is None or agent_id not in staff:
                continue
            task_id = insert_task(tx, session.id, staff[agent_id], description, iteration, session.priority)
            tasks.move(tx, task_id, TaskStatus.IN_PROGRESS, started_at=tx.now_iso)
            ids.append(task_id)
    return ids


def _judge(
    place: Workplace, session: Session, moment: str, story: StoryFacts, runs: Sequence[RunFacts]
) -> Judged:
    """Run the checks on the head as it stands and read its diff."""
    ready = story["ready"]
    clone = open_target(place, session)
    worktree = integration(place, session.id, clone, story["head"])
    checks = run_checks(place, session.id, moment, ready["checks"], worktree.path)
    baseline = [check_from(facts) for facts in ready["baseline"]]
    named = [check["name"] for check in ready["checks"] if check["is_named"]]
    comparisons = compare(baseline, checks, named)
    faults = {comparison.name: comparison for comparison in comparisons if comparison.is_fault}
    at_work = _at_work(runs)
    contributions = _contributions(place, session, clone, moment, story, at_work, faults)
    findings = [
        Finding(
            agent_id=agent_id,
            source=f"check: {check.name}",
            text=faults[check.name].verdict,
            detail=check.tail,
        )
        for check in checks
        if check.name in faults
        for agent_id in responsible(check, contributions) or (None,)
    ]
    owners = {path: run["agent_id"] for run in at_work for path in run["files"]}
    diff = diff_text(clone, ready["base_commit"], story["head"], max_bytes=DIFF_MAX_BYTES)
    review = review_diff(diff, owners, max_file_bytes=place.config.work.review_max_file_bytes)
    clean = place.redactor.text  # a file may be named after a secret
    cleaned = [replace(one, text=clean(one.text), detail=clean(one.detail)) for one in (*findings, *review)]
    return Judged(checks=checks, comparisons=comparisons, findings=cleaned)


def _at_work(runs: Sequence[RunFacts]) -> list[RunFacts]:
    """Return what each agent put into the tree: its newest commit, with the files of all its runs."""
    newest: dict[str, RunFacts] = {}
    for run in runs:
        if run["ended_well"] and run["files"]:
            earlier = newest.get(run["agent_id"])
            files = sorted({*run["files"], *(earlier["files"] if earlier else ())})
            newest[run["agent_id"]] = {**run, "files": files}
    return list(newest.values())


def _contributions(
    place: Workplace,
    session: Session,
    clone: Clone,
    moment: str,
    story: StoryFacts,
    runs: Sequence[RunFacts],
    faults: dict[str, Comparison],
) -> list[Contribution]:
    """Say who changed what; where a check broke and several worked, find out on whose own work it is red.

    Each agent's commit is checked alone, for the broken checks only. A check that was green on what the agent
    started from (the base, or a head that carried the colleagues before it) and is red on its commit is its fault.
    """
    broken = [check for check in story["ready"]["checks"] if check["name"] in faults]
    broken = [check for check in broken if faults[check["name"]].before is not False]
    if len(runs) < 2 or not broken:
        return [Contribution(agent_id=run["agent_id"], files=tuple(run["files"])) for run in runs]
    contributions = []
    red_at: dict[str, frozenset[str]] = {story["ready"]["base_commit"]: frozenset()}

    def red(commit: str) -> frozenset[str]:
        if commit not in red_at:
            worktree = integration(place, session.id, clone, commit)
            results = run_checks(place, session.id, f"{moment}-at-{commit[:10]}", broken, worktree.path)
            red_at[commit] = frozenset(check.name for check in results if not check.is_green)
        return red_at[commit]

    for run in runs:
        assert run["commit"] is not None, "files are changed by a commit"
        broke = red(run["commit"]) - red(run["started_from"])
        contributions.append(Contribution(agent_id=run["agent_id"], files=tuple(run["files"]), broke=broke))
    integration(place, session.id, clone, story["head"])
    return contributions


def _run_findings(runs: Sequence[RunFacts]) -> list[Finding]:
    return [
        Finding(agent_id=run["agent_id"], source="run", text=run["reason"])
        for run in runs
        if not run["ended_well"]
    ]


def _conflict_findings(conflicts: dict[str, list[str]]) -> list[Finding]:
    return [
        Finding(
            agent_id=agent_id,
            source="merge",
            text=f"conflicts with a colleague's work in {', '.join(files)}; work again on the merged tree",
        )
        for agent_id, files in conflicts.items()
    ]


def _write_state(
    place: Workplace, session: Session, story: StoryFacts, iteration: int, judged: Judged, verdict: Verdict
) -> None:
    state = place.state(session.id)
    facts: dict[str, Any] = {
        "job": session.id,
        "iteration": iteration + 1,
        "judged_at": place.now_iso(),
        "is_good": verdict.is_good,
        "checks": [asdict(comparison) for comparison in judged.comparisons],
        "findings": [finding_facts(finding) for finding in verdict.findings],
        "back_to": list(verdict.back_to),
    }
    reviewer = story["plan"]["reviewer_id"]
    if reviewer is not None:
        found = [one for one in facts["findings"] if one["source"] == "review"]
        state.write(
            reviewer.removeprefix("agent-"), {**facts, "checks": [], "findings": found, "agent": reviewer}
        )
    history = state.read("verification").get("iterations", [])
    kept = [one for one in history if one.get("iteration") != iteration + 1]
    state.write("verification", {"job": session.id, "iterations": [*kept, facts]})


def _verdict_words(verdict: Verdict) -> str:
    if verdict.is_good:
        return "nothing to mend"
    return f"{counted(len(verdict.findings), 'finding')}, back to {names(verdict.back_to) or 'nobody'}"
