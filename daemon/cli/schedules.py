"""Commands about what starts by itself: schedules list, add, pause, resume, remove."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.desk import open_desk
from daemon.cli.options import Json
from daemon.cli.output import print_json, print_line, print_note, print_table, status_text, styled
from daemon.cli.times import local_day_and_time

if TYPE_CHECKING:
    from company.orders.schedules import ScheduleChange, ScheduleView

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True, help="What starts by itself.")

ScheduleName = Annotated[
    str, typer.Argument(metavar="NAME", help="Its name or id, or a unique beginning of one.")
]


@app.callback()
def schedules(context: typer.Context, as_json: Json = False) -> None:
    """What starts by itself.

    Without a subcommand: list all, with when each starts next.
    """
    if context.invoked_subcommand is None:
        list_schedules(context, as_json=as_json)


@app.command("list")
def list_schedules(
    context: typer.Context,
    include_removed: Annotated[bool, typer.Option("--all", "-a", help="Removed ones, too.")] = False,
    as_json: Json = False,
) -> None:
    """List the schedules and when each starts next."""
    from company.orders import schedules as orders

    with open_desk(context, only_looks=True) as desk:
        views = orders.list_schedules(desk.office, include_removed=include_removed)
        zone = desk.config.company.time_zone
    if as_json:
        print_json({"schedules": [_view_facts(view) for view in views]})
        return
    print_table(
        ("NAME", "WHEN", "NEXT", "STARTS", "STATE", "LAST"),
        [
            (
                view.row.name,
                f"{view.words} ({view.row.time_zone})",
                local_day_and_time(view.next_at, zone),
                "the evaluation" if view.row.action == "evaluation" else _title(view),
                styled(view.problem, "red") if view.problem else status_text(_state(view)),
                local_day_and_time(view.row.last_slot_at, zone),
            )
            for view in views
        ],
        folds=("WHEN", "STARTS", "STATE"),
        empty="nothing starts by itself: agent-service schedules add",
    )


def _title(view: "ScheduleView") -> str:
    from company.errors import PriorityFileError
    from company.work.priority import parse_priority

    try:
        return parse_priority((view.row.priority_text or "").encode(), view.row.name).title
    except PriorityFileError as error:
        return str(error)


def _state(view: "ScheduleView") -> str:
    if not view.row.is_active:
        return "removed"
    return "paused" if view.row.is_paused else "active"


def _view_facts(view: "ScheduleView") -> dict[str, object]:
    return {
        "id": view.row.id,
        "name": view.row.name,
        "action": view.row.action,
        "when": view.row.expression,
        "words": view.words,
        "time_zone": view.row.time_zone,
        "state": _state(view),
        "next_at": view.next_at,
        "last_slot_at": view.row.last_slot_at,
        "agent": view.row.agent_id,
        "created_by": view.row.created_by,
        "problem": view.problem or None,
    }


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    when: Annotated[
        str,
        typer.Argument(
            metavar="WHEN", help="'every weekday 09:00', 'first Monday 9:00', or cron '0 9 * * 1-5'."
        ),
    ],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The priority file to start.", show_default=False)
    ] = None,
    evaluation: Annotated[
        bool, typer.Option("--evaluation", help="Start the evaluation instead of a file.")
    ] = False,
    time_zone: Annotated[
        str | None, typer.Option("--time-zone", help="IANA name; default: the company's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Start a priority file, or the evaluation, at certain times.

    \b
    agent-service schedules add news "every weekday 09:00" news.md
    """
    from company.orders import schedules as orders
    from daemon.cli.given_file import read_priority_file

    if (file is None) != evaluation:
        raise typer.BadParameter("name either a FILE or --evaluation")
    with open_desk(context) as desk:
        text = read_priority_file(desk.config, file).decode() if file is not None else None
        action = "evaluation" if evaluation else "priority"
        request = orders.ScheduleRequest(name=name, when=when, text=text, action=action, time_zone=time_zone)
        change = orders.add(desk.office, desk.actor, request)
        _report(change, "added", desk.config.company.time_zone, as_json=as_json)


@app.command()
def pause(context: typer.Context, name: ScheduleName, as_json: Json = False) -> None:
    """Let a schedule start nothing until it is resumed."""
    from company.orders import schedules as orders

    with open_desk(context) as desk:
        change = orders.pause(desk.office, desk.actor, name)
        _report(change, "paused", desk.config.company.time_zone, as_json=as_json)


@app.command()
def resume(context: typer.Context, name: ScheduleName, as_json: Json = False) -> None:
    """Let a paused schedule go on from its next time; what it missed is not caught up."""
    from company.orders import schedules as orders

    with open_desk(context) as desk:
        change = orders.resume(desk.office, desk.actor, name)
        _report(change, "resumed", desk.config.company.time_zone, as_json=as_json)


@app.command()
def remove(context: typer.Context, name: ScheduleName, as_json: Json = False) -> None:
    """Remove a schedule; config.yaml does not bring it back, adding it again does."""
    from company.orders import schedules as orders

    with open_desk(context) as desk:
        change = orders.remove(desk.office, desk.actor, name)
        _report(change, "removed", desk.config.company.time_zone, as_json=as_json)


def _report(change: "ScheduleChange", done: str, zone: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "id": change.schedule_id,
                "name": change.name,
                "is_changed": change.is_changed,
                "words": change.words,
                "next_at": change.next_at,
            }
        )
        return
    print_line(f"{done} {change.name}" if change.is_changed else f"{change.name}: nothing to do")
    if change.next_at:
        print_note(f"{change.words}; next: {local_day_and_time(change.next_at, zone)}")
