"""Step 3: which agents are needed, in which order; a task row each; the plan in ``orchestrator.json``."""

import uuid
from collections.abc import Sequence

from company.config import Config
from company.orders.telling import tell_job
from company.store import agents as agent_rows
from company.store import sessions, tasks
from company.store.gate import Reading, Transaction
from company.store.sessions import Session
from company.work.job import JobStatus
from company.work.plan import Plan, PlanRefused, make_plan
from company.work.priority import Priority
from company.work.staff import Agent, resolve_agent
from daemon.job.facts import Ends, PlanFacts
from daemon.job.workplace import Workplace, names

_TASK_NAMES = uuid.UUID("3f0c8f9e-6d0e-4a56-9d0f-6b7f0e8f7a11")


def plan(place: Workplace, job_id: str) -> PlanFacts | Ends:
    """Plan the job and write the plan down."""
    session = place.session(job_id)
    priority = place.priority(session)
    log = place.log(job_id)
    log.say("service", f"job {job_id}: {session.title}")
    with place.store.reading() as tx:
        staff = staff_for(
            place.config, tx, session.target_repo, priority.runner, priority.model or session.model
        )
    made = make_plan(priority, session.team_id, staff)
    if isinstance(made, PlanRefused):
        return {"ends": JobStatus.FAILED.value, "outcome": f"{made.reason} ({made.mend})"}
    facts = _facts(place, session, priority, made)
    with place.store.transaction() as tx:
        for agent_id in (task.agent_id for task in made.tasks):
            insert_task(
                tx, job_id, _agent(staff, agent_id), made.description_for(agent_id), 0, session.priority
            )
        sessions.set_phase(tx, job_id, "planned")
        tell_job(tx, job_id, "planned")
    _write_state(place, session, made, facts)
    log.say("orchestrator", " → ".join(names(wave) for wave in made.waves))
    for agent_id, why in made.left_out.items():
        log.say("orchestrator", f"left out: {agent_id.removeprefix('agent-')}: {why}")
    return facts


def staff_for(
    config: Config, tx: Reading, target_repo: str | None, runner: str | None, model: str | None
) -> list[Agent]:
    """Return the active agents as they are run for this target. ``runner`` and ``model`` are the file's wishes."""
    configured = {agent.id: agent for agent in config.agents}
    repository = config.repository(target_repo) if target_repo else None
    commands = dict(repository.commands) if repository else {}
    return [
        resolve_agent(
            row,
            configured.get(row.id),
            default_runner=config.work.runner,
            wanted_runner=runner,
            repository_commands=commands,
            model=model,
            permissions=config.permissions_of(row.id),
        )
        for row in agent_rows.list_agents(tx, include_inactive=False)
    ]


def task_id(job_id: str, agent_id: str, iteration: int) -> str:
    """Name a task by what it is, so that a repeated step writes the same row."""
    return f"task-{uuid.uuid5(_TASK_NAMES, f'{job_id}/{agent_id}/{iteration}')}"


def insert_task(
    tx: Transaction, job_id: str, agent: Agent, description: str, iteration: int, priority: int
) -> str:
    """Write the row of one run of ``agent``, unless it is there already; return its id."""
    key = task_id(job_id, agent.id, iteration)
    tasks.insert_new(
        tx,
        {
            "id": key,
            "session_id": job_id,
            "agent_id": agent.id,
            "task_description": description,
            "priority": priority,
            "retry_count": iteration,
            "runner": agent.runner,
            "llm_used": "none" if agent.runner == "command" else agent.model,
        },
    )
    return key


def _agent(staff: Sequence[Agent], agent_id: str) -> Agent:
    return next(agent for agent in staff if agent.id == agent_id)


def _facts(place: Workplace, session: Session, priority: Priority, made: Plan) -> PlanFacts:
    return {
        "waves": [list(wave) for wave in made.waves],
        "descriptions": {task.agent_id: task.description for task in made.tasks},
        "verifier_id": made.verifier_id,
        "reviewer_id": made.reviewer_id,
        "max_iterations": priority.max_iterations
        or session.max_iterations
        or place.config.work.max_iterations,
        "left_out": made.left_out,
    }


def _write_state(place: Workplace, session: Session, made: Plan, facts: PlanFacts) -> None:
    state = place.state(session.id)
    state.write(
        "orchestrator",
        {
            "job": session.id,
            "agent": made.planner_id,
            "planned_at": place.now_iso(),
            "waves": facts["waves"],
            "tasks": [{"agent": t.agent_id, "task": t.description, "why": t.why} for t in made.tasks],
            "left_out": made.left_out,
            "verifier": made.verifier_id,
            "reviewer": made.reviewer_id,
            "max_iterations": facts["max_iterations"],
        },
    )
    state.write(
        "session",
        {
            "job": session.id,
            "title": session.title,
            "team": session.team_id,
            "repository": session.target_repo,
            "priority_file": session.priority_file,
            "requested_by": session.requested_by,
            "status": "in_progress",
            "phase": "planned",
            "created_at": session.created_at,
        },
    )
