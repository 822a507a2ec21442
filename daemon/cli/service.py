"""The commands up and once: the service in the foreground. What they run is imported when they run."""

import os
import time
from typing import TYPE_CHECKING

import typer

from daemon.cli.desk import config_path
from daemon.cli.output import print_line, print_note

if TYPE_CHECKING:
    from company.orders.office import Office
    from daemon.app import Daemon
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

    run(config_path(context), once=False, on_ready=_welcome)


def once(context: typer.Context) -> None:
    """Do what waits, then leave.

    For scripts: exit code 0 when every job was completed, 4 when one ended failed, blocked or stopped.
    """
    from daemon.running import run

    run(config_path(context), once=True, on_ready=_show_sample)


def _welcome(daemon: "Daemon", sample: "Sample | None") -> None:
    config = daemon.office().config
    _show_sample(daemon, sample)
    print_note(
        f"{config.company.name} is up: drop priority files into {config.folders.priorities}. Ctrl-C stops it."
    )


def _show_sample(daemon: "Daemon", sample: "Sample | None") -> None:
    """Show the first job live, and where what it made can be looked at."""
    if sample is None or sample.priority_file is None:
        return
    from daemon.cli.following import follow

    office = daemon.office()
    print_note("First start: a sample repository was made, and a priority file dropped for it.")
    print_note("No model is involved: the sample's agents are small scripts of the repository itself.")
    job_id = _job_of(office, sample.priority_file.stem)
    if job_id is None:
        print_note("the sample's file was not taken; see logs/service.log")
        return
    story = follow(office, job_id)
    print_line(f"read the report:  reports/{job_id}/report.md")
    if story.branch:
        remote = os.path.relpath(sample.remote, office.config.root)
        print_line(f"see the change:   git --git-dir {remote} show {story.branch}")


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
