"""What keeps happening: successes, failures, recurring errors and repeated commands (contract section 6).

Detection looks at facts and counts facts: never how often somebody looked. The same facts give the same
sightings, so detecting twice, or two at once, stores the same. ``last_at`` is the newest fact: the store
takes a sighting only when it holds a newer one than the row it has, so a window that slides over old facts
changes nothing either.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Final

from company.clock import to_iso
from company.learning.rules import ATTEMPTS_TO_JUDGE, FAILURES_TO_KILL, Outcome

SUCCESS_WINDOW: Final = timedelta(days=14)
ERROR_WINDOW: Final = timedelta(days=7)
COMMAND_WINDOW: Final = timedelta(days=7)
ERRORS_TO_REPORT: Final = 3
ERRORS_TO_WATCH: Final = 2
COMMANDS_TO_PROPOSE: Final = 3
SAMPLES_MAX: Final = 5  # commands shown with a repetition
SIGNATURE_MAX: Final = 160  # characters


class PatternType(StrEnum):
    """The same words as in schema.sql, table patterns."""

    SUCCESS = "success"
    FAILURE = "failure"
    USER_REPETITION = "user_repetition"


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One pattern as the facts show it now. ``type`` and ``subject`` are its identity."""

    type: PatternType
    subject: str  #: agent id, 'error: <signature>' or an intent
    title: str
    description: str
    count: int  #: facts that support it: tasks, failures, errors or commands
    confidence: float  #: share in [0, 1]
    first_at: str  #: time of the oldest fact
    last_at: str  #: time of the newest
    is_watch: bool = False  #: seen, and one short of a pattern: for the report, not for the store


@dataclass(frozen=True, kw_only=True)
class AgentOutcomes:
    """What one agent finished lately, in any order."""

    agent_id: str
    name: str
    outcomes: Sequence[Outcome]


@dataclass(frozen=True, kw_only=True)
class TaskError:
    """What one failed task said."""

    task_id: str
    agent: str  #: name, for people
    error: str
    recorded_at: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command as a person gave it. ``intent`` is '' when none was recognised."""

    id: int
    intent: str
    text: str
    executed_at: str


def confidence(successes: int, trials: int) -> float:
    """Return the chance that the next one is alike: Laplace's rule of succession, (s + 1) / (n + 2)."""
    return (successes + 1) / (trials + 2)


def success_pattern(agent: AgentOutcomes, now: datetime) -> Sighting | None:
    """Find an agent with at least 90 % over at least 5 tasks in 14 days."""
    recent = sorted(o for o in agent.outcomes if o.recorded_at >= to_iso(now - SUCCESS_WINDOW))
    successes = sum(outcome.is_success for outcome in recent)
    if len(recent) < ATTEMPTS_TO_JUDGE or 10 * successes < 9 * len(recent):
        return None
    return Sighting(
        type=PatternType.SUCCESS,
        subject=agent.agent_id,
        title=f"{agent.name} succeeds",
        description=f"{successes} of {len(recent)} tasks completed in 14 days",
        count=len(recent),
        confidence=confidence(successes, len(recent)),
        first_at=recent[0].recorded_at,
        last_at=recent[-1].recorded_at,
    )


def failure_pattern(agent: AgentOutcomes) -> Sighting | None:
    """Find the newest row of 3 or more failures of an agent, whether or not it has succeeded since."""
    runs = [
        (is_success, list(run))
        for is_success, run in groupby(sorted(agent.outcomes), key=lambda outcome: outcome.is_success)
    ]
    long_runs = [run for is_success, run in runs if not is_success and len(run) >= FAILURES_TO_KILL]
    if not long_runs:
        return None
    newest = long_runs[-1]
    goes_on = runs[-1][1] is newest
    return Sighting(
        type=PatternType.FAILURE,
        subject=agent.agent_id,
        title=f"{agent.name} fails again and again",
        description=f"{len(newest)} failures in a row" + ("" if goes_on else "; it has succeeded since"),
        count=len(newest),
        confidence=confidence(len(newest), len(newest)),
        first_at=newest[0].recorded_at,
        last_at=newest[-1].recorded_at,
    )


