"""Options and arguments that several commands share, and how a shell completes them."""

from pathlib import Path
from typing import Annotated

import typer

from company.errors import AgentServiceError
from daemon.cli.desk import open_desk

#: offered by completion at most
OFFERED_MAX = 50


def complete_job(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the newest jobs whose id fits, each with its title, and ``last``."""
    from company.store import sessions

    try:
        with (
            open_desk(context, only_looks=True, needs_config=True) as desk,
            desk.office.store.reading() as tx,
        ):
            newest = sessions.list_sessions(tx, limit=OFFERED_MAX)
    except (AgentServiceError, OSError):  # nothing to offer must not disturb the line being typed
        return []
    offers = [("last", "the newest job"), *((one.id, f"{one.status}: {one.title}") for one in newest)]
    return [(name, words) for name, words in offers if name.startswith(incomplete)]


def complete_agent(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Offer the agents whose short id fits, each with its role."""
    from company.store import agents

    try:
        with (
            open_desk(context, only_looks=True, needs_config=True) as desk,
            desk.office.store.reading() as tx,
        ):
            rows = agents.list_agents(tx, include_inactive=True)
    except (AgentServiceError, OSError):
        return []
    offers = [(row.id.removeprefix("agent-"), f"{row.name}, {row.role}") for row in rows]
    return [(name, words) for name, words in offers if name.startswith(incomplete)]


Json = Annotated[bool, typer.Option("--json", help="Print JSON; its keys are stable.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="PATH",
        help="The company's config.yaml, or its folder. Default: $AGENT_SERVICE_CONFIG, else the config.yaml "
        "of this folder or of one above.",
    ),
]
JobName = Annotated[
    str,
    typer.Argument(
        metavar="JOB",
        help="Its id, any unique beginning or end of it, or 'last'.",
        autocompletion=complete_job,
    ),
]
JobNameOrNone = Annotated[
    str | None,
    typer.Argument(
        metavar="JOB",
        help="Its id, any unique beginning or end of it, or 'last'. Without it the service itself is meant.",
        autocompletion=complete_job,
        show_default=False,
    ),
]
AgentName = Annotated[
    str,
    typer.Argument(
        metavar="AGENT",
        help="Its id, its name, or a unique beginning of one.",
        autocompletion=complete_agent,
    ),
]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Show the job live until it ends.")]
