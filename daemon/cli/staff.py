"""Commands about who works here: agents, hire, fire, rehire, edit."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.desk import open_desk
from daemon.cli.options import AgentName, Json
from daemon.cli.output import print_json, print_line, print_note, print_table, styled

if TYPE_CHECKING:
    from company.learning.evaluation import AgentEvaluation
    from company.orders.agents import StaffChange
    from company.store.agents import AgentRow

Role = Annotated[str, typer.Option("--role", help="What it is for, in a few words.")]
Emoji = Annotated[str | None, typer.Option("--emoji", help="One character for its messages.")]
Model = Annotated[str | None, typer.Option("--model", help="A model of config.yaml.")]
Runner = Annotated[
    str | None, typer.Option("--runner", help="What runs it; default: config.yaml's work.runner.")
]
Command = Annotated[
    str | None,
    typer.Option(
        "--command",
        help="Its command, for the runner 'command': a program and its arguments, no shell. "
        "{worktree}, {task}, {brief_file} … stand for their values.",
    ),
]
Keywords = Annotated[
    list[str] | None,
    typer.Option("--keyword", "-k", metavar="WORD", help="A word in a priority file that calls for it."),
]
After = Annotated[
    list[str] | None, typer.Option("--after", metavar="AGENT", help="An agent whose work it builds on.")
]
Prompt = Annotated[
    Path | None, typer.Option("--prompt-file", metavar="FILE", help="A file that tells it how to work.")
]


def agents(
    context: typer.Context,
    include_fired: Annotated[bool, typer.Option("--all", "-a", help="Those who were fired, too.")] = False,
    team: Annotated[str | None, typer.Option("--team", "-t", help="Only of this team.")] = None,
    as_json: Json = False,
) -> None:
    """List the agents and how they do.

    With what the company advises: Monitor, Continue, Double Down, Investigate or Fire. A person decides.
    """
    from company.orders.evaluations import agent_evaluations
    from company.orders.references import find_team
    from company.store import agents as rows

    with open_desk(context, only_looks=True) as desk:
        evaluations = {
            one.agent_id: one for one in agent_evaluations(desk.office, include_inactive=include_fired)
        }
        with desk.office.store.reading() as tx:
            team_id = find_team(tx, team).id if team else None
            staff = rows.list_agents(tx, include_inactive=include_fired)
    shown = [(row, evaluations[row.id]) for row in staff if team_id in (None, row.team_id)]
    if as_json:
        print_json({"agents": [_facts(row, evaluation) for row, evaluation in shown]})
    else:
        _print_agents(shown)


def _facts(row: "AgentRow", evaluation: "AgentEvaluation") -> dict[str, Any]:
    measured = asdict(evaluation)
    return {
        "id": row.id,
        "name": row.name,
        "role": row.role,
        "emoji": row.emoji,
        "team": row.team_id,
        "duty": row.duty,
        "model": row.llm_preference,
        "runner": row.runner,
        "command": row.command,
        "keywords": row.keywords,
        "works_after": row.works_after,
        "is_active": row.is_active,
        "hired_by": row.hired_by,
        "fired_by": row.fired_by,
        **{
            key: measured[key]
            for key in (
                "completed", "failed", "success_rate", "consecutive_failures", "trend", "avg_duration_s",
                "points", "cost_usd", "recommendation", "why",
            )
        },
    }  # fmt: skip


def _print_agents(shown: "list[tuple[AgentRow, AgentEvaluation]]") -> None:
    from company.work.report import duration

    print_table(
        ("AGENT", "NAME", "ROLE", "TEAM", "SUCCESS", "TASKS", "MEAN TIME", "POINTS", "ADVICE"),
        [
            (
                styled(row.id.removeprefix("agent-"), "" if row.is_active else "dim"),
                f"{row.emoji} {row.name}",
                row.role,
                row.team_id.removeprefix("team-"),
                f"{evaluation.success_rate:.0%}" if evaluation.success_rate is not None else "",
                str(evaluation.completed + evaluation.failed),
                duration(evaluation.avg_duration_s) if evaluation.completed + evaluation.failed else "",
                f"{evaluation.points:+g}" if evaluation.points else "0",
                evaluation.recommendation if row.is_active else "fired",
            )
            for row, evaluation in shown
        ],
        folds=("ROLE",),
        empty="nobody works here: add agents to config.yaml, or agent-service hire NAME",
        numbers=("SUCCESS", "TASKS", "MEAN TIME", "POINTS"),
    )


def hire(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called; its id is made of it.")],
    role: Role,
    team: Annotated[str, typer.Option("--team", "-t", help="The team it joins.")] = "engineering",
    emoji: Emoji = None,
    model: Model = None,
    runner: Runner = None,
    command: Command = None,
    keyword: Keywords = None,
    after: After = None,
    prompt_file: Prompt = None,
    as_json: Json = False,
) -> None:
    """Hire an agent.

    \b
    agent-service hire "Formatter" --role "Formats the code" --command "ruff format {worktree}"
    """
    from company.orders import agents as staff

    request = staff.HireRequest(
        name=name,
        role=role,
        team=team,
        emoji=emoji or "🤖",
        model=model,
        runner=runner,
        command=_argv(command),
        keywords=tuple(keyword or ()),
        works_after=tuple(after or ()),
        prompt=_prompt(prompt_file),
    )
    with open_desk(context) as desk:
        _report(staff.hire(desk.office, desk.actor, request), "hired", as_json=as_json)


def edit(
    context: typer.Context,
    agent: AgentName,
    name: Annotated[str | None, typer.Option("--name", help="What it is called; its id stays.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="What it is for, in a few words.")] = None,
    emoji: Emoji = None,
    model: Model = None,
    runner: Runner = None,
    command: Command = None,
    keyword: Keywords = None,
    after: After = None,
    prompt_file: Prompt = None,
    as_json: Json = False,
) -> None:
    """Change what an agent is.

    What is not named stays as it is; its next run is the first that is different.
    """
    from company.orders import agents as staff

    changes = staff.AgentChanges(
        name=name,
        role=role,
        emoji=emoji,
        model=model,
        runner=runner,
        command=_argv(command),
        keywords=tuple(keyword) if keyword else None,
        works_after=tuple(after) if after else None,
        prompt=_prompt(prompt_file),
    )
    with open_desk(context) as desk:
        _report(staff.edit(desk.office, desk.actor, agent, changes), "changed", as_json=as_json)


def fire(context: typer.Context, agent: AgentName, as_json: Json = False) -> None:
    """Let an agent go.

    It gets no new tasks; what it has begun it may end. Its history stays.
    """
    from company.orders import agents as staff

    with open_desk(context) as desk:
        _report(staff.fire(desk.office, desk.actor, agent), "fired", as_json=as_json)


def rehire(context: typer.Context, agent: AgentName, as_json: Json = False) -> None:
    """Take a fired agent back, as it was."""
    from company.orders import agents as staff

    with open_desk(context) as desk:
        _report(staff.rehire(desk.office, desk.actor, agent), "rehired", as_json=as_json)


def _report(change: "StaffChange", done: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "agent": change.agent_id,
                "name": change.name,
                "is_changed": change.is_changed,
                "by": change.by,
                "warnings": list(change.warnings),
            }
        )
        return
    short_id = change.agent_id.removeprefix("agent-")
    words = done if change.is_changed else f"was {done} before, by {change.by}:"
    print_line(f"{words} {change.name} ({short_id})")
    for warning in change.warnings:
        print_note(f"note: {warning}")


def _argv(command: str | None) -> tuple[str, ...] | None:
    from company.work.argv import parse_argv

    if command is None:
        return None
    try:
        return parse_argv(command)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--command") from error


def _prompt(file: Path | None) -> str | None:
    return file.read_text(encoding="utf-8") if file is not None else None
