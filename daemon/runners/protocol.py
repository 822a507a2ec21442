"""What a runner is: it lets one agent work once, and tells of it in one language.

Every coding-agent program speaks its own; a runner turns that into events of these few kinds and into one
result. No single sign is trusted (programs exit 0 after being refused everything): ``ok`` says that the run ended
well by all signs there are, and whether the work is any good is the verification's to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from company.work.staff import Agent
from daemon.processes.record import EndReason


class EventKind(StrEnum):
    """What an event tells."""

    INIT = "init"  #: the session began; data: model, version, session where known
    TEXT = "text"  #: words
    TOOL = "tool"  #: a tool is used; data: name, input; request_id where the program waits for permission
    TOOL_RESULT = "tool_result"  #: what it gave; data: is_error, is_denied
    #: data: model, input_tokens (all), cached_tokens (of these), output_tokens, cost_usd; id: the same id again takes
    #: the place of the first; is_total: takes the place of all; goes_on: the model is asked again after this
    USAGE = "usage"
    RETRY = "retry"  #: the program waits and tries again; data: delay_s where known
    RESULT = "result"  #: its own last word; data: is_ok, reason, denials
    ERROR = "error"  #: something went wrong; the run may go on; data: usage_limit, its words


@dataclass(frozen=True)
class Event:
    """One thing that happened in a run. ``text`` is what people read; secrets are redacted in it."""

    kind: EventKind
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Probe:
    """Whether a runner can work here. Exactly one of ``version`` and ``reason`` is set."""

    version: str | None
    reason: str | None
    mend: str = ""
    note: str = ""  #: what should be known of it all the same: a version that was never tested


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a run has used of a model."""

    model: str = "none"
    input_tokens: int = 0  #: with those that were read from a cache
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None  #: as the program says; None: it does not


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A tool that the program asks leave for."""

    request_id: str
    tool: str
    what: str  #: exactly what would be done: the command, or the tool with its input


@dataclass(frozen=True)
class Decision:
    """What a person said to it."""

    is_allowed: bool
    reason: str = ""


def _allow_nothing(_asked: Approval) -> Decision:
    return Decision(is_allowed=False, reason="nobody can be asked here")


def _spend_freely(_used: Usage, _goes_on: bool) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What an agent says of its work: lines for people, and questions that the job waits with."""

    completed: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        """Return it as a JSON value."""
        return {name: list(lines) for name, lines in asdict(self).items()}


@dataclass(frozen=True, kw_only=True)
class RunTask:
    """One run of one agent."""

    key: str  #: the process's key: the same key is the same run, found again after a restart
    job_id: str
    agent: Agent
    iteration: int  #: from 0
    brief: str
    brief_path: Path  #: the brief as a file, outside the worktree
    task: str
    worktree: Path
    base_commit: str  #: what the worktree stood at before the run
    model: str
    output_path: Path
    wall_timeout_s: float
    idle_timeout_s: float | None
    environment: Mapping[str, str]  #: all the agent gets; a runner may add, never inherit
    memory_limit_bytes: int | None = None
    output_limit_bytes: int = 50_000_000
    budget_usd: float | None = None  #: what it may cost; None is no limit
    #: asked after each use of the model, with whether it is asked again: '' or why the run must end now
    may_spend: Callable[[Usage, bool], str] = field(default=_spend_freely, compare=False)
    #: asked for leave to use a tool; blocks until a person or the time decided. Raises Detached
    decide: Callable[[Approval], Decision] = field(default=_allow_nothing, compare=False)

    home_path: Path | None = None  #: a folder for what the program keeps; None: beside the briefs
    #: called with that folder when it is laid out, where the run is another user's
    lend: Callable[[Path], None] = field(default=lambda _folder: None, compare=False)

    @property
    def home(self) -> Path:
        """A folder of the run's own, outside the worktree, for what the program keeps."""
        return self.home_path or self.brief_path.parent.parent / "homes" / self.brief_path.stem


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """How a run ended."""

    ok: bool
    reason: str  #: one line why not; '' when ok
    exit_code: int | None
    ended: EndReason
    duration_s: float
    ended_at: str = ""  #: UTC as stored
    model_used: str = "none"
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0  #: of the input tokens
    cost_usd: float | None = None  #: None: the runner does not say
    usage_limit: str = ""  #: the program's words, where its plan is used up
    is_over_budget: bool = False  #: it was ended because of what it cost
    denials: tuple[str, ...] = ()  #: tools it wanted and was refused
    feedback: Feedback = Feedback()


class Runner(Protocol):
    """Drives one kind of agent."""

    name: str

    def probe(self) -> Probe:
        """Say whether what it needs is there. Fast, offline, never raises."""
        ...

    def run(self, task: RunTask, on_event: OnEvent) -> RunResult:
        """Let the agent work. Blocking; repeating it after a crash finds the same run again.

        Raises Detached when the daemon leaves, RunnerNotFound when there is nothing to run.
        """
        ...
