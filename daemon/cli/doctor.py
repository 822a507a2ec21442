"""The command doctor: one line for each thing that can be wrong, and what mends it."""

from typing import TYPE_CHECKING

import typer

from daemon.cli.options import Json
from daemon.cli.output import console, plain, print_json
from daemon.cli.problem import ExitCode

if TYPE_CHECKING:
    from daemon.cli.diagnosis import Finding

_MARKS = {"ok": ("✓", "green"), "note": ("·", "yellow"), "broken": ("✗", "red")}


def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Look at everything the service needs.

    One line for each thing, with what mends it: ✓ is well, · should be known, ✗ must be mended (exit code 1).
    """
    from daemon.cli.company_diagnosis import company_findings
    from daemon.cli.diagnosis import machine_findings

    found = [*machine_findings(), *company_findings(context)]
    if as_json:
        print_json({"findings": [_facts(one) for one in found], "is_healthy": not _broken(found)})
    else:
        _print(found)
    if _broken(found):
        raise typer.Exit(ExitCode.REFUSED)


def _broken(found: "list[Finding]") -> bool:
    return any(one.state == "broken" for one in found)


def _facts(one: "Finding") -> dict[str, str]:
    return {"name": one.name, "state": one.state, "text": one.text, "mend": one.mend}


def _print(found: "list[Finding]") -> None:
    from rich.text import Text

    screen = console()
    width = max(len(one.name) for one in found)
    for one in found:
        mark, style = _MARKS[one.state]
        mend = f" → {plain(one.mend)}" if one.mend else ""
        screen.print(
            Text.assemble((mark, style), f" {one.name:<{width}}  ", plain(one.text), (mend, style)),
            soft_wrap=True,
        )
