"""Where a job's story comes from: its rows in the store, and its JSON state for what rows do not hold.

The state files are for looking only, so a missing or half-known one leaves a gap in the picture and nothing more.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from company.clock import from_iso
from company.store import agents as agent_rows
from company.store import questions, sessions, tasks, teams
from company.work.staff import Duty
from company.work.verification import Comparison, doubts
from daemon.cli.story import UNFINISHED, AgentPart, CheckPart, JobStory

if TYPE_CHECKING:
    from company.orders.office import Office
    from company.store.agents import AgentRow
    from company.store.gate import Reading
    from company.store.sessions import Session
    from company.store.tasks import Task

State = Mapping[str, Any]


def read_story(office: "Office", job_id: str) -> JobStory:
    """Read the job as it stands now. Raises NotFound."""
    with office.store.reading() as tx:
        session = sessions.get(tx, job_id)
        rows = tasks.of_session(tx, job_id)
        staff = {row.id: row for row in agent_rows.list_agents(tx, include_inactive=True)}
        team = teams.get(tx, session.team_id).name
        asked = tuple(one.question for one in questions.open_of(tx, job_id))
        waits_for = waiting_reasons(office, tx).get(job_id, "") if session.status == "pending" else ""
    folder = office.config.folders.state / f"session-{job_id}"
    plan, told = read_state(folder, "orchestrator"), read_state(folder, "session")
    verdicts = [_mapping(one) for one in _list(read_state(folder, "verification").get("iterations"))]
    waves = tuple(tuple(str(one) for one in _list(wave)) for wave in _list(plan.get("waves")))
    delivered = _mapping(told.get("delivered"))
    return replace(
        _story_of_row(office, session, team, asked),
        max_iterations=plan.get("max_iterations"),
        waves=waves,
        agents=tuple(
            _agent(office, folder, session, row, staff[row.agent_id])
            for row in _newest_runs(rows, [agent_id for wave in waves for agent_id in wave], staff)
        ),
        left_out=tuple(
            (agent_id.removeprefix("agent-"), str(why))
            for agent_id, why in _mapping(plan.get("left_out")).items()
        ),
        checks=_checks([_mapping(one) for one in _list(told.get("baseline"))], verdicts),
        findings=_findings(verdicts),
        delivered_to=str(delivered.get("delivered_to") or ""),
        patch_path=str(delivered.get("patch") or ""),
        waits_for=waits_for,
        doubt=_doubt(session, verdicts),
    )


def waiting_reasons(office: "Office", tx: "Reading") -> dict[str, str]:
    """Say of each job that waits what keeps it from starting, by the rule that starts jobs."""
    from daemon.intake.admitting import decide

    decided = decide(tx, office)
    soon = dict.fromkeys(decided.admitted, "nothing: it starts at the service's next look")
    return {**soon, **decided.held, **decided.refused}


def _story_of_row(office: "Office", session: "Session", team: str, asked: tuple[str, ...]) -> JobStory:
    folders = office.config.folders
    return JobStory(
        job_id=session.id,
        title=session.title,
        status=session.status,
        phase=session.phase,
        team=team,
        repository=session.target_repo or "a workspace of its own",
        requested_by=session.requested_by,
        created_at=session.created_at,
        duration_s=_lasted(office, session.started_at, session.duration_seconds, session.status),
        iteration=session.iteration_count,
        questions=asked,
        branch=session.branch_name or "",
        base=session.base_branch or "",
        commit=session.head_commit or "",
        pr_url=session.pr_url or "",
        outcome=session.outcome or "",
        stop_requested_by=session.stop_requested_by or "",
        log_path=_shown(office, folders.logs / "running-jobs" / f"{session.id}.log"),
        report_path=_shown(office, folders.reports / session.id / "report.md"),
        cost_usd=session.cost_usd,
    )


def read_state(folder: Path, name: str) -> State:
    """Return what a JSON state file says; empty when it is not there or not readable."""
    try:
        facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _newest_runs(
    rows: "Sequence[Task]", planned: Sequence[str], staff: "Mapping[str, AgentRow]"
) -> "list[Task]":
    """Return each agent's newest run, in the plan's order; who verifies and who reviews come last."""
    newest: dict[str, Task] = {}
    for row in rows:
        if row.agent_id not in newest or row.retry_count >= newest[row.agent_id].retry_count:
            newest[row.agent_id] = row
    duties = list(Duty)

    def place(row: "Task") -> tuple[int, int, str]:
        duty = duties.index(staff[row.agent_id].duty)
        return (duty, planned.index(row.agent_id) if row.agent_id in planned else len(planned), row.agent_id)

    return sorted(newest.values(), key=place)


def _agent(office: "Office", folder: Path, session: "Session", row: "Task", who: "AgentRow") -> AgentPart:
    desk = read_state(folder, row.agent_id.removeprefix("agent-"))
    is_of_this_run = desk.get("iteration") == row.retry_count + 1
    facts = desk if is_of_this_run else {}
    waits = row.status == "in_progress" and facts.get("status") == "waits for the verdict"
    lasted_s = None if waits else _lasted(office, row.started_at, row.duration_seconds, row.status)
    return AgentPart(
        id=row.agent_id,
        name=who.name,
        emoji=who.emoji,
        state="waits for the verdict" if waits else _state(session, row),
        task=row.task_description.removeprefix(f"{session.title}: "),
        iteration=row.retry_count + 1,
        duration_s=lasted_s,
        files=tuple(str(path) for path in _list(facts.get("files"))),
        error=row.error_message or "",
        last_line=str((_list(facts.get("last_lines")) or [""])[-1]),
    )


def _doubt(session: "Session", verdicts: Sequence[State]) -> str:
    if session.status != "completed" or not verdicts:
        return ""
    found = [_mapping(one) for one in _list(verdicts[-1].get("checks"))]
    return doubts(
        [
            Comparison(
                name=str(one.get("name")),
                before=one.get("before"),
                after=bool(one.get("after")),
                verdict=str(one.get("verdict")),
                is_fault=bool(one.get("is_fault")),
            )
            for one in found
        ],
        is_of_repository=session.target_repo is not None,
    )


def _state(session: "Session", row: "Task") -> str:
    """Return a task's status; where the job was stopped before the task ended, that is what stopped it."""
    return "stopped" if session.status == "stopped" and row.status == "blocked" else row.status


