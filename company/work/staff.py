"""Who can do work: an agent as the planner and the runners see it."""

from dataclasses import dataclass
from enum import StrEnum


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
    runner: str  #: 'command', later 'claude', 'codex' …
    command: tuple[str, ...] = ()  #: argument vector for the command runner; () when it has none
    keywords: tuple[str, ...] = ()  #: words in a priority file that call for it
    works_after: tuple[str, ...] = ()  #: ids of agents whose work it builds on
    prompt: str | None = None  #: None: the shipped prompt

    @property
    def short_id(self) -> str:
        """The id without its prefix: the name of its JSON state file and of its branches."""
        return self.id.removeprefix("agent-")
