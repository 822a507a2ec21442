"""Steps 5 and 6: one run of one agent in a worktree of its own, and a wave's branches brought together."""

from typing import Any

from company.config import Config
from company.errors import AgentServiceError
from company.store import sessions, tasks
from company.store.gate import Transaction
from company.store.sessions import Session
from company.work.brief import BriefFacts, compose_brief
from company.work.priority import Priority, body_of
from company.work.staff import Agent
from company.work.task import TaskStatus
from daemon.git.clone import Clone
from daemon.git.fingerprint import Fingerprint, fingerprint
from daemon.git.merge import Conflict, merge_commits
from daemon.git.worktree import Worktree, add_worktree, changed_files, commit_all
from daemon.job.desk import AgentDesk
from daemon.job.facts import MergeFacts, RunFacts, StoryFacts, finding_from
from daemon.job.planning import insert_task, staff_for
from daemon.job.preparing import make_ready, lock_files, open_target
from daemon.job.settling import settle_task
from daemon.job.workplace import Workplace
from daemon.processes.environment import agent_environment
from daemon.processes.spawn import EndReason
from daemon.runners import runner_for
from daemon.runners.protocol import RunResult, RunTask

GUIDANCE_FILES = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md")


class Stopped(AgentServiceError):
    """A person stopped the job while an agent ran."""


def run_agent(
    place: Workplace,
    job_id: str,
    iteration: int,
    agent_id: str,
    story: StoryFacts,
    findings: list[dict[str, Any]],
) -> RunFacts:
    """Let ``agent_id`` work on the tree as it stands; a run that did not end well is settled as failed at once."""
    session = place.session(job_id)
    priority = place.priority(session)
    with place.office.store.reading() as tx:
        staff = staff_for(place.config, tx, session.target_repo, priority.runner, priority.model or session.model)
    agent = next(one for one in staff if one.id == agent_id)
    runner = runner_for(agent.runner, place.config, place.processes)
    start = story["head"]
    task = _begin(place, session, agent, iteration, story["plan"]["descriptions"][agent_id])
    desk = AgentDesk(place, job_id, agent, iteration, task)
    clone = open_target(place, session)
    worktree = _worktree(place, job_id, clone, agent, iteration, start)
    make_ready(
        place,
        job_id,
        worktree,
        tuple(tuple(argv) for argv in story["ready"]["setup"]),
        lock_files(place, session),
    )
    before = fingerprint(clone)
    run_task = _run_task(place, session, priority, agent, iteration, task, worktree, story, findings, desk)
    desk.begin(run_task.task)
    with place.agents_at_once:
        result = runner.run(run_task, desk.hear)
    if result.ended is EndReason.STOPPED:
        desk.end("stopped", "stopped by a person")
        raise Stopped("the job was stopped")
    return _hand_in(place, session, agent, iteration, task, worktree, start, result, before, desk)


def _begin(place: Workplace, session: Session, agent: Agent, iteration: int, description: str) -> str:
    with place.office.store.transaction() as tx:
        task = insert_task(tx, session.id, agent, description, iteration, session.priority)
        tasks.move(tx, task, TaskStatus.IN_PROGRESS, started_at=tx.now_iso)
        sessions.set_phase(tx, session.id, "working", iteration_count=iteration + 1)
        place.tell(tx, session.id, f"working:{iteration}:{agent.short_id}")
    return task


def _worktree(
    place: Workplace, job_id: str, clone: Clone, agent: Agent, iteration: int, start: str
) -> Worktree:
    """Open the run's worktree. One with a run under way or finished is taken as it is: it holds the work."""
    name = f"{agent.short_id}-{iteration + 1}"
    return add_worktree(
        clone, place.worktree_path(job_id, name), f"agent-step/{job_id}/{iteration + 1}-{agent.short_id}", start
    )


def _run_task(
    place: Workplace,
    session: Session,
    priority: Priority,
    agent: Agent,
    iteration: int,
    task: str,
    worktree: Worktree,
    story: StoryFacts,
    findings: list[dict[str, Any]],
    desk: AgentDesk,
) -> RunTask:
    description = story["plan"]["descriptions"][agent.id]
    brief = _brief(place.config, session, priority, agent, iteration, worktree, story, findings, description)
    limits = place.config.limits
    return RunTask(
        key=f"{session.id}/{iteration + 1}-{agent.short_id}",
        job_id=session.id,
        agent=agent,
        iteration=iteration,
        brief=brief,
        brief_path=desk.write_brief(brief),
        task=description,
        worktree=worktree.path,
        base_commit=story["head"],
        model=agent.model,
        output_path=desk.output_path,
        wall_timeout_s=limits.agent_timeout_s,
        idle_timeout_s=limits.agent_idle_timeout_s,
        environment=agent_environment(place.config, place.environment, {"AGENT_TASK_ID": task}),
        memory_limit_bytes=limits.memory_mb_per_agent * 1024 * 1024 or None,
    )


