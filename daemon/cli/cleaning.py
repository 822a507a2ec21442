"""The command clean: what housekeeping would remove, or its hourly pass at once."""

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.desk import open_desk
from daemon.cli.options import Json
from daemon.cli.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from daemon.housekeeping.keeping import Gone


def clean(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Only show what would go, and how much room it takes.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove what config.yaml no longer keeps.

    The service does the same by itself, once an hour. Nothing of a job that has not ended is touched, and no report
    goes unless retention.reports_days says so.
    """
    from company.orders.cleaning import order_cleaning
    from daemon.housekeeping.keeping import Housekeeper
    from daemon.processes.spawn import Processes

    with open_desk(context) as desk:
        runs = desk.config.folders.state / "runs"
        processes = Processes(runs)
        keeper = Housekeeper(lambda: desk.office, processes)
        try:
            if dry_run:
                gone = keeper.plan()
            else:
                order_cleaning(desk.office, desk.actor)
                gone = keeper.pass_once()
        finally:
            processes.close()
    if as_json:
        print_json({"is_dry_run": dry_run, "removed": [_facts(one) for one in gone], "bytes": _total(gone)})
    else:
        _print(gone, dry_run=dry_run)


def _total(gone: "list[Gone]") -> int:
    return sum(one.size for one in gone)


def _facts(one: "Gone") -> dict[str, object]:
    return {"kind": one.kind.value, "name": one.name, "reason": one.reason, "bytes": one.size}


def _print(gone: "list[Gone]", *, dry_run: bool) -> None:
    from company.work.report import counted
    from company.work.retention import in_bytes

    print_table(
        ("WHAT", "NAME", "SIZE", "WHY"),
        [(one.kind.value, one.name, in_bytes(one.size), one.reason) for one in gone],
        empty="nothing is older than config.yaml keeps it",
        folds=("NAME", "WHY"),
    )
    if gone:
        words = "would go" if dry_run else "went"
        print_line(f"{counted(len(gone), 'thing')} {words}, {in_bytes(_total(gone))}")
