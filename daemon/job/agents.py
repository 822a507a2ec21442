"""Steps 5 and 6: one run of one agent in a worktree of its own, and a wave's branches brought together."""

from dataclasses import dataclass, replace
from typing import Any

from company.errors import AgentServiceError
from company.orders.telling import tell_job
from company.store import notes as session_notes
from company.store import sessions, tasks
from company.work.report import counted
from company.work.task import TaskStatus
from daemon.git.delivery import changed_files
from daemon.git.fingerprint import Fingerprint, fingerprint
from daemon.git.merge import Conflict
from daemon.git.merge import merge as merge_into
from daemon.git.worktree import Worktree, add_worktree, commit_all, remove_worktree
from daemon.job.approving import Approver
from daemon.job.briefing import Assignment, brief_for
from daemon.job.desk import AgentDesk
from daemon.job.facts import MergeFacts, RunFacts, StoryFacts
from daemon.job.money import BudgetReached, Money
from daemon.job.planning import insert_task, staff_for
from daemon.job.preparing import integration, lock_files, make_ready, open_target
from daemon.job.resting import rests_after
from daemon.job.settling import settle_task
from daemon.job.surroundings import INTEGRATION, Surroundings, look_around
from daemon.job.workplace import Stopped, Workplace
from daemon.processes.spawn import EndReason
from daemon.runners import runner_for
from daemon.runners.protocol import Runner, RunResult, RunTask


@dataclass(frozen=True)
class _Before:
    """How things stood before a run."""

    git: Fingerprint
    around: Surroundings


def run_agent(
    place: Workplace,
    job_id: str,
    iteration: int,
    agent_id: str,
    story: StoryFacts,
    findings: list[dict[str, Any]],
) -> RunFacts:
    """Let ``agent_id`` work on the tree as it stands; a run that did not end well is settled as failed at once."""
    part = _assignment(place, job_id, iteration, agent_id, story, findings)
    task_id = _begin(place, part)
    runner = _runner(place, part, task_id)
    part = replace(part, agent=replace(part.agent, runner=runner.name))
    desk = AgentDesk(place, job_id, part.agent, iteration, task_id)
    worktree = _worktree(place, part)
    before = _Before(fingerprint(worktree), look_around(worktree, place.config.folders.priorities))
    money = Money(place, job_id, task_id, part.agent.model)
    task = _run_task(place, part, task_id, worktree, desk, money)
    result = _run(place, part, runner, task, desk, money)
    if result.ended is EndReason.STOPPED:
        desk.end("stopped", "the job was ended")
        raise Stopped(job_id)
    if result.is_over_budget:
        desk.end("stopped", result.reason)
        raise BudgetReached(result.reason)
    return _hand_in(place, part, task_id, worktree, result, before, desk)


def _runner(place: Workplace, part: Assignment, task_id: str) -> Runner:
    """Return what runs the task. What 'auto' chose stands in its row: a repeated step finds the same at work."""
    with place.store.reading() as tx:
        chosen = tasks.get(tx, task_id).runner or part.agent.runner
    runner = runner_for(chosen, place.config, place.processes, place.environment)
    if runner.name != chosen:
        with place.store.transaction() as tx:
            tasks.note_run(tx, task_id, runner=runner.name)
        place.log(part.session.id).say(part.agent.short_id, f"is run by {runner.name}")
    return runner


def _run(
    place: Workplace, part: Assignment, runner: Runner, task: RunTask, desk: AgentDesk, money: Money
) -> RunResult:
    """Run it to its end, and again after the end of a usage limit. Raises BudgetReached, Stopped, Detached."""
    desk.begin(part.task)
    try:
        while True:
            with place.resting.in_turn(place, part.session, task.key, runner.name):
                place.agents_at_once.acquire()
            try:
                if not place.processes.is_known(task.key):
                    money.check()
                place.lodging.open(place.config, task.worktree)
                result = place.run_with_room(task.key, lambda: runner.run(task, desk.hear), _has_failed)
                place.lodging.close(task.worktree)
            finally:
                place.agents_at_once.release()
            with place.store.transaction() as tx:
                money.record(tx, result)
            if not rests_after(place, part.session.id, runner.name, result):
                return result
            place.processes.forget_one(task.key)
    finally:
        money.close()


