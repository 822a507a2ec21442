"""The commands `pr`: what becomes of a delivered branch. The service does it; the command only says so."""

from typing import TYPE_CHECKING

import typer

from daemon.cli.desk import open_desk
from daemon.cli.options import JobName, Json
from daemon.cli.output import print_json, print_line

if TYPE_CHECKING:
    from company.orders.pull_requests import PullRequestWanted

app = typer.Typer(no_args_is_help=True, help="What becomes of a delivered branch or its pull request.")

_DONE = {"ready": "will be marked ready for review", "merge": "will be merged", "close": "will be closed"}


@app.command()
def ready(context: typer.Context, job: JobName, as_json: Json = False) -> None:
    """Turn the draft into one that asks for review."""
    from company.orders import pull_requests

    with open_desk(context) as desk:
        _report(pull_requests.make_ready(desk.office, desk.actor, job), as_json=as_json)


@app.command()
def merge(context: typer.Context, job: JobName, as_json: Json = False) -> None:
    """Merge what was delivered into its base."""
    from company.orders import pull_requests

    with open_desk(context) as desk:
        _report(pull_requests.merge(desk.office, desk.actor, job), as_json=as_json)


@app.command()
def close(context: typer.Context, job: JobName, as_json: Json = False) -> None:
    """Close it unmerged."""
    from company.orders import pull_requests

    with open_desk(context) as desk:
        _report(pull_requests.close(desk.office, desk.actor, job), as_json=as_json)


@app.command()
def mend(context: typer.Context, job: JobName, as_json: Json = False) -> None:
    """Start a job that mends red checks and requested changes, on the same branch."""
    from company.orders import pull_requests

    with open_desk(context) as desk:
        begun = pull_requests.follow_up(desk.office, desk.actor, job)
    if as_json:
        print_json({"job": begun.job_id, "is_changed": begun.is_new, "title": begun.title})
    else:
        print_line(f"{begun.job_id} {'started' if begun.is_new else 'was started before'}: {begun.title}")


def _report(wanted: "PullRequestWanted", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "job": wanted.job_id,
                "wanted": wanted.what,
                "is_changed": wanted.is_new,
                "state": wanted.state,
                "url": wanted.url,
            }
        )
    elif wanted.is_new:
        print_line(f"{wanted.title} {_DONE[wanted.what]} ({wanted.url or wanted.job_id})")
    else:
        print_line(f"nothing to do: {wanted.title} is {wanted.state or 'waiting'}, or that is wanted already")
