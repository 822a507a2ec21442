"""Commands that hold work back: pause, resume, and what is paused."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.desk import Desk, open_desk
from daemon.cli.options import Json
from daemon.cli.output import print_json, print_line, print_table
from daemon.cli.times import local_day_and_time

if TYPE_CHECKING:
    from company.orders.pauses import PauseChange

Scope = Annotated[
    str,
    typer.Argument(
        metavar="SCOPE", help="all, or a team or a repository by name (team:NAME, repository:NAME)."
    ),
]


def pause(
    context: typer.Context,
    scope: Scope = "all",
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why, for whoever wonders.")] = "",
    for_minutes: Annotated[
        int | None, typer.Option("--for", metavar="MINUTES", min=1, help="It ends by itself after so long.")
    ] = None,
    show_all: Annotated[bool, typer.Option("--list", help="Only show what is paused.")] = False,
    as_json: Json = False,
) -> None:
    """Let no new job start.

    Of everything, of a team or of a repository. What runs goes on.
    """
    from company.orders import pauses

    with open_desk(context, needs_config=False) as desk:
        if show_all:
            _list(desk, as_json=as_json)
            return
        until = desk.office.clock.now() + timedelta(minutes=for_minutes) if for_minutes else None
        done = pauses.pause(desk.office, desk.actor, scope, reason=reason, until=until)
        zone = desk.config.company.time_zone
    if as_json:
        print_json(_facts(done))
        return
    until_words = f" until {local_day_and_time(done.until_at, zone)}" if done.until_at else ""
    print_line(
        f"paused {done.scope}{until_words}"
        if done.is_changed
        else f"{done.scope} is paused already, by {done.by}{until_words}"
    )


def resume(context: typer.Context, scope: Scope = "all", as_json: Json = False) -> None:
    """Let jobs start again after a pause."""
    from company.orders import pauses

    with open_desk(context, needs_config=False) as desk:
        done = pauses.resume(desk.office, desk.actor, scope)
    if as_json:
        print_json(_facts(done))
    else:
        print_line(f"resumed {done.scope}" if done.is_changed else f"{done.scope} was not paused")


def _facts(done: "PauseChange") -> dict[str, object]:
    return {"scope": done.scope, "is_changed": done.is_changed, "by": done.by, "until_at": done.until_at}


def _list(desk: Desk, *, as_json: bool) -> None:
    from company.store import pauses

    with desk.office.store.reading() as tx:
        found = pauses.list_pauses(tx)
    if as_json:
        facts = [
            {
                "scope": one.scope,
                "reason": one.reason,
                "by": one.paused_by,
                "at": one.paused_at,
                "until_at": one.until_at,
            }
            for one in found
        ]
        print_json({"pauses": facts})
        return
    zone = desk.config.company.time_zone
    print_table(
        ("SCOPE", "BY", "SINCE", "UNTIL", "REASON"),
        [
            (
                one.scope,
                one.paused_by,
                local_day_and_time(one.paused_at, zone),
                local_day_and_time(one.until_at, zone) or "resumed",
                one.reason,
            )
            for one in found
        ],
        folds=("REASON",),
        empty="nothing is paused",
    )