def _has_failed(result: RunResult) -> bool:
    return not result.ok and result.ended is not EndReason.STOPPED


def _assignment(
    place: Workplace,
    job_id: str,
    iteration: int,
    agent_id: str,
    story: StoryFacts,
    findings: list[dict[str, Any]],
) -> Assignment:
    session = place.session(job_id)
    priority = place.priority(session)
    with place.store.reading() as tx:
        staff = staff_for(
            place.config, tx, session.target_repo, priority.runner, priority.model or session.model
        )
    agent = next((one for one in staff if one.id == agent_id), None)
    if agent is None:
        raise AgentServiceError(f"{agent_id} was fired while the job was under way")
    return Assignment(
        session=session, priority=priority, agent=agent, iteration=iteration, story=story, findings=findings
    )


def _begin(place: Workplace, part: Assignment) -> str:
    with place.store.transaction() as tx:
        task_id = insert_task(
            tx, part.session.id, part.agent, part.task, part.iteration, part.session.priority
        )
        tasks.move(tx, task_id, TaskStatus.IN_PROGRESS, started_at=tx.now_iso)
        sessions.set_phase(tx, part.session.id, "working", iteration_count=part.iteration + 1)
        tell_job(tx, part.session.id, f"working:{part.name}")
    return task_id


def _worktree(place: Workplace, part: Assignment) -> Worktree:
    """Open the run's worktree, made ready. One whose run is under way or over is taken as it is: it holds the work."""
    job_id = part.session.id
    worktree = add_worktree(
        open_target(place, part.session),
        place.worktree_path(job_id, part.name),
        f"agent-step/{job_id}/{part.name}",
        part.story["head"],
        is_apart=place.lodging.run_as is not None,
    )
    setup = tuple(tuple(argv) for argv in part.story["ready"]["setup"])
    make_ready(place, job_id, worktree, setup, lock_files(place, part.session))
    return worktree


def _run_task(
    place: Workplace, part: Assignment, task_id: str, worktree: Worktree, desk: AgentDesk, money: Money
) -> RunTask:
    with place.store.reading() as tx:
        told = session_notes.of_session(tx, part.session.id)
    brief = brief_for(part, worktree.path, told)
    limits = place.config.limits
    key = f"{part.session.id}/{part.name}"
    return RunTask(
        key=key,
        job_id=part.session.id,
        agent=part.agent,
        iteration=part.iteration,
        brief=brief,
        brief_path=place.lodging.brief_path(desk.write_brief(brief), worktree.path, brief),
        task=part.task,
        worktree=worktree.path,
        base_commit=part.story["head"],
        model=part.agent.model,
        output_path=desk.output_path,
        wall_timeout_s=limits.agent_timeout_s,
        idle_timeout_s=limits.agent_idle_timeout_s,
        environment=place.lodging.environment(
            place.config, place.environment, worktree.path, {"AGENT_TASK_ID": task_id}
        ),
        memory_limit_bytes=limits.memory_mb_per_agent * 1024 * 1024 or None,
        budget_usd=money.left_usd(),
        may_spend=money.may_spend,
        home_path=place.lodging.home_path(worktree.path),
        lend=place.lodging.lend,
        decide=Approver(place, part.session.id, part.agent.id, task_id, key).decide,
    )


