"""Who works here: hire, fire, rehire, edit. Firing is a person's decision; the company only advises.

A fired agent gets no new tasks; what it has begun it may end. Its counters and its history stay.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.errors import OrderRefused
from company.ids import slug
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_agent, find_team
from company.store import agents, outbox, schedules
from company.work.staff import Duty

if TYPE_CHECKING:
    from company.store.agents import AgentRow
    from company.store.gate import Transaction
    from company.store.schedules import ScheduleRow

NAME_MAX = 60  # characters
PROMPT_MAX = 100_000  # characters


@dataclass(frozen=True, kw_only=True)
class HireRequest:
    """Whom to hire."""

    name: str
    role: str
    team: str  #: id, name or domain
    emoji: str = "🤖"
    duty: Duty = Duty.WORK
    model: str | None = None  #: a model of config.yaml; None: none for the command runner, else the first
    runner: str | None = None  #: None: the company's default
    command: tuple[str, ...] | None = None  #: argument vector for the command runner
    keywords: tuple[str, ...] = ()  #: words in a priority file that call for it
    works_after: tuple[str, ...] = ()  #: agents whose work it builds on
    prompt: str | None = None


@dataclass(frozen=True, kw_only=True)
class AgentChanges:
    """What to change; None leaves it as it is."""

    name: str | None = None
    role: str | None = None
    emoji: str | None = None
    model: str | None = None
    runner: str | None = None
    command: tuple[str, ...] | None = None
    keywords: tuple[str, ...] | None = None
    works_after: tuple[str, ...] | None = None
    prompt: str | None = None


@dataclass(frozen=True, kw_only=True)
class StaffChange:
    """What became of an agent."""

    agent_id: str
    name: str
    is_changed: bool  #: False: it was so already
    by: str  #: who ordered it; of a lost race, who won
    warnings: tuple[str, ...] = ()


def hire(office: Office, actor: Actor, request: HireRequest) -> StaffChange:
    """Add an agent to the company. Raises OrderRefused where one of that id works here or was fired."""
    with order(office, actor, Action.HIRE, "agent") as taken:
        row = insert_agent(office, taken.tx, request, hired_by=actor.id)
        taken.entity_id = row.id
        taken.detail = {"name": row.name, "team": row.team_id, "model": row.llm_preference}
        _tell(taken.tx, row, "hired", actor)
        return StaffChange(agent_id=row.id, name=row.name, is_changed=True, by=actor.id)


def insert_agent(office: Office, tx: "Transaction", request: HireRequest, *, hired_by: str) -> "AgentRow":
    """Add the agent inside an order that is under way; approving a proposal hires this way."""
    name = _checked_name(request.name)
    agent_id = f"agent-{slug(name)}"
    row = {
        "id": agent_id,
        "team_id": find_team(tx, request.team).id,
        "duty": request.duty,
        "hired_by": hired_by,
        **_columns(office, tx, request, agent_id),
        "name": name,
        "llm_preference": _model(office, request),
    }
    if not agents.insert_new(tx, row):
        known = agents.get(tx, agent_id)
        if known.is_active:
            raise OrderRefused("already_hired", f"{known.name} works here already", mend="take another name")
        raise OrderRefused(
            "was_fired", f"{known.name} worked here before", mend=f"agent-service rehire {known.id[6:]}"
        )
    return agents.get(tx, agent_id)


def edit(office: Office, actor: Actor, agent: str, changes: AgentChanges) -> StaffChange:
    """Change what an agent is. Its next run is the first that is different."""
    with order(office, actor, Action.EDIT_AGENT, "agent", agent) as taken:
        known = find_agent(taken.tx, agent)
        taken.entity_id = known.id
        columns = _columns(office, taken.tx, changes, known.id)
        if not columns:
            raise OrderRefused("nothing_named", "nothing was named that should change")
        agents.edit(taken.tx, known.id, **columns)
        taken.detail = {"changed": sorted(columns)}
        return StaffChange(agent_id=known.id, name=known.name, is_changed=True, by=actor.id)


def fire(office: Office, actor: Actor, agent: str) -> StaffChange:
    """Let an agent go: no new tasks for it, and its schedules pause."""
    with order(office, actor, Action.FIRE, "agent", agent) as taken:
        known = find_agent(taken.tx, agent)
        taken.entity_id = known.id
        if not agents.fire(taken.tx, known.id, actor.id):
            taken.change_nothing(fired_by=known.fired_by)
            return _unchanged(known, by=known.fired_by)
        warnings = tuple(_gaps(taken.tx, known) + _pause_schedules(taken.tx, known))
        taken.detail = {"warnings": list(warnings)}
        _tell(taken.tx, known, "fired", actor)
        return StaffChange(
            agent_id=known.id, name=known.name, is_changed=True, by=actor.id, warnings=warnings
        )


def rehire(office: Office, actor: Actor, agent: str) -> StaffChange:
    """Take a fired agent back, as it was."""
    with order(office, actor, Action.REHIRE, "agent", agent) as taken:
        known = find_agent(taken.tx, agent)
        taken.entity_id = known.id
        if not agents.rehire(taken.tx, known.id, actor.id):
            taken.change_nothing(hired_by=known.hired_by)
            return _unchanged(known, by=known.hired_by)
        paused = [one.name for one in _schedules_of(taken.tx, known.id) if one.is_paused]
        warnings = (f"its schedules stay paused: {', '.join(paused)}",) if paused else ()
        _tell(taken.tx, known, "rehired", actor)
        return StaffChange(
            agent_id=known.id, name=known.name, is_changed=True, by=actor.id, warnings=warnings
        )


def _unchanged(known: "AgentRow", *, by: str | None) -> StaffChange:
    return StaffChange(agent_id=known.id, name=known.name, is_changed=False, by=by or "config.yaml")


def _columns(
    office: Office, tx: "Transaction", given: HireRequest | AgentChanges, agent_id: str
) -> dict[str, Any]:
    """Return the columns that ``given`` names, checked. Raises OrderRefused."""
    columns: dict[str, Any] = {}
    if given.name is not None:
        columns["name"] = _checked_name(given.name)
    if given.model is not None:
        columns["llm_preference"] = _known_model(office, given.model)
    for field in ("role", "emoji", "runner", "prompt"):
        value = getattr(given, field)
        if value is not None:
            columns[field] = _text(field, value)
    for field in ("command", "keywords"):
        value = getattr(given, field)
        if value is not None:
            columns[field] = list(value)
    if given.works_after is not None:
        columns["works_after"] = _works_after(tx, given.works_after, agent_id)
    return columns


def _works_after(tx: "Transaction", names: tuple[str, ...], agent_id: str) -> list[str]:
    found = [find_agent(tx, name).id for name in names]
    if agent_id in found:
        raise OrderRefused("works_after_itself", "an agent cannot work after itself")
    return found


def _checked_name(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > NAME_MAX or not re.search(r"[A-Za-z0-9]", tidy):
        raise OrderRefused(
            "bad_name",
            f"{tidy[:NAME_MAX]!r} is no name for an agent",
            mend=f"take 1 to {NAME_MAX} characters with a Latin letter or a digit: its id is made of it",
        )
    return tidy


def _text(field: str, value: str) -> str:
    limit = PROMPT_MAX if field == "prompt" else 200
    if len(value) > limit or (field == "role" and not value.strip()):
        raise OrderRefused(f"bad_{field}", f"the {field} is empty or longer than {limit} characters")
    return value if field == "prompt" else " ".join(value.split())


def _model(office: Office, request: HireRequest) -> str:
    if request.model is not None:
        return _known_model(office, request.model)
    known = list(office.config.models)
    runs_commands = (request.runner or office.config.work.runner) == "command"
    return "none" if runs_commands or not known else next((one for one in known if one != "none"), "none")


def _known_model(office: Office, model: str) -> str:
    if model != "none" and model not in office.config.models:
        raise OrderRefused(
            "unknown_model",
            f"there is no model {model!r}",
            mend=f"use one of: {', '.join(office.config.models)}; or add it to models in config.yaml",
        )
    return model


def _gaps(tx: "Transaction", fired: "AgentRow") -> list[str]:
    """Say what the team can no longer do without the one who goes."""
    left = [row for row in agents.list_agents(tx) if row.team_id == fired.team_id and row.duty is fired.duty]
    if left:
        return []
    words = {Duty.WORK: "does the work", Duty.VERIFY: "verifies", Duty.REVIEW: "reviews", Duty.PLAN: "plans"}
    return [f"nobody in {fired.team_id.removeprefix('team-')} {words[fired.duty]} now"]


def _pause_schedules(tx: "Transaction", fired: "AgentRow") -> list[str]:
    own = [one for one in _schedules_of(tx, fired.id) if not one.is_paused]
    for one in own:
        schedules.set_paused(tx, one.id, is_paused=True)
    return [f"its schedules are paused: {', '.join(one.name for one in own)}"] if own else []


def _schedules_of(tx: "Transaction", agent_id: str) -> "list[ScheduleRow]":
    return [one for one in schedules.list_schedules(tx) if one.agent_id == agent_id]


def _tell(tx: "Transaction", row: "AgentRow", what: str, actor: Actor) -> None:
    outbox.say(
        tx,
        kind="agent",
        subject_id=row.id,
        dedup_key=f"agent:{row.id}:{what}:{tx.now_iso}",
        payload={"what": what, "name": row.name, "role": row.role, "team_id": row.team_id, "by": actor.id},
    )
