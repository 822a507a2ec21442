"""An agent is its row, completed by how it is run here."""

from dataclasses import dataclass, field

from company.config import AgentConfig
from company.work.staff import Agent, Duty, resolve_agent


@dataclass(frozen=True, kw_only=True)
class Row:
    id: str = "agent-backend"
    team_id: str = "team-engineering"
    name: str = "Backend"
    role: str = "Database & GraphQL"
    emoji: str = "⚙️"
    duty: Duty = Duty.WORK
    llm_preference: str = "sonnet"
    prompt: str | None = None
    runner: str | None = None
    command: tuple[str, ...] | None = None
    keywords: tuple[str, ...] = field(default=())
    works_after: tuple[str, ...] = field(default=())


def entry(**fields: object) -> AgentConfig:
    return AgentConfig.model_validate(
        {"id": "agent-backend", "team": "team-x", "name": "B", "role": "R", "model": "opus", **fields}
    )


def resolved(row: Row, configured: AgentConfig | None = None, **asked: object) -> Agent:
    given: dict[str, object] = {"default_runner": "command", "repository_commands": {}, **asked}
    return resolve_agent(row, configured, **given)  # type: ignore[arg-type] # a test's shorthand


def test_the_database_says_who_it_is_and_the_configuration_how_it_is_run() -> None:
    row = Row(name="Renamed", prompt="Be brief.", keywords=("old",), command=("old",))
    agent = resolved(row, entry(keywords=("new",), command=("new",), works_after=("agent-x",)))
    assert (agent.name, agent.model, agent.team_id, agent.prompt) == (
        "Renamed",
        "sonnet",
        "team-engineering",
        "Be brief.",
    )
    assert (agent.keywords, agent.command, agent.works_after) == (("new",), ("new",), ("agent-x",))


def test_a_hired_agent_is_run_as_its_row_says() -> None:
    row = Row(runner="claude", command=("do",), keywords=("k",), works_after=("agent-y",))
    agent = resolved(row)
    assert (agent.runner, agent.command, agent.keywords, agent.works_after) == (
        "claude",
        ("do",),
        ("k",),
        ("agent-y",),
    )


def test_the_repository_command_wins_and_is_run_by_the_command_runner() -> None:
    agent = resolved(
        Row(), entry(command=("usual",)), default_runner="claude", repository_commands={"backend": ("here",)}
    )
    assert (agent.runner, agent.command) == ("command", ("here",))


def test_an_agent_with_a_runner_of_its_own_keeps_it() -> None:
    agent = resolved(Row(), entry(runner="codex"), repository_commands={"backend": ("here",)})
    assert agent.runner == "codex"


def test_without_any_word_the_company_default_runs_it() -> None:
    assert resolved(Row(), entry(), default_runner="claude").runner == "claude"
    assert resolved(Row(), entry(), repository_commands={"frontend": ("here",)}).command == ()


def test_what_the_priority_file_asks_for_wins() -> None:
    agent = resolved(
        Row(),
        entry(runner="codex"),
        repository_commands={"backend": ("here",)},
        wanted_runner="claude",
        model="opus",
    )
    assert (agent.runner, agent.model) == ("claude", "opus")