def _hand_in(
    place: Workplace,
    part: Assignment,
    task_id: str,
    worktree: Worktree,
    result: RunResult,
    before: _Before,
    desk: AgentDesk,
) -> RunFacts:
    """Commit what the run left in the tree, and say whether it may wait for the verdict."""
    clean = place.redactor.text  # an agent may well name a file after a secret
    start = part.story["head"]
    pushed, noticed = _overreach(place, part, worktree, before)
    notes = [f"{part.agent.name}: {clean(line)}" for line in (*pushed, *noticed)]
    notes += [f"{part.agent.name} was refused {clean(denial)}" for denial in result.denials]
    commit = commit_all(
        worktree,
        f"{part.agent.name}: {desk.title}",
        name=place.config.work.commit_name,
        email=place.config.work.commit_email,
    )
    files = [clean(name) for name in changed_files(worktree.clone, start, commit)] if commit else []
    # Whoever has work in the tree may find that nothing of it needs mending: then the verdict decides.
    may_change_nothing = part.has_work_in_the_tree
    reason = result.reason if not result.ok else _emptiness(result, files, may_change_nothing)
    reason = clean(reason or "; ".join(pushed))
    facts: RunFacts = {
        "agent_id": part.agent.id,
        "task_id": task_id,
        "iteration": part.iteration,
        "started_from": start,
        "ended_well": not reason,
        "reason": reason,
        "commit": commit,
        "files": files,
        "notes": notes,
    }
    with place.store.transaction() as tx:
        tasks.note_run(
            tx, task_id, commit_sha=commit, feedback=result.feedback.as_dict(), llm_used=result.model_used
        )
        if reason:
            settle_task(tx, task_id, TaskStatus.FAILED, error=reason)
            tell_job(tx, part.session.id, f"failed:{part.name}")
    desk.end("failed" if reason else "waits for the verdict", reason, files=files, feedback=result.feedback)
    return facts


def _emptiness(result: RunResult, files: list[str], may_change_nothing: bool) -> str:
    """Say why a run that ended well by its own words and changed nothing is none; '' where it may be one."""
    if files:
        return ""
    if result.denials:
        return f"it changed nothing: it was refused {'; '.join(result.denials)}"
    return "" if may_change_nothing else "it changed nothing"


def _overreach(
    place: Workplace, part: Assignment, worktree: Worktree, before: _Before
) -> tuple[list[str], list[str]]:
    """Say what the run did outside of its worktree: what is held against it, and what is only told.

    The integration worktree is laid out anew where somebody wrote into it: the next wave is merged and checked there.
    """
    after = look_around(worktree, place.config.folders.priorities)
    if before.around.is_changed(after, INTEGRATION):
        path = place.worktree_path(part.session.id, "integration")
        branch = f"agent-step/{part.session.id}/integration"
        remove_worktree(Worktree(path, worktree.clone, branch))
    noticed = [*before.git.changes(fingerprint(worktree)), *before.around.noticed(after, place.was_ordered)]
    return before.around.pushed(after, worktree), noticed


def merge(place: Workplace, job_id: str, head: str, runs: list[RunFacts]) -> MergeFacts:
    """Merge each run that ended well into ``head``, in the plan's order.

    A run that conflicts with a colleague's is left out and named with the files; it goes back to its agent.
    """
    clone = open_target(place, place.session(job_id))
    worktree = integration(place, job_id, clone, head)
    log = place.log(job_id)
    conflicts: dict[str, list[str]] = {}
    for run in runs:
        if not run["ended_well"] or run["commit"] is None:
            continue
        short_id = run["agent_id"].removeprefix("agent-")
        outcome = merge_into(
            clone,
            worktree,
            (run["commit"],),
            f"Merge {short_id}",
            name=place.config.work.commit_name,
            email=place.config.work.commit_email,
        )
        if isinstance(outcome, Conflict):
            conflicts[run["agent_id"]] = list(outcome.files)
            log.say("merge", f"{short_id}: conflict in {', '.join(outcome.files)}")
        else:
            head = outcome.commit
            log.say("merge", f"{short_id}: {counted(len(run['files']), 'file')}")
    return {"head": head, "conflicts": conflicts}
