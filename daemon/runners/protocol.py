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
    TOOL = "tool"  #: a tool is used; data: name, input
    TOOL_RESULT = "tool_result"  #: what it gave; data: is_error
    USAGE = "usage"  #: data: model, input_tokens, output_tokens, cost_usd
    RETRY = "retry"  #: the program waits and tries again; data: delay_s where known
    RESULT = "result"  #: its own last word
    ERROR = "error"  #: something went wrong; the run may go on


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


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """How a run ended."""

    ok: bool
    reason: str  #: one line why not; '' when ok
    exit_code: int | None
    ended: EndReason
    duration_s: float
    model_used: str = "none"
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None  #: None: the runner does not say
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
