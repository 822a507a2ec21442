"""The session report: what was asked, who did what, what the checks said, what came of it. Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from company.work.verification import CheckResult, Comparison, Finding

_MARK = {"completed": "✓", "failed": "✗", "blocked": "–", "stopped": "■", "in_progress": "…", "pending": "·"}


@dataclass(frozen=True, kw_only=True)
class ReportedTask:
    """One run of an agent."""

    agent: str
    iteration: int
    status: str
    task: str
    duration_s: float | None
    error: str | None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SessionStory:
    """The facts of a finished job."""

    job_id: str
    title: str
    status: str
    outcome: str
    team: str
    repository: str
    requested_by: str
    branch: str | None
    base: str | None
    commit: str | None
    delivered_to: str | None
    patch: str | None
    pr_url: str | None
    started_at: str | None
    completed_at: str | None
    duration_s: float | None
    iterations: int
    points: float  #: the sum of the rewards of the session and its tasks
    cost_usd: float
    tasks: Sequence[ReportedTask]
    baseline: Sequence[CheckResult]
    comparisons: Sequence[Comparison]
    findings: Sequence[Finding]  #: of the last iteration
    files: Sequence[str]  #: changed against the base
    notes: Sequence[str] = field(
        default_factory=tuple
    )  #: what the service noticed: left out agents, overreach


def render_report(story: SessionStory) -> str:
    """Write the report."""
    parts = [
        f"# {story.title}",
        f"**{story.status}**: {story.outcome}",
        _facts(story),
        _tasks(story.tasks),
        _checks(story),
        _findings(story.findings),
        _list("What was noticed", story.notes),
        _list("Files changed", [f"`{path}`" for path in story.files]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(story: SessionStory) -> str:
    rows = [
        ("Job", f"`{story.job_id}`"),
        ("Team", story.team),
        ("Repository", story.repository),
        ("Asked by", story.requested_by),
        ("Branch", f"`{story.branch}`" if story.branch and story.commit else "none"),
        ("Commit", f"`{story.commit[:12]}` on `{(story.base or '')[:12]}`" if story.commit else "none"),
        ("Delivered to", story.delivered_to or "nowhere"),
        ("Pull request", story.pr_url or "none"),
        ("Patch", f"`{story.patch}`" if story.patch else "none"),
        ("Started", story.started_at or "never"),
        ("Took", duration(story.duration_s)),
        ("Iterations", str(story.iterations)),
        ("Points", f"{story.points:+g}"),
        ("Cost", f"${story.cost_usd:.2f}" if story.cost_usd else "no model used"),
    ]
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows)


def _tasks(tasks: Sequence[ReportedTask]) -> str:
    if not tasks:
        return ""
    rows = [
        f"| {task.iteration + 1} | {task.agent} | {_MARK.get(task.status, '?')} {task.status} "
        f"| {duration(task.duration_s)} | {_cell(task.task)} | {_cell(task.error or '')} |"
        for task in tasks
    ]
    head = (
        "## Who did what\n\n| iteration | agent | result | took | task | why it failed |\n"
        + "|---" * 6
        + "|\n"
    )
    return head + "\n".join(rows)


def _checks(story: SessionStory) -> str:
    if not story.comparisons and not story.baseline:
        return "## Checks\n\nThe repository has no checks: nothing but the diff was looked at."
    if not story.comparisons:
        rows = [f"| {one.name} | {_colour(one.is_green)} | not run | |" for one in story.baseline]
    else:
        rows = [
            f"| {one.name} | {_colour(one.before)} | {_colour(one.after)} | {one.verdict} |"
            for one in story.comparisons
        ]
    return "## Checks\n\n| check | before | after | verdict |\n|---|---|---|---|\n" + "\n".join(rows)


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    lines = []
    for finding in findings:
        who = (finding.agent_id or "everyone").removeprefix("agent-")
        lines.append(f"- **{who}**, {finding.source}: {finding.text}")
        if finding.detail:
            lines.append(
                "\n" + "\n".join(f"      {line}" for line in finding.detail.splitlines()[-40:]) + "\n"
            )
    return "## What is left to mend\n\n" + "\n".join(lines)


def _list(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _colour(is_green: bool | None) -> str:
    return {True: "green", False: "red", None: "not run"}[is_green]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


def duration(seconds: float | None) -> str:
    """Write a duration for people: ``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 4 min``."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, thing: str) -> str:
    """Write a number of things for people: ``1 file``, ``3 files``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
