"""Which agents a job needs, and in which order: by the file's own ``agents:``, else by their keywords.

An agent works after those whose work it builds on; agents of one wave build on the same commit and run side by
side. An agent that cannot run in this repository (the command runner with no command for it) is left out unless
the file names it: then the plan is refused, because silence would look like work done.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from company.closest import did_you_mean
from company.work.priority import Priority
from company.work.staff import Agent, Duty


@dataclass(frozen=True, kw_only=True)
class PlannedTask:
    """What one agent is asked to do."""

    agent_id: str
    description: str
    why: str  #: why this agent: 'named in the file', 'keyword: schema' …


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The work of a job, before any of it is done."""

    tasks: tuple[PlannedTask, ...]
    waves: tuple[tuple[str, ...], ...]  #: agent ids; a wave starts when the one before it is merged
    planner_id: str | None
    verifier_id: str | None
    reviewer_id: str | None
    left_out: dict[str, str] = field(default_factory=dict)  #: agent id -> why it takes no part

    def description_for(self, agent_id: str) -> str:
        """Return what ``agent_id`` is asked to do."""
        return next(task.description for task in self.tasks if task.agent_id == agent_id)


@dataclass(frozen=True)
class PlanRefused:
    """No plan can be made; ``reason`` and ``mend`` are for the person who wrote the file."""

    reason: str
    mend: str


def make_plan(priority: Priority, team_id: str, staff: Sequence[Agent]) -> Plan | PlanRefused:
    """Choose the agents of ``team_id`` that ``priority`` needs and put them in waves."""
    team = [agent for agent in staff if agent.team_id == team_id]
    workers = [agent for agent in team if agent.duty is Duty.WORK]
    chosen = _named(priority, staff) if priority.agents else _called_for(priority, workers)
    if isinstance(chosen, PlanRefused):
        return chosen
    able = {agent_id: why for agent_id, why in chosen.items() if _can_run(_find(staff, agent_id))}
    left_out = {
        agent_id: "it has no command for this repository" for agent_id in chosen if agent_id not in able
    }
    refusal = _refusal(priority, workers, able, left_out)
    if refusal:
        return refusal
    order = {agent.id: agent.works_after for agent in staff}
    return Plan(
        tasks=tuple(
            PlannedTask(
                agent_id=agent_id, description=_description(priority, _find(staff, agent_id)), why=why
            )
            for agent_id, why in able.items()
        ),
        waves=waves_of(able, order),
        planner_id=_first(team, Duty.PLAN),
        verifier_id=_first(team, Duty.VERIFY) or _first(staff, Duty.VERIFY),
        reviewer_id=_first(team, Duty.REVIEW) or _first(staff, Duty.REVIEW),
        left_out=left_out,
    )


def waves_of(chosen: Iterable[str], works_after: dict[str, tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Put ``chosen`` in waves, so that each agent comes after every chosen one it builds on, however indirectly.

    A circle in ``works_after`` is cut: its members share a wave.
    """
    left = list(dict.fromkeys(chosen))
    before = {agent_id: _ancestors(agent_id, works_after) & set(left) - {agent_id} for agent_id in left}
    waves: list[tuple[str, ...]] = []
    while left:
        ready = [agent_id for agent_id in left if not before[agent_id] & set(left)] or left
        waves.append(tuple(ready))
        left = [agent_id for agent_id in left if agent_id not in ready]
    return tuple(waves)


def _ancestors(agent_id: str, works_after: dict[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    open_ends = list(works_after.get(agent_id, ()))
    while open_ends:
        other = open_ends.pop()
        if other not in found:
            found.add(other)
            open_ends.extend(works_after.get(other, ()))
    return found


def _named(priority: Priority, staff: Sequence[Agent]) -> dict[str, str] | PlanRefused:
    chosen: dict[str, str] = {}
    for name in priority.agents:
        agent_id = named_worker(name, staff)
        if isinstance(agent_id, PlanRefused):
            return agent_id
        chosen[agent_id] = "named in the file"
    return chosen


class Nameable(Protocol):
    """An agent, or its row: what can be told by a name."""

    @property
    def id(self) -> str: ...  # noqa: D102 - as in Agent
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def duty(self) -> Duty: ...  # noqa: D102


def named_worker(name: str, staff: Sequence[Nameable]) -> str | PlanRefused:
    """Return the id of the agent that a file calls ``name``: id, short id or name of one who does the work."""
    workers = {agent.id.removeprefix("agent-"): agent for agent in staff if agent.duty is Duty.WORK}
    wanted = name.strip().lower()
    for short_id, agent in workers.items():
        if wanted in (short_id, agent.id, agent.name.lower()):
            return agent.id
    others = {agent.id.removeprefix("agent-"): agent for agent in staff if agent.duty is not Duty.WORK}
    if wanted.removeprefix("agent-") in others:
        duty = others[wanted.removeprefix("agent-")].duty.value
        return PlanRefused(f"{name!r} does not do the work: its duty is to {duty}", _use_one_of(workers))
    near = did_you_mean(wanted.removeprefix("agent-"), workers)
    return PlanRefused(
        f"the file asks for an agent {name!r}, whom the company does not have",
        f"{near} {_use_one_of(workers)}".strip(),
    )


def _use_one_of(short_ids: Iterable[str]) -> str:
    return f"use one of: {', '.join(sorted(short_ids))}"


def _called_for(priority: Priority, workers: Sequence[Agent]) -> dict[str, str]:
    text = " ".join(
        (priority.title, priority.description, *(item.text for item in priority.items), *priority.files)
    ).lower()
    called = {
        agent.id: f"keyword: {word}"
        for agent in workers
        if (word := _first_keyword(text, agent.keywords)) is not None
    }
    return called or {agent.id: "no keyword decided, so everyone who can" for agent in workers}


def _first_keyword(text: str, keywords: Sequence[str]) -> str | None:
    return next(
        (word for word in keywords if re.search(rf"\b{re.escape(word.lower())}(?:e?s)?\b", text)), None
    )


def _can_run(agent: Agent) -> bool:
    return agent.runner != "command" or bool(agent.command)


def _refusal(
    priority: Priority, workers: Sequence[Agent], able: dict[str, str], left_out: dict[str, str]
) -> PlanRefused | None:
    if not workers:
        return PlanRefused("the team has no agent who does the work", "hire one: agent-service hire NAME")
    if (priority.agents and left_out) or not able:
        names = ", ".join(agent_id.removeprefix("agent-") for agent_id in left_out)
        if priority.repo is None:
            return PlanRefused(
                f"no way to run {names}: the file names no repository, and nobody has a command to run without one",
                "name a repository of config.yaml, as in `repo: sample`; or give agents a `command:` there; or set "
                "`runner:` to an installed coding agent",
            )
        return PlanRefused(
            f"no way to run {names}: the command runner has no command for this repository",
            "give the repository `commands:` in config.yaml, or set `runner:` to an installed coding agent",
        )
    return None


def _find(staff: Sequence[Agent], agent_id: str) -> Agent:
    return next(agent for agent in staff if agent.id == agent_id)


def _first(staff: Sequence[Agent], duty: Duty) -> str | None:
    return next((agent.id for agent in staff if agent.duty is duty), None)


def _description(priority: Priority, agent: Agent) -> str:
    """Give the agent the open checklist items that its keywords name; all of the job where none do."""
    open_items = [item.text for item in priority.items if not item.done]
    own = [text for text in open_items if _first_keyword(text.lower(), agent.keywords)]
    return f"{priority.title}: {'; '.join(own)}" if own else priority.title
