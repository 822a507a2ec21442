"""The shipped config.yaml shows every key with its default, unit and meaning, and has the company's sixteen agents."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from company.config import Config, load_config, shipped
from company.work.plan import waves_of
from company.work.staff import Duty
from company.yaml_text import load_yaml

SEEDS = ("teams", "agents", "repositories", "schedules", "models")  # what the company is, not how it is tuned


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(shipped("config.yaml"), {})


def settings(
    model: type[BaseModel], values: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield the path of each setting that the model has and the file must show."""
    for name, field in model.model_fields.items():
        if path or name not in {"root", "path", *SEEDS}:
            inner = field.annotation
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from settings(inner, values, (*path, name))
            else:
                yield (*path, name)


def test_every_setting_is_shown_with_its_default_and_a_comment() -> None:
    text = shipped("config.yaml").read_text(encoding="utf-8")
    document, lines = load_yaml(text, name="config.yaml"), text.splitlines()
    default = Config(root=shipped("config.yaml").parent)
    for path in settings(Config, {}):
        shown: Any = document.data
        expected: Any = default
        for part in path:
            assert part in shown, f"config.yaml does not show {'.'.join(path)}"
            shown, expected = shown[part], getattr(expected, part)
        if path[0] != "folders":
            assert shown == (list(expected) if isinstance(expected, tuple) else expected), path
        line = document.line_of(path)
        assert line is not None
        assert (
            "#" in lines[line - 1] or lines[line - 2].startswith("#") or path[-1] in {"name", "commit_email"}
        ), path


def test_units_are_said() -> None:
    words = {"_s": "second", "_bytes": "bytes", "_usd": "US dollars"}
    for line in shipped("config.yaml").read_text(encoding="utf-8").splitlines():
        found = re.match(r"  ([a-z_]+?(_s|_bytes|_usd)(?:_per_job|_per_day)?): .*# (.*)", line)
        if found and found[1] != "agents_at_once":
            assert words[found[2]] in found[3], line


def test_the_file_alone_is_the_default_configuration(config: Config) -> None:
    default = Config(root=config.root)
    for name in Config.model_fields:
        if name not in {*SEEDS, "path"}:
            assert getattr(config, name) == getattr(default, name), name


def test_it_has_the_sixteen_agents_of_the_two_teams(config: Config) -> None:
    assert [(team.id, team.domain) for team in config.teams] == [
        ("team-engineering", "engineering"), ("team-marketing", "marketing"),
    ]  # fmt: skip
    assert [(agent.name, agent.role) for agent in config.agents] == [
        ("Orchestrator", "Scrum Master"), ("Backend", "Database & GraphQL"), ("Frontend", "React & UI"),
        ("Infrastructure", "DevOps & CI/CD"), ("Verification", "Testing & QA"), ("Senior Reviewer", "Code Review"),
        ("Jarvis", "Marketing Lead"), ("Shuri", "Product Marketing"), ("Fury", "Market Research"),
        ("Vision", "SEO Analyst"), ("Loki", "Content Writer"), ("Quill", "Social Media"), ("Wanda", "Design"),
        ("Pepper", "Email Marketing"), ("Friday", "Marketing Dev"), ("Wong", "Notion Manager"),
    ]  # fmt: skip
    assert len({agent.emoji for agent in config.agents} - {""}) == 16
    assert {agent.model for agent in config.agents} <= {"sonnet", "opus", "haiku"}
    assert {"sonnet", "opus", "haiku", "none"} == set(config.models)
    duties = {agent.id: agent.duty for agent in config.agents if agent.duty is not Duty.WORK}
    assert duties == {
        "agent-orchestrator": Duty.PLAN, "agent-verification": Duty.VERIFY, "agent-senior-reviewer": Duty.REVIEW,
        "agent-jarvis": Duty.PLAN,
    }  # fmt: skip


def test_engineering_works_in_the_order_of_the_contract(config: Config) -> None:
    order = {agent.id: agent.works_after for agent in config.agents}
    team = [
        agent.id
        for agent in config.agents
        if agent.team == "team-engineering" and agent.duty is not Duty.PLAN
    ]
    assert waves_of(team, order) == (
        ("agent-backend", "agent-infrastructure"),
        ("agent-frontend",),
        ("agent-verification",),
        ("agent-senior-reviewer",),
    )


@pytest.mark.parametrize(
    ("words", "agent"),
    [("schema database migration", "backend"), ("ui component react page", "frontend"),
     ("package dependency config documentation", "infrastructure")],
)  # fmt: skip
def test_the_keywords_of_the_contract_call_the_agents_of_the_contract(
    config: Config, words: str, agent: str
) -> None:
    keywords = {one.short_id: one.keywords for one in config.agents if one.team == "team-engineering"}
    for word in words.split():
        assert [name for name, known in keywords.items() if word in known] == [agent]


def test_the_sample_is_a_repository_with_a_check_and_a_command_for_each_specialist(config: Config) -> None:
    sample = config.repository("sample")
    assert sample is not None
    assert sample.source(config.root) == str(config.root / ".compound-state/sample/remote.git")
    assert config.repository(sample.source(config.root)) is sample
    assert [check.run[0] for check in sample.checks] == ["{python}"]
    assert set(sample.commands) == {"backend", "infrastructure", "frontend"}


def test_what_the_product_ships_is_found_and_nothing_else() -> None:
    assert shipped("schema.sql").name == "schema.sql"
    assert shipped("config.yaml").is_file()
    with pytest.raises(FileNotFoundError, match=r"ships no 'nothing\.sql'"):
        shipped("nothing.sql")


def test_folders_are_those_of_the_contract(config: Config) -> None:
    root = config.root
    assert [getattr(config.folders, name) for name in ("priorities", "state", "logs", "reports")] == [
        root / "priorities", root / ".compound-state", root / "logs", root / "reports",
    ]  # fmt: skip
    assert isinstance(config.folders.state, Path)
