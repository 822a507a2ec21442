"""Who can do work: an agent as the planner and the runners see it.

The database says who works here (a fired agent stays fired, an edited prompt stays edited); config.yaml says how
those it names are run on this machine; a repository may say how it wants an agent's work done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from company.work.permissions import Permissions

COMMAND = "command"  #: the runner of ordinary commands: no model
AUTO = "auto"  #: the first coding agent that can be used
NO_LIMITS = Permissions()


class Duty(StrEnum):
    """What an agent is there for; the same words as in schema.sql, table agents."""

    PLAN = "plan"  #: the Orchestrator, Jarvis: plans, runs nothing of its own
    WORK = "work"  #: changes the repository
    VERIFY = "verify"  #: runs the checks
    REVIEW = "review"  #: reads the whole diff


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One active agent: the database's row, completed by what config.yaml says of running it here."""

    id: str  #: 'agent-backend'
    team_id: str
    name: str  #: 'Backend'
    role: str
    emoji: str
    duty: Duty
    model: str  #: preferred model, a name known to config.yaml
    runner: str  #: 'command', 'auto', 'claude', 'codex' …
    command: tuple[str, ...] = ()  #: argument vector for the command runner; () when it has none
    keywords: tuple[str, ...] = ()  #: words in a priority file that call for it
    works_after: tuple[str, ...] = ()  #: ids of agents whose work it builds on
    prompt: str | None = None  #: None: the shipped prompt
    permissions: Permissions = NO_LIMITS

    @property
    def short_id(self) -> str:
        """The id without its prefix: the name of its JSON state file and of its branches."""
        return self.id.removeprefix("agent-")


class Execution(Protocol):
    """How an agent is run: what an entry of config.yaml and a row of the table agents have in common."""

    @property
    def runner(self) -> str | None:
        """None: the usual one."""

    @property
    def command(self) -> Sequence[str] | None:
        """Argument vector for the command runner."""

    @property
    def keywords(self) -> Sequence[str]:
        """Words that call for it."""

    @property
    def works_after(self) -> Sequence[str]:
        """Ids of agents whose work it builds on."""


class StaffRow(Execution, Protocol):
    """What is needed of a row of the table agents; the columns' meanings stand in schema.sql."""

    @property
    def id(self) -> str:
        """'agent-backend'."""

    @property
    def team_id(self) -> str:
        """'team-engineering'."""

    @property
    def name(self) -> str:
        """'Backend'."""

    @property
    def role(self) -> str:
        """'Database & GraphQL'."""

    @property
    def emoji(self) -> str:
        """'' when it has none."""

    @property
    def duty(self) -> Duty:
        """What it is there for."""

    @property
    def llm_preference(self) -> str:
        """A model name known to config.yaml."""

    @property
    def prompt(self) -> str | None:
        """None: the shipped prompt."""


def resolve_agent(
    row: StaffRow,
    configured: Execution | None,
    *,
    default_runner: str,
    repository_commands: Mapping[str, Sequence[str]],
    wanted_runner: str | None = None,
    model: str | None = None,
    permissions: Permissions | None = None,
) -> Agent:
    """Complete a row by how it is run here. ``configured`` is its entry in config.yaml, None where it was hired.

    ``repository_commands`` maps short ids to commands; such a command is how the repository wants the work done,
    so it is run by the command runner unless the agent has a runner of its own. ``wanted_runner`` and ``model``
    are what the priority file asks for: they win. Who asks for a model and no runner gets one that has models:
    never, silently, a command. ``permissions`` are configuration's, and nothing else has a say in them.
    """
    execution: Execution = row if configured is None else configured
    repository_command = repository_commands.get(row.id.removeprefix("agent-"))
    usual_runner = default_runner if repository_command is None else COMMAND
    if usual_runner == COMMAND and model not in (None, "none"):
        usual_runner = AUTO
    return Agent(
        id=row.id,
        team_id=row.team_id,
        name=row.name,
        role=row.role,
        emoji=row.emoji,
        duty=row.duty,
        model=model or row.llm_preference,
        runner=wanted_runner or execution.runner or usual_runner,
        command=tuple(repository_command or execution.command or ()),
        keywords=tuple(execution.keywords),
        works_after=tuple(execution.works_after),
        prompt=row.prompt,
        permissions=permissions or NO_LIMITS,
    )
