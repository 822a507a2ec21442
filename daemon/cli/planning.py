"""What the company would make of a priority file: shown, and nothing touched."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.desk import open_desk
from daemon.cli.given_file import read_priority_file
from daemon.cli.options import Json
from daemon.cli.output import plain, print_json, show, styled
from daemon.cli.story import plan_words

NAMES_COMPARED = 500  # newest jobs whose names are looked through for the one that was meant
_PLAIN_WORD = re.compile(r"[\w@%+=:,./{}-]+")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.text import Text

    from company.config import Config
    from company.orders.starting import Understood
    from company.store.gate import Reading
    from company.work.plan import Plan, PlannedTask
    from company.work.staff import Agent


def plan(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A priority file, in Markdown.")],
    as_json: Json = False,
) -> None:
    """Show what would be done with a priority file.

    Its agents and why they, their order, setup and checks. Nothing is touched.
    """
    show_plan(context, file, as_json=as_json)


def show_plan(context: typer.Context, file: Path, *, as_json: bool) -> None:
    """Show the plan of ``file``. Raises PriorityFileError, and OrderRefused where no plan can be made."""
    from company.errors import OrderRefused
    from company.orders.starting import StartRequest, understand
    from company.work.plan import PlanRefused, make_plan
    from daemon.job.planning import staff_for

    with open_desk(context, leaves_no_trace=True) as desk, desk.office.store.reading() as tx:
        content = read_priority_file(desk.config, file)
        meant = understand(desk.office, tx, StartRequest(content=content, name=file.name))
        wishes = meant.priority.runner, meant.priority.model
        staff = {one.id: one for one in staff_for(desk.config, tx, meant.target_repo, *wishes)}
        made = make_plan(meant.priority, meant.team_id, list(staff.values()))
        if isinstance(made, PlanRefused):
            raise OrderRefused("no_plan", made.reason, mend=made.mend)
        facts = plan_facts(desk.config, meant, made, staff)
        facts["depends_on_missing"] = _missing(tx, facts["depends_on"])
    if as_json:
        print_json(facts)
    else:
        show(_render(facts))


def plan_facts(
    config: "Config", meant: "Understood", made: "Plan", staff: "dict[str, Agent]"
) -> dict[str, Any]:
    """Return a plan as ``--json`` prints it."""
    priority = meant.priority
    repository = config.repository(meant.target_repo)
    named = {check.name: check.argv for check in priority.checks}
    usual = {check.name: check.run for check in (repository.checks if repository else ())}
    return {
        "title": priority.title,
        "team": meant.team_id,
        "repository": meant.target_repo,
        "branch": priority.branch or f"{config.work.branch_prefix}<job id>",
        "base": priority.base or (repository.default_branch if repository else None),
        "schedule": priority.schedule,
        "waves": [list(wave) for wave in made.waves],
        "agents": [_agent_facts(task, staff[task.agent_id]) for task in made.tasks],
        "left_out": dict(made.left_out),
        "setup": [list(argv) for argv in priority.setup or (repository.setup if repository else ())],
        "checks": [
            {"name": name, "argv": list(argv), "must_be_green": name in named}
            for name, argv in {**usual, **named}.items()
        ],
        "verifier": made.verifier_id,
        "reviewer": made.reviewer_id,
        "max_iterations": priority.max_iterations or config.work.max_iterations,
        "depends_on": list(priority.depends_on),
        "budget_usd": priority.budget_usd,
    }


def _missing(tx: "Reading", names: list[str]) -> dict[str, str]:
    """Say of each job that is to be waited for and is not there yet, that it is not, and which may be meant."""
    from company.closest import did_you_mean
    from company.store import dependencies

    known = dependencies.find(tx, names)
    missing = [name for name in names if name not in known]
    there = dependencies.file_names(tx, limit=NAMES_COMPARED) if missing else []
    return {name: f"(no such job yet) {did_you_mean(name, there)}".strip() for name in missing}


def _agent_facts(task: "PlannedTask", agent: "Agent") -> dict[str, Any]:
    return {
        "id": task.agent_id,
        "name": agent.name,
        "emoji": agent.emoji,
        "task": task.description,
        "why": task.why,
        "runner": agent.runner,
        "model": agent.model,
        "command": list(agent.command),
    }


def _render(facts: dict[str, Any]) -> "RenderableType":
    from rich.console import Group
    from rich.table import Table

    place = facts["repository"] or "a workspace of its own"
    where = f"{facts['team'].removeprefix('team-')} · {place} · branch {facts['branch']}"
    agents = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), header_style="bold")
    for heading in ("AGENT", "RUNS", "BECAUSE", "TASK"):
        agents.add_column(heading)
    for agent in facts["agents"]:
        runs = _command_line(agent["command"]) or f"{agent['runner']} ({agent['model']})"
        cells = (f"{agent['emoji']} {agent['name']}", runs, agent["why"], agent["task"])
        agents.add_row(*(plain(cell) for cell in cells))
    return Group(styled(facts["title"], "bold"), _fact("", where, "dim"), "", agents, "", *_facts(facts))


def _facts(facts: dict[str, Any]) -> "Iterator[Text]":
    yield _fact("order", plan_words(facts["waves"]))
    for argv in facts["setup"]:
        yield _fact("setup", _command_line(argv))
    for check in facts["checks"]:
        must = " (named in the file: must be green at the end)" if check["must_be_green"] else ""
        command = _command_line(check["argv"])
        name = "" if check["name"] == command else f"{check['name']}: "
        yield _fact("check", f"{name}{command}{must}")
    if not facts["checks"]:
        yield _fact("check", "none: only the diff is looked at", "yellow")
    for agent_id, why in facts["left_out"].items():
        yield _fact("left out", f"{agent_id.removeprefix('agent-')}: {why}", "yellow")
    for name in facts["depends_on"]:
        missing = facts["depends_on_missing"].get(name)
        yield _fact(
            "after", name if missing is None else f"{name} {missing}", "" if missing is None else "yellow"
        )
    if facts["schedule"]:
        yield _fact("starts", facts["schedule"])
    yield _fact("at most", f"{facts['max_iterations']} iterations; nothing was touched", "dim")


def _command_line(argv: Sequence[str]) -> str:
    """Write an argument vector to be read; placeholders in braces stay as they are."""
    return " ".join(one if _PLAIN_WORD.fullmatch(one) else shlex.quote(one) for one in argv)


def _fact(name: str, value: str, style: str = "") -> "Text":
    from rich.text import Text

    return Text.assemble((f"  {name:<9}" if name else "  ", "dim"), (plain(value), style))
