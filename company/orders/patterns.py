"""Look for what keeps happening, and remember it: patterns, and proposals to automate what people repeat.

Detection is a function of stored facts. It writes only what the facts show for the first time or show more of, and
never touches what a person decided; so detecting twice, or two at once, leaves the same rows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from company.clock import to_iso
from company.learning.evaluation import FinishedTask
from company.learning.pattern import (
    COMMAND_WINDOW,
    AgentOutcomes,
    Command,
    Repetition,
    Sighting,
    TaskError,
    failure_pattern,
    recurring_errors,
    success_pattern,
    user_repetitions,
)
from company.orders.agents import NAME_MAX
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.telling import tell_proposal
from company.repetition.grammar import is_order
from company.store import agents, candidates, commands, patterns, tallies, tasks

if TYPE_CHECKING:
    from company.store.gate import Reading, Transaction

#: how far back tasks are read; the rules look at 14 days or less, rows of failures at all of it
TASKS_WINDOW: Final = timedelta(days=28)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the facts show now."""

    sightings: tuple[Sighting, ...]  #: of agents and errors, watched ones too
    repetitions: tuple[Repetition, ...]


@dataclass(frozen=True, kw_only=True)
class Detected:
    """What detection wrote down."""

    seen: Seen
    changed: tuple[Sighting, ...]  #: new, or seen more often than before
    proposed: tuple[str, ...]  #: ids of new automation candidates


def detect(office: Office, actor: Actor) -> Detected:
    """Look, and write down what is new, in one transaction. Harmless when repeated."""
    with order(office, actor, Action.EVALUATE, "pattern", "all") as taken:
        seen = look(taken.tx, office.clock.now())
        found = [*seen.sightings, *(repetition.sighting for repetition in seen.repetitions)]
        changed = tuple(one for one in found if not one.is_watch and patterns.sight(taken.tx, one))
        proposed = tuple(_propose(taken.tx, seen.repetitions))
        if changed or proposed:
            taken.detail = {"patterns": len(changed), "proposals": list(proposed)}
        else:
            taken.change_nothing()
        return Detected(seen=seen, changed=changed, proposed=proposed)


def look(tx: "Reading", now: datetime) -> Seen:
    """Read the facts and say what they show; nothing is written."""
    finished = tasks.finished_by_agent(tx, to_iso(now - TASKS_WINDOW))
    names = {row.id: row.name for row in agents.list_agents(tx, include_inactive=True)}
    by_agent = [
        AgentOutcomes(agent_id=agent_id, name=names[agent_id], outcomes=done)
        for agent_id, done in sorted(finished.items())
    ]
    about_agents = [
        sighting
        for agent in by_agent
        for sighting in (success_pattern(agent, now), failure_pattern(agent))
        if sighting is not None
    ]
    return Seen(
        sightings=(*about_agents, *recurring_errors(_errors(finished, names), now)),
        repetitions=user_repetitions(_wishes(tx, to_iso(now - COMMAND_WINDOW)), now),
    )


def _wishes(tx: "Reading", since: str) -> list[Command]:
    """Return what people asked for; who asks three times what was spent needs no agent for it."""
    return [one for one in commands.since(tx, since) if not is_order(one.intent)]


def _errors(finished: Mapping[str, Sequence[FinishedTask]], names: Mapping[str, str]) -> Iterable[TaskError]:
    for agent_id, done in finished.items():
        for task in done:
            if not task.is_success:
                yield TaskError(
                    task_id=task.id, agent=names[agent_id], error=task.error, recorded_at=task.recorded_at
                )


def _propose(tx: "Transaction", repetitions: Sequence[Repetition]) -> Iterable[str]:
    """Add candidates, or newer evidence to open ones; yield the ids of those that are new."""
    counts = tallies.commands_by_intent(tx, tuple(one.intent for one in repetitions)) if repetitions else {}
    for one in repetitions:
        known = candidates.find_by_intent(tx, one.intent)
        count = counts[one.intent]
        if known is not None and known.occurrence_count >= count:
            continue
        is_new = candidates.propose(
            tx,
            {
                "normalized_intent": one.intent,
                "pattern_description": one.sighting.description,
                "occurrence_count": count,
                "sample_commands": list(one.samples),
                "confidence_score": one.sighting.confidence,
                "proposed_agent_name": proposed_name(one.intent),
                "proposed_role": f"Does “{one.intent}”"[:200],
            },
        )
        if is_new:
            candidate = candidates.find_by_intent(tx, one.intent)
            assert candidate is not None, "it was just added"
            tell_proposal(tx, candidate.id, "proposed")
            yield candidate.id


def proposed_name(intent: str) -> str:
    """Name an agent after an intent: 'write blog-post' is 'Write Blog Post'."""
    words = re.findall(r"[^\W_]+", intent)
    return " ".join(word[:1].upper() + word[1:] for word in words)[:NAME_MAX].strip() or "Automation"
