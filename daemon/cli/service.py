"""The commands up and once: the service in the foreground. What they run is imported when they run."""

import os
import sys
import time
from typing import TYPE_CHECKING

import typer

from daemon.cli.desk import config_path
from daemon.cli.output import print_line, print_note

if TYPE_CHECKING:
    from company.orders.office import Office
    from daemon.app import Daemon
    from daemon.cli.narrating import Narrator
    from daemon.sample import Sample

SAMPLE_TAKEN_S = 30.0  # how long the sample's file may take to be noticed
LOOK_S = 0.05


def up(context: typer.Context) -> None:
    """Run the company in the foreground.

    It takes the files dropped into its inbox, does the work and keeps the schedules. The first start makes a small
    sample repository and shows a job in it from beginning to end. Ctrl-C stops the service; what is under way goes on
    at the next start.
    """
    from daemon.running import run

    terminal = _Terminal()
    run(
        config_path(context),
        once=False,
        on_open=terminal.open,
        on_ready=terminal.welcome,
        on_leave=terminal.say_goodbye,
    )


def once(context: typer.Context) -> None:
    """Do what waits, then leave.

    For scripts: exit code 0 when every job was completed, 4 when one ended failed, blocked or stopped.
    """
    from daemon.running import run

    terminal = _Terminal()
    run(
        config_path(context),
        once=True,
        on_open=terminal.open,
        on_ready=terminal.begin,
        on_leave=terminal.say_goodbye,
    )


class _Terminal:
    """What the service says to whoever started it: the sample, then a line for each job taken and ended."""

    def __init__(self) -> None:
        self._narrator: Narrator | None = None

    def open(self, daemon: "Daemon") -> None:
        """Note how things stand before any work: what comes after that is told."""
        from daemon.cli.narrating import Narrator

        self._narrator = Narrator(daemon.office)
        self._narrator.begin()

    def begin(self, daemon: "Daemon", sample: "Sample | None") -> None:
        """Show the sample where there is one, then tell what happens."""
        shown = _show_sample(daemon, sample)
        if self._narrator is not None:
            self._narrator.keep_looking(but_not_of=shown)

    def welcome(self, daemon: "Daemon", sample: "Sample | None") -> None:
        """Begin, and say that the service is up."""
        config = daemon.office().config
        self.begin(daemon, sample)
        print_note(
            f"{config.company.name} is up: drop priority files into {config.folders.priorities}. Ctrl-C stops it."
        )

    def say_goodbye(self, daemon: "Daemon") -> None:
        """Tell what was not told yet, and what goes on without the service."""
        from daemon.cli.narrating import farewell

        if self._narrator is not None:
            self._narrator.look()
        if sys.stderr.isatty():
            sys.stderr.write("\n")  # the terminal has put its ^C there
        farewell(daemon.office())


def _show_sample(daemon: "Daemon", sample: "Sample | None") -> str | None:
    """Show the first job live, and where what it made can be looked at; return its id."""
    if sample is None or sample.priority_file is None:
        return None
    from daemon.cli.following import follow

    office = daemon.office()
    print_note("First start: a sample repository was made, and a priority file dropped for it.")
    print_note("No model is involved: the sample's agents are small scripts of the repository itself.")
    job_id = _job_of(office, sample.priority_file.stem)
    if job_id is None:
        print_note("the sample's file was not taken; see logs/service.log")
        return None
    story = follow(office, job_id)
    print_line(f"read the report:  reports/{job_id}/report.md")
    if story.branch:
        remote = os.path.relpath(sample.remote, office.config.root)
        print_line(f"see the change:   git --git-dir {remote} show {story.branch}")
    return job_id


def _job_of(office: "Office", stem: str) -> str | None:
    from company.store import lookups

    deadline = time.monotonic() + SAMPLE_TAKEN_S
    while time.monotonic() < deadline:
        with office.store.reading() as tx:
            job_id = lookups.job_of_file(tx, stem)
        if job_id is not None:
            return job_id
        time.sleep(LOOK_S)
    return None
