"""A job's story, drawn: a record in, something rich can draw or plain lines out. No clock, store, file.

A terminal gets the whole picture again and again, in place; all else gets each new line once, as it comes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from company.work.report import duration
from daemon.cli.output import STATUS_STYLES, plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

UNFINISHED = frozenset({"pending", "in_progress"})

_MARKS = {
    "pending": "○",
    "in_progress": "●",
    "waits for the verdict": "◐",
    "completed": "✓",
    "failed": "✗",
    "blocked": "■",
    "stopped": "■",
}
_COLOUR_WORDS = {True: "green", False: "red", None: "not run"}


@dataclass(frozen=True, kw_only=True)
class AgentPart:
    """An agent's part in the job: its newest run."""

    id: str  #: 'agent-backend'
    name: str
    emoji: str
    state: str  #: a task's status, or 'waits for the verdict'
    task: str
    iteration: int  #: from 1; 0: not begun
    duration_s: float | None  #: so far, while it works
    files: tuple[str, ...] = ()
    error: str = ""
    last_line: str = ""  #: the newest line of its output

    @property
    def short_id(self) -> str:
        """The name by which files and people refer to it."""
        return self.id.removeprefix("agent-")


@dataclass(frozen=True, kw_only=True)
class CheckPart:
    """One check, before the work and after it."""

    name: str
    before: bool | None  #: green; None: not run yet, or it is new
    after: bool | None
    verdict: str = ""
    iteration: int = 0  #: the iteration ``after`` belongs to, from 1


