"""The command messages: what could not be told in Slack, and once more."""

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.desk import open_desk
from daemon.cli.options import Json
from daemon.cli.output import print_json, print_line, print_table
from daemon.cli.times import local_time

if TYPE_CHECKING:
    from company.store.outbox import Word

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="What could not be told in Slack.")


@app.command("list")
def list_messages(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List the messages that Slack refused for good, newest first."""
    from company.orders.messages import undelivered

    with open_desk(context, only_looks=True) as desk:
        found = undelivered(desk.office, limit=limit)
        zone = desk.config.company.time_zone
    if as_json:
        print_json({"messages": [_facts(word) for word in found]})
        return
    print_table(
        ("ID", "SINCE", "WHAT", "ABOUT", "SLACK SAYS"),
        [
            (
                str(word.id),
                local_time(word.created_at, zone),
                word.kind,
                word.subject_id,
                word.last_error or "",
            )
            for word in found
        ],
        folds=("ABOUT", "SLACK SAYS"),
        empty="everything was delivered, or waits its turn",
        numbers=("ID",),
    )


@app.command()
def retry(
    context: typer.Context,
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="[ID]…", help="Which; all when none is named.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Let them be tried again, once what Slack says is mended."""
    from company.orders import messages

    with open_desk(context) as desk:
        count = messages.retry(desk.office, desk.actor, tuple(ids or ()))
    if as_json:
        print_json({"messages": count})
    else:
        print_line(f"{count} message{'s' if count != 1 else ''} will be tried again")


def _facts(word: "Word") -> dict[str, object]:
    return {
        "id": word.id,
        "kind": word.kind,
        "subject": word.subject_id,
        "error": word.last_error,
        "attempts": word.attempts,
        "created_at": word.created_at,
        "facts": dict(word.payload),
    }
