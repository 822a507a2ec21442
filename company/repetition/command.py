"""What a person can mean, typed: the one list of commands behind Slack's every surface.

A command names things as they were said (``backend``, ``it``, the end of a job's id); what they are is looked up by
the order that carries it out. ``it`` is the job of the thread the words stand in.
"""

from dataclasses import dataclass
from enum import StrEnum

IT = "it"  #: the job of this thread; outside of a thread the one that runs, or the last


class Topic(StrEnum):
    """What can be listed without a further word."""

    EXPERIMENTS = "experiments"
    PATTERNS = "patterns"
    PROPOSALS = "proposals"
    AUTOMATIONS = "automations"
    SCHEDULES = "schedules"
    LEADS = "leads"
    CAMPAIGNS = "campaigns"
    CONTENT = "content"


class Period(StrEnum):
    """How far back costs are asked for."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class Command:
    """Base of all."""


@dataclass(frozen=True, kw_only=True)
class StartWork(Command):
    """Do what ``text`` says. What was said in brackets beside it wins over what it says itself."""

    text: str
    repo: str | None = None
    team: str | None = None
    model: str | None = None
    branch: str | None = None


@dataclass(frozen=True, kw_only=True)
class ShowJobs(Command):
    """List jobs: of one status, or the newest of all."""

    status: str | None = None


@dataclass(frozen=True, kw_only=True)
class OfJob(Command):
    """Base of what is about one job."""

    job: str = IT


@dataclass(frozen=True, kw_only=True)
class ShowJob(OfJob):
    """Show how one job stands."""


@dataclass(frozen=True, kw_only=True)
class ShowLogs(OfJob):
    """Show the end of its log."""


@dataclass(frozen=True, kw_only=True)
class ExplainJob(OfJob):
    """Say why it ended as it did."""


@dataclass(frozen=True, kw_only=True)
class StopJob(OfJob):
    """Stop it."""


@dataclass(frozen=True, kw_only=True)
class RetryJob(OfJob):
    """Start it again."""


@dataclass(frozen=True, kw_only=True)
class ChangePullRequest(OfJob):
    """``action`` is ready, merge, close, or mend: begin a job that mends what came back."""

    action: str


@dataclass(frozen=True, kw_only=True)
class PraiseJob(OfJob):
    """Say that it was good."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RejectJob(OfJob):
    """Say that it was not, and why. Without a reason the door asks for one."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class MuteJob(OfJob):
    """Do not take what is said in its thread for words to the agents, nor tell its progress there."""


@dataclass(frozen=True, kw_only=True)
class UnmuteJob(OfJob):
    """Listen and tell again."""


@dataclass(frozen=True, kw_only=True)
class TellJob(OfJob):
    """Words for the agents of a job: an answer where one is asked for, else a note for their next step."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Aside(Command):
    """Words among people: in parentheses, or after ``aside``."""

    text: str


@dataclass(frozen=True, kw_only=True)
class ShowAgents(Command):
    """List who works here and how they do; of one team, or all."""

    team: str | None = None


@dataclass(frozen=True, kw_only=True)
class ShowAgent(Command):
    """Show how one agent does."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class Hire(Command):
    """Take on an agent."""

    name: str
    role: str | None = None
    team: str | None = None
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class Fire(Command):
    """Let an agent go; the door asks once more."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class Rehire(Command):
    """Take one back."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class Evaluate(Command):
    """Judge agents and experiments now."""


@dataclass(frozen=True, kw_only=True)
class Show(Command):
    """List one of the things that take no further word."""

    topic: Topic


@dataclass(frozen=True, kw_only=True)
class ShowCosts(Command):
    """Show what was spent."""

    period: Period = Period.TODAY


@dataclass(frozen=True, kw_only=True)
class Approve(Command):
    """Hire whom a proposal proposes."""

    proposal: str


@dataclass(frozen=True, kw_only=True)
class Dismiss(Command):
    """Put a proposal aside for good."""

    proposal: str


@dataclass(frozen=True, kw_only=True)
class ChangeSchedule(Command):
    """``action`` is pause, resume or remove."""

    action: str
    schedule: str


@dataclass(frozen=True, kw_only=True)
class Pause(Command):
    """Let nothing new of ``scope`` start: all, a team or a repository."""

    scope: str = "all"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Resume(Command):
    """Let it start again."""

    scope: str = "all"


@dataclass(frozen=True, kw_only=True)
class Pair(Command):
    """Become the first CEO, by the code from the terminal."""

    code: str


@dataclass(frozen=True, kw_only=True)
class Grant(Command):
    """Give somebody a role: ceo, operator or viewer."""

    user: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Revoke(Command):
    """Take a given role back."""

    user: str


@dataclass(frozen=True, kw_only=True)
class WhoAmI(Command):
    """Show who is speaking, and what they may do."""


@dataclass(frozen=True, kw_only=True)
class Help(Command):
    """Show what can be said; ``topic`` is a command word, or empty for all."""

    topic: str = ""


@dataclass(frozen=True, kw_only=True)
class Unclear(Command):
    """A question that no command answers: nothing is begun, but it can be made a job."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Unknown(Command):
    """No command; ``suggestions`` are commands it is close to, nearest first."""

    text: str
    suggestions: tuple[str, ...] = ()