def recurring_errors(errors: Iterable[TaskError], now: datetime) -> tuple[Sighting, ...]:
    """Find errors that came 3 times or more in 7 days, and those to watch (twice); most frequent first."""
    since = to_iso(now - ERROR_WINDOW)
    by_signature: dict[str, list[TaskError]] = {}
    for error in errors:
        if error.recorded_at >= since and (signature := error_signature(error.error)):
            by_signature.setdefault(signature, []).append(error)
    found = [
        _recurring(signature, sorted(alike, key=lambda error: (error.recorded_at, error.task_id)))
        for signature, alike in by_signature.items()
        if len(alike) >= ERRORS_TO_WATCH
    ]
    return tuple(sorted(found, key=lambda sighting: (-sighting.count, sighting.subject)))


def _recurring(signature: str, alike: Sequence[TaskError]) -> Sighting:
    agents = ", ".join(sorted({error.agent for error in alike}))
    return Sighting(
        type=PatternType.FAILURE,
        subject=f"error: {signature}",
        title=f"The same error {len(alike)} times",
        description=f"{alike[-1].error.strip().splitlines()[0][:SIGNATURE_MAX]} ({agents})",
        count=len(alike),
        confidence=confidence(len(alike), len(alike)),
        first_at=alike[0].recorded_at,
        last_at=alike[-1].recorded_at,
        is_watch=len(alike) < ERRORS_TO_REPORT,
    )


# What differs between two occurrences of one error: names of this run, places, numbers. In this order.
_PARTICULARS: Final = (
    (re.compile(r"(?<!\S)\S*[/\\](?=[^/\\\s])"), ""),  # a path keeps its last part
    (re.compile(r"\b(job-\d{13}-[0-9a-z]{7}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"), "#"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b"), "#"),  # hashes
    (re.compile(r"\d+([.,:]\d+)*"), "#"),
    (re.compile(r"\s+"), " "),
)


def error_signature(error: str) -> str:
    """Return what makes two errors the same: the first line without this run's paths, ids and numbers."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    if not lines:
        return ""
    text = lines[0].casefold()
    for pattern, replacement in _PARTICULARS:
        text = pattern.sub(replacement, text)
    return text.strip()[:SIGNATURE_MAX].strip()


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """An intent a person keeps giving: the sighting, and what a proposal shows as evidence."""

    sighting: Sighting
    intent: str
    samples: tuple[str, ...]  #: newest first, each wording once


def user_repetitions(commands: Iterable[Command], now: datetime) -> tuple[Repetition, ...]:
    """Find intents commanded 3 times or more in 7 days; most frequent first. An empty intent is none."""
    since = to_iso(now - COMMAND_WINDOW)
    by_intent: dict[str, list[Command]] = {}
    for command in commands:
        if command.intent and command.executed_at >= since:
            by_intent.setdefault(command.intent, []).append(command)
    found = [
        _repetition(intent, sorted(alike, key=lambda command: (command.executed_at, command.id)))
        for intent, alike in by_intent.items()
        if len(alike) >= COMMANDS_TO_PROPOSE
    ]
    return tuple(sorted(found, key=lambda one: (-one.sighting.count, one.intent)))


def _repetition(intent: str, alike: Sequence[Command]) -> Repetition:
    samples = tuple(dict.fromkeys(command.text for command in reversed(alike)))[:SAMPLES_MAX]
    sighting = Sighting(
        type=PatternType.USER_REPETITION,
        subject=intent,
        title=f"“{intent}” is asked for again and again",
        description=f"{len(alike)} commands in 7 days, the last: {samples[0][:SIGNATURE_MAX]}",
        count=len(alike),
        confidence=confidence(len(alike), len(alike)),
        first_at=alike[0].executed_at,
        last_at=alike[-1].executed_at,
    )
    return Repetition(sighting=sighting, intent=intent, samples=samples)
