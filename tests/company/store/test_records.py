"""Drift between code and schema.sql: records have the tables' columns, enumerations the CHECKs' words."""

import dataclasses
import re
from enum import StrEnum

import pytest

from company.config import shipped
from company.learning.experiment import ArmKind, ExperimentStatus
from company.learning.pattern import PatternType
from company.learning.rules import Decision
from company.orders.office import Role
from company.store import (
    agents,
    audit,
    candidates,
    channels,
    commands,
    experiments,
    lessons,
    marketing,
    metrics,
    notes,
    outbox,
    patterns,
    pauses,
    people,
    questions,
    repositories,
    rewards,
    schedules,
    sessions,
    tasks,
    teams,
    usage,
)
from company.store.gate import Store
from company.store.records import facts, strings
from company.work.job import JobStatus
from company.work.staff import Duty
from company.work.task import TaskStatus

RECORDS = {
    "teams": teams.Team,
    "agents": agents.AgentRow,
    "repositories": repositories.Repository,
    "sessions": sessions.Session,
    "tasks": tasks.Task,
    "questions": questions.Question,
    "llm_usage": usage.Usage,
    "metrics": metrics.Metric,
    "rewards": rewards.Reward,
    "experiments": experiments.Experiment,
    "experiment_arms": experiments.Arm,
    "assignments": experiments.Assignment,
    "patterns": patterns.Pattern,
    "lessons_learned": lessons.Lesson,
    "user_commands": commands.UserCommand,
    "automation_candidates": candidates.Candidate,
    "leads": marketing.Lead,
    "campaigns": marketing.Campaign,
    "content": marketing.Content,
    "outbox": outbox.Word,
    "schedules": schedules.ScheduleRow,
    "pauses": pauses.Pause,
    "audit": audit.Entry,
    "session_notes": notes.Note,
    "session_mutes": notes.Mute,
    "role_grants": people.Grant,
    "pairing_codes": people.PairingCode,
    "channel_marks": channels.Mark,
}

ENUMERATIONS: list[tuple[str, str, type[StrEnum]]] = [
    ("sessions", "status", JobStatus),
    ("tasks", "status", TaskStatus),
    ("agents", "duty", Duty),
    ("experiments", "status", ExperimentStatus),
    ("experiments", "decision", Decision),
    ("experiment_arms", "kind", ArmKind),
    ("patterns", "pattern_type", PatternType),
    ("audit", "actor_role", Role),
]


@pytest.mark.parametrize("table", RECORDS)
def test_a_record_has_exactly_the_columns_of_its_table(store: Store, table: str) -> None:
    fields = [field.name for field in dataclasses.fields(RECORDS[table])]
    assert sorted(fields) == sorted(store._columns[table])
    assert RECORDS[table].__dataclass_params__.frozen  # type: ignore[attr-defined] # typeshed leaves it out


def test_every_table_has_a_record_but_those_without_a_module_yet(store: Store) -> None:
    assert set(store._columns) - set(RECORDS) == {"intents", "api_tokens", "schema_migrations"}


@pytest.mark.parametrize(("table", "column", "words"), ENUMERATIONS)
def test_an_enumeration_has_exactly_the_words_of_its_check(
    table: str, column: str, words: type[StrEnum]
) -> None:
    schema = shipped("schema.sql").read_text(encoding="utf-8")
    definition = re.search(rf"CREATE TABLE IF NOT EXISTS {table} \((.*?)\n\);", schema, re.DOTALL)
    assert definition is not None
    check = re.search(rf"CHECK \({column} IN \((.*?)\)\)", definition[1], re.DOTALL)
    assert check is not None
    assert sorted(re.findall(r"'(\w+)'", check[1])) == sorted(word.value for word in words)


def test_json_columns_without_a_value_are_empty() -> None:
    assert strings(None) == strings("") == ()
    assert facts(None) == {}