@dataclass(frozen=True, kw_only=True)
class JobStory:
    """A job as it stands."""

    job_id: str
    title: str
    status: str
    phase: str
    team: str
    repository: str
    requested_by: str
    created_at: str
    duration_s: float | None  #: so far, while it runs; None before it starts
    iteration: int
    max_iterations: int | None = None
    waves: tuple[tuple[str, ...], ...] = ()
    agents: tuple[AgentPart, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()  #: (short id, why)
    checks: tuple[CheckPart, ...] = ()
    findings: tuple[str, ...] = ()  #: of the newest verdict
    questions: tuple[str, ...] = ()  #: open ones
    branch: str = ""
    base: str = ""
    commit: str = ""
    delivered_to: str = ""
    pr_url: str = ""
    outcome: str = ""
    stop_requested_by: str = ""
    log_path: str = ""
    report_path: str = ""  #: '' until it is written
    patch_path: str = ""
    cost_usd: float = 0.0
    waits_for: str = ""  #: why it has not started
    doubt: str = ""  #: why a completed job is not proven good

    @property
    def is_finished(self) -> bool:
        """Nothing more will happen by itself."""
        return self.status not in UNFINISHED


def mark_of(state: str) -> str:
    """Return the sign a status is drawn with."""
    return _MARKS.get(state, "?")


def render(story: JobStory) -> "RenderableType":
    """Draw the whole story."""
    from rich.console import Group

    parts: list[RenderableType] = [_head(story), _where(story)]
    parts += [table for table in (_agents(story), _checks(story)) if table is not None]
    parts += list(_ending(story))
    return Group(*parts)


def lines(story: JobStory, before: JobStory | None = None) -> list[str]:
    """Return what ``story`` tells that ``before`` did not, one line each, oldest first."""
    told = set(_telling(before)) if before is not None else set()
    return [line for line in _telling(story) if line not in told]


def state_words(story: JobStory) -> str:
    """Say in a few words where the job is: its status, with its phase while it runs."""
    return status_words(story.status, story.phase, story.stop_requested_by)


def status_words(status: str, phase: str, stop_requested_by: str | None) -> str:
    """Write a job's status as it is called everywhere, with its phase while it runs: ``in_progress: working``."""
    if status != "in_progress":
        return status
    return f"{status}: {'stopping' if stop_requested_by else phase}"


def _head(story: JobStory) -> "Text":
    from rich.text import Text

    style = STATUS_STYLES.get(story.status, "")
    took = f"  {duration(story.duration_s)}" if story.duration_s is not None else ""
    return Text.assemble(
        (f"{mark_of(story.status)} ", style),
        (plain(story.title), "bold"),
        "  ",
        (plain(state_words(story)), style),
        (took, "dim"),
        (f"  {plain(story.doubt)}" if story.doubt else "", "yellow"),
    )


def _where(story: JobStory) -> "Text":
    from rich.text import Text

    facts = [story.job_id, story.team, story.repository]
    if story.branch:
        facts.append(f"branch {story.branch}")
    if story.iteration > 1:
        facts.append(f"iteration {story.iteration} of {story.max_iterations or '?'}")
    return Text(f"  {plain(' · '.join(facts))}", style="dim")


def _agents(story: JobStory) -> "Table | None":
    if not story.agents:
        return None
    from rich.text import Text

    table = _grid()
    for part in story.agents:
        style = STATUS_STYLES.get(part.state, "cyan" if part.state == "waits for the verdict" else "")
        table.add_row(
            Text(f"  {mark_of(part.state)}", style=style),
            Text(plain(f"{part.emoji} {part.name}"), no_wrap=True),
            Text(plain(part.state), style=style, no_wrap=True),
            Text(duration(part.duration_s) if part.duration_s is not None else "", style="dim", no_wrap=True),
            Text(plain(_doing(part)), style="dim", overflow="ellipsis", no_wrap=True),
        )
    return table


def _doing(part: AgentPart) -> str:
    if part.error:
        return part.error
    if part.state == "in_progress" and part.last_line:
        return part.last_line
    if part.files:
        return ", ".join(part.files)
    return part.task


def _checks(story: JobStory) -> "Table | None":
    if not story.checks:
        return None
    from rich.text import Text

    table = _grid()
    for check in story.checks:
        now = check.after if check.after is not None else check.before
        style = {True: "green", False: "red", None: "dim"}[now]
        words = check.verdict or f"{_COLOUR_WORDS[check.before]} before any work"
        table.add_row(
            Text(f"  {'✓' if now else '✗'}", style=style),
            Text(plain(check.name), no_wrap=True),
            Text(
                f"{_COLOUR_WORDS[check.before]} → {_COLOUR_WORDS[check.after]}"
                if check.after is not None
                else ""
            ),
            Text(words, style=style),
        )
    return table


def _grid() -> "Table":
    from rich.table import Table

    return Table.grid(padding=(0, 1))


def _ending(story: JobStory) -> "Iterator[RenderableType]":
    from rich.padding import Padding
    from rich.text import Text

    def indented(text: str, style: str) -> Padding:
        return Padding(Text(text, style=style), (0, 0, 0, 2), expand=False)

    for question in story.questions:
        yield indented(f"? {plain(question)}", "yellow")
    if story.waits_for:
        yield indented(f"waits: {plain(story.waits_for)}", "yellow")
    if not story.is_finished:
        return
    for finding in story.findings if story.status != "completed" else ():
        yield indented(f"- {plain(finding)}", "yellow")
    if story.outcome:
        yield indented(plain(story.outcome), STATUS_STYLES.get(story.status, ""))
    for name, value in _places(story):
        yield Text.assemble((f"  {name:<13}", "dim"), plain(value))


def _places(story: JobStory) -> Iterator[tuple[str, str]]:
    branch = f"{story.branch} ({story.commit[:12]})" if story.branch and story.commit else ""
    facts = (
        ("branch", branch),
        ("pushed to", story.delivered_to),
        ("pull request", story.pr_url),
        ("patch", story.patch_path),
        ("report", story.report_path),
        ("log", story.log_path),
        ("cost", f"${story.cost_usd:.2f}" if story.cost_usd else ""),
    )
    return ((name, value) for name, value in facts if value)


def _telling(story: JobStory) -> Iterator[str]:
    """Tell the story in whole, one line a fact; a fact that does not change is the same line each time."""
    yield f"{story.job_id}: {plain(story.title)} ({plain(story.team)}, {plain(story.repository)})"
    yield from _telling_of_plan(story)
    if story.status == "in_progress":
        yield f"phase: {'stopping' if story.stop_requested_by else plain(story.phase)}"
    if story.waits_for:
        yield f"waits: {plain(story.waits_for)}"
    for part in story.agents:
        yield from _telling_of_agent(part)
    yield from _telling_of_checks(story.checks)
    if story.findings:
        yield from (f"to mend: {plain(finding)}" for finding in story.findings)
    yield from (f"question: {plain(question)}" for question in story.questions)
    if story.is_finished:
        yield f"{story.status}: {plain(story.outcome)}"
        yield from (f"{name}: {plain(value)}" for name, value in _places(story))


def _telling_of_plan(story: JobStory) -> Iterator[str]:
    if story.waves:
        yield f"plan: {plan_words(story.waves)}"
    for short_id, why in story.left_out:
        yield f"left out: {short_id}: {plain(why)}"


def plan_words(waves: Sequence[Sequence[str]]) -> str:
    """Write who works after whom: ``backend ∥ infrastructure → frontend``."""
    return " → ".join(" ∥ ".join(agent_id.removeprefix("agent-") for agent_id in wave) for wave in waves)


def _telling_of_agent(part: AgentPart) -> Iterator[str]:
    who = part.short_id if part.iteration <= 1 else f"{part.short_id} (iteration {part.iteration})"
    if part.state == "in_progress":
        yield f"{who}: works: {plain(part.task)}"
    elif part.error:
        yield f"{who}: {part.state}: {plain(part.error)}"
    elif part.state != "pending":
        count = f", {len(part.files)} file{'s' if len(part.files) != 1 else ''}" if part.files else ""
        yield f"{who}: {part.state}{count}"


def _telling_of_checks(checks: Sequence[CheckPart]) -> Iterator[str]:
    for check in checks:
        yield f"check {plain(check.name)}: {_COLOUR_WORDS[check.before]} before any work"
    for check in checks:
        if check.after is not None:
            yield (
                f"check {plain(check.name)} after iteration {check.iteration}: "
                f"{_COLOUR_WORDS[check.after]} ({check.verdict})"
            )
