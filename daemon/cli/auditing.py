"""The command audit log: who ordered what through which door, refused orders too."""

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.desk import open_desk
from daemon.cli.options import Json
from daemon.cli.output import print_json, print_table, styled
from daemon.cli.times import local_time

if TYPE_CHECKING:
    from company.store.audit import Entry

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Who ordered what, through which door; without a subcommand the newest orders.",
)

_STYLES = {"done": "green", "refused": "red", "nothing_to_do": "dim"}


Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="At most so many.")]


@app.callback()
def audit(context: typer.Context, limit: Limit = 50, as_json: Json = False) -> None:
    """List the newest orders, where no subcommand asks for others."""
    if context.invoked_subcommand is None:
        log(context, limit=limit, as_json=as_json)


@app.command()
def log(
    context: typer.Context,
    limit: Limit = 50,
    before: Annotated[
        int | None,
        typer.Option("--before", metavar="ID", help="Only entries older than this one: the next page."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List orders, newest first; refused ones too."""
    from company.store import audit

    with open_desk(context, only_looks=True) as desk:
        with desk.office.store.reading() as tx:
            entries = audit.newest(tx, limit=limit, before_id=before)
        zone = desk.config.company.time_zone
    if as_json:
        print_json({"orders": [_facts(entry) for entry in entries]})
        return
    print_table(
        ("ID", "WHEN", "WHO", "ROLE", "DOOR", "ORDER", "ABOUT", "OUTCOME", "DETAIL"),
        [
            (
                str(entry.id),
                local_time(entry.ordered_at, zone),
                entry.actor_id,
                entry.actor_role,
                entry.surface,
                entry.action,
                entry.entity_id,
                styled(entry.outcome.replace("_", " "), _STYLES.get(entry.outcome, "")),
                ", ".join(f"{key}: {value}" for key, value in entry.detail.items()),
            )
            for entry in entries
        ],
        folds=("ABOUT", "DETAIL"),
        empty="nothing was ordered yet",
        numbers=("ID",),
    )


def _facts(entry: "Entry") -> dict[str, object]:
    return {
        "id": entry.id,
        "at": entry.ordered_at,
        "actor": entry.actor_id,
        "role": entry.actor_role,
        "surface": entry.surface,
        "action": entry.action,
        "entity_type": entry.entity_type,
        "entity": entry.entity_id,
        "outcome": entry.outcome,
        "detail": dict(entry.detail),
    }
