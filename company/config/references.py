"""What the parts of config.yaml mean together: names that exist, and once; no circles; schedules that come."""

from collections.abc import Iterable, Iterator, Sequence

from company.config.base import Record
from company.config.problems import Problem, dotted, nearest
from company.config.records import Config
from company.errors import PriorityFileError
from company.work.priority import parse_priority
from company.work.recurrence import ScheduleError
from company.work.schedule import parse_schedule
from company.yaml_text import KeyPath, YamlDocument


def broken_references(config: Config, document: YamlDocument) -> list[Problem]:
    """Return what does not fit together, in the order of the file."""
    found = [
        Problem(dotted(path), reason, document.line_of(path))
        for path, reason in (
            *_doubles(config),
            *_unknown_names(config),
            *_circles(config),
            *_schedules(config),
        )
    ]
    return sorted(found, key=lambda one: (one.line or 0, one.key))


def _doubles(config: Config) -> Iterator[tuple[KeyPath, str]]:
    named: tuple[tuple[str, str, Sequence[Record]], ...] = (
        ("teams", "id", config.teams),
        ("agents", "id", config.agents),
        ("repositories", "name", config.repositories),
        ("schedules", "name", config.schedules),
    )
    for section, key, entries in named:
        seen: set[str] = set()
        for index, entry in enumerate(entries):
            name = getattr(entry, key)
            if name in seen:
                yield (section, index, key), f"{name} is there already"
            seen.add(name)


def _unknown_names(config: Config) -> Iterator[tuple[KeyPath, str]]:
    teams = {team.id for team in config.teams}
    agents = {agent.id for agent in config.agents}
    for index, agent in enumerate(config.agents):
        here: KeyPath = ("agents", index)
        yield from _unknown((*here, "team"), [agent.team], teams, "team")
        yield from _unknown((*here, "works_after"), agent.works_after, agents, "agent")
        yield from _unknown((*here, "model"), [agent.model], {"none", *config.models}, "model")
    for index, repository in enumerate(config.repositories):
        here = ("repositories", index)
        yield from _unknown((*here, "team"), [repository.team] if repository.team else [], teams, "team")
        short = {agent.short_id for agent in config.agents}
        for name in repository.commands:
            yield from _unknown((*here, "commands", name), [name], short, "agent")


def _unknown(
    path: KeyPath, names: Iterable[str], known: set[str], kind: str
) -> Iterator[tuple[KeyPath, str]]:
    for name in names:
        if name not in known:
            yield path, f"no {kind} {name}; {nearest(name, known)}" if known else f"no {kind} {name}"


def _circles(config: Config) -> Iterator[tuple[KeyPath, str]]:
    after = {agent.id: agent.works_after for agent in config.agents}
    for index, agent in enumerate(config.agents):
        reached: set[str] = set()
        open_ends = list(agent.works_after)
        while open_ends:
            other = open_ends.pop()
            if other not in reached:
                reached.add(other)
                open_ends.extend(after.get(other, ()))
        if agent.id in reached:
            yield ("agents", index, "works_after"), f"{agent.id} would work after itself"


def _schedules(config: Config) -> Iterator[tuple[KeyPath, str]]:
    expressions: list[tuple[KeyPath, str]] = [
        (("schedules", index, "when"), schedule.when) for index, schedule in enumerate(config.schedules)
    ]
    if config.evaluation.schedule:
        expressions.append((("evaluation", "schedule"), config.evaluation.schedule))
    for path, expression in expressions:
        try:
            parse_schedule(expression, config.company.time_zone or "UTC")
        except ScheduleError as error:
            yield path, f"{expression[:80]!r}: {error.reason}; {error.mend}"
    for index, schedule in enumerate(config.schedules):
        if schedule.text is not None:
            try:
                parse_priority(schedule.text.encode(), schedule.name)
            except PriorityFileError as error:
                where = f" (line {error.line} of it)" if error.line else ""
                yield ("schedules", index, "text"), f"{error.reason}{where}; {error.mend}"
