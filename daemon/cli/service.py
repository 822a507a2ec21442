"""The commands up and once: the service in the foreground. What they run is imported when they run."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from daemon.cli.desk import config_path
from daemon.cli.output import print_note

if TYPE_CHECKING:
    from collections.abc import Callable


def up(context: typer.Context) -> None:
    """Run the company in the foreground.

    It takes the files dropped into its inbox, does the work and keeps the schedules. Ctrl-C stops it cleanly: what is
    under way goes on at the next start.
    """
    path = config_path(context)
    raise typer.Exit(_run(path, once=False, on_ready=_greeting(path)))


def once(context: typer.Context) -> None:
    """Do what waits, then leave.

    For scripts: exit code 0 when every job was completed, 4 when one ended failed, blocked or stopped.
    """
    raise typer.Exit(_run(config_path(context), once=True, on_ready=lambda: None))


def _run(path: Path, *, once: bool, on_ready: "Callable[[], None]") -> int:
    from daemon.app import run

    return run(path, once=once, on_ready=on_ready)


def _greeting(path: Path) -> "Callable[[], None]":
    def greet() -> None:
        from company.config import load_config

        config = load_config(path, os.environ)
        print_note(
            f"{config.company.name} is up: drop priority files into {config.folders.priorities}; Ctrl-C stops it"
        )

    return greet
