"""What a new company begins with: teams, agents, repositories and schedules of config.yaml.

Afterwards the database wins: a fired agent stays fired, an edited one stays edited, a removed schedule stays removed;
config.yaml adds only what is new. Where a repository is (path, URL, team, branch) follows config.yaml, because
that is about this machine. Seeding twice, or two at once, is seeding once.
"""

from typing import TYPE_CHECKING, Any

import tzlocal

from company.config.records import absolute
from company.errors import ConfigError
from company.store import agents, repositories, schedules, teams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from company.config import AgentConfig, Config, RepositoryConfig, ScheduleConfig
    from company.store.gate import Store, Transaction

SEEDED_BY = "config.yaml"
EVALUATION = "evaluation"  # name of the schedule that config.yaml's `evaluation` makes


def seed(tx: "Transaction", config: "Config") -> tuple[str, ...]:
    """Add what config.yaml has and the database has not; return the ids of what was added.

    Raises ConfigError when the file of a new schedule cannot be read.
    """
    return (
        *_added((team.id, teams.insert_new(tx, team.model_dump())) for team in config.teams),
        *_added((agent.id, agents.insert_new(tx, _agent_row(agent))) for agent in config.agents),
        *_added(_seed_repository(tx, config, one) for one in config.repositories),
        *_added(_seed_schedule(tx, config, one) for one in config.schedules),
        *_added([_seed_evaluation(tx, config)]),
    )


def seed_if_new(store: "Store", config: "Config") -> tuple[str, ...]:
    """Seed a database that has no team yet, and leave any other alone; for whoever comes before the daemon."""
    with store.reading() as tx:
        if tx.value("SELECT count(*) FROM teams"):
            return ()
    with store.transaction() as tx:
        return seed(tx, config)


def _added(seeded: "Iterable[tuple[str, bool]]") -> tuple[str, ...]:
    return tuple(key for key, is_new in seeded if is_new)


def _agent_row(agent: "AgentConfig") -> dict[str, Any]:
    return {
        "id": agent.id,
        "team_id": agent.team,
        "name": agent.name,
        "role": agent.role,
        "emoji": agent.emoji,
        "duty": agent.duty,
        "llm_preference": agent.model,
        "runner": agent.runner,
        "command": agent.command,
        "keywords": agent.keywords,
        "works_after": agent.works_after,
    }


def _seed_repository(tx: "Transaction", config: "Config", one: "RepositoryConfig") -> tuple[str, bool]:
    repository_id = f"repo-{one.name}"
    place = {
        "path": one.source(config.root) if one.path is not None else None,
        "github_url": one.url,
        "team_id": one.team,
        "default_branch": one.default_branch,
    }
    is_new = repositories.insert_new(tx, {"id": repository_id, "name": one.name, **place})
    known = None if is_new else repositories.find(tx, one.name)
    if known is not None and any(getattr(known, column) != value for column, value in place.items()):
        repositories.edit(tx, known.id, **place)
    return repository_id, is_new


def _seed_schedule(tx: "Transaction", config: "Config", one: "ScheduleConfig") -> tuple[str, bool]:
    schedule_id = f"sched-{one.name}"
    if schedules.find(tx, one.name) is not None:
        return schedule_id, False
    text = _file_text(config, one.file) if one.file is not None else one.text
    return schedule_id, _insert_schedule(tx, config, one.name, one.action, one.when, text)


def _seed_evaluation(tx: "Transaction", config: "Config") -> tuple[str, bool]:
    when = config.evaluation.schedule
    is_new = bool(when) and _insert_schedule(tx, config, EVALUATION, "evaluation", when, None)
    return f"sched-{EVALUATION}", is_new


def _insert_schedule(
    tx: "Transaction", config: "Config", name: str, action: str, when: str, text: str | None
) -> bool:
    return schedules.insert_new(
        tx,
        {
            "id": f"sched-{name}",
            "name": name,
            "action": action,
            "expression": when,
            "time_zone": config.company.time_zone or tzlocal.get_localzone_name(),
            "priority_text": text,
            "created_by": SEEDED_BY,
        },
    )


def _file_text(config: "Config", name: str) -> str:
    path = absolute(config.root, name)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(config.path, "schedules", f"cannot read {path}: {error}") from error