def _checks(baseline: Sequence[State], verdicts: Sequence[State]) -> tuple[CheckPart, ...]:
    before = {str(check.get("name")): check.get("is_green") for check in baseline}
    after: dict[str, State] = {}
    if verdicts:
        found = [_mapping(one) for one in _list(verdicts[-1].get("checks"))]
        after = {str(check.get("name")): check for check in found}
    return tuple(
        CheckPart(
            name=name,
            before=before.get(name),
            after=after[name].get("after") if name in after else None,
            verdict=str(after[name].get("verdict", "")) if name in after else "",
            iteration=int(verdicts[-1].get("iteration", 0)) if name in after else 0,
        )
        for name in dict.fromkeys([*before, *after])
    )


def _findings(verdicts: Sequence[State]) -> tuple[str, ...]:
    if not verdicts:
        return ()
    return tuple(
        f"{str(finding.get('agent_id') or 'everyone').removeprefix('agent-')}: "
        f"{finding.get('source', '')}: {finding.get('text', '')}"
        for finding in (_mapping(one) for one in _list(verdicts[-1].get("findings")))
    )


def _lasted(office: "Office", started_at: str | None, duration_s: float | None, status: str) -> float | None:
    """Return how long it took, or has taken so far."""
    if duration_s is not None or started_at is None or status not in UNFINISHED:
        return duration_s
    return max(0.0, (office.clock.now() - from_iso(started_at)).total_seconds())


def _shown(office: "Office", path: Path) -> str:
    """Write a path as people know it, from the company's folder; '' while there is no such file."""
    if not path.exists():
        return ""
    root = office.config.root
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> State:
    return value if isinstance(value, dict) else {}