def _brief(
    config: Config,
    session: Session,
    priority: Priority,
    agent: Agent,
    iteration: int,
    worktree: Worktree,
    story: StoryFacts,
    findings: list[dict[str, Any]],
    description: str,
) -> str:
    mine = [finding_from(facts) for facts in findings if facts["agent_id"] in (agent.id, None)]
    ready = story["ready"]
    return compose_brief(
        BriefFacts(
            agent=agent,
            prompt=agent.prompt or f"You are {agent.name}, {agent.role}.",
            task=description,
            priority_text=body_of(priority),
            expected_outcome=priority.expected_outcome,
            files=priority.files,
            checks=[check["name"] for check in ready["checks"]],
            red_before=[check["name"] for check in ready["baseline"] if not check["is_green"]],
            colleagues_done=[
                f"{run['agent_id'].removeprefix('agent-')}: {', '.join(run['files'])}"
                for run in story["runs"]
                if run["ended_well"]
            ],
            guidance=_guidance(worktree),
            findings=mine,
            notes=(),
            iteration=iteration,
        )
    )


def _guidance(worktree: Worktree) -> str:
    for name in GUIDANCE_FILES:
        path = worktree.path / name
        if path.is_file() and not path.is_symlink():
            return path.read_text(encoding="utf-8", errors="replace")
    return ""


def _hand_in(
    place: Workplace,
    session: Session,
    agent: Agent,
    iteration: int,
    task: str,
    worktree: Worktree,
    start: str,
    result: RunResult,
    before: Fingerprint,
    desk: AgentDesk,
) -> RunFacts:
    """Commit what the run left in the tree, and say whether it may wait for the verdict."""
    notes = [f"{agent.name}: {line}" for line in before.changes(fingerprint(worktree.clone))]
    commit = commit_all(
        worktree,
        f"{agent.name}: {desk.title}",
        name=place.config.work.commit_name,
        email=place.config.work.commit_email,
    )
    files = list(changed_files(worktree.clone, start, commit)) if commit else []
    reason = result.reason if not result.ok else ("" if files else "it changed nothing")
    facts: RunFacts = {
        "agent_id": agent.id,
        "task_id": task,
        "iteration": iteration,
        "started_from": start,
        "ended_well": not reason,
        "reason": reason,
        "commit": commit,
        "files": files,
        "notes": notes,
    }
    with place.office.store.transaction() as tx:
        _record(place, tx, session, agent, facts, result)
    desk.end("failed" if reason else "waits for the verdict", reason, files=files, feedback=result.feedback)
    return facts


def _record(
    place: Workplace, tx: Transaction, session: Session, agent: Agent, facts: RunFacts, result: RunResult
) -> None:
    tasks.note_run(
        tx, facts["task_id"], commit_sha=facts["commit"], feedback=result.feedback.as_dict(), llm_used=result.model_used
    )
    if not facts["ended_well"]:
        settle_task(tx, facts["task_id"], TaskStatus.FAILED, error=facts["reason"])
        place.tell(tx, session.id, f"failed:{facts['iteration']}:{agent.short_id}")


def merge(place: Workplace, job_id: str, head: str, runs: list[RunFacts]) -> MergeFacts:
    """Merge each run that ended well into ``head``, in the plan's order.

    A run that conflicts with a colleague's is left out and named with the files; it goes back to its agent.
    """
    session = place.session(job_id)
    clone = open_target(place, session)
    log = place.log(job_id)
    conflicts: dict[str, list[str]] = {}
    for run in runs:
        if not run["ended_well"] or run["commit"] is None:
            continue
        short_id = run["agent_id"].removeprefix("agent-")
        outcome = merge_commits(
            clone,
            head,
            run["commit"],
            f"Merge {short_id}",
            name=place.config.work.commit_name,
            email=place.config.work.commit_email,
        )
        if isinstance(outcome, Conflict):
            conflicts[run["agent_id"]] = list(outcome.files)
            log.say("merge", f"{short_id}: conflict in {', '.join(outcome.files)}")
        else:
            head = outcome.commit
            log.say("merge", f"{short_id}: {len(run['files'])} files")
    return {"head": head, "conflicts": conflicts}
