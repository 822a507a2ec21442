"""What doctor looks at in a company: configuration, folders, books, runners, repositories.

Nothing is mended here and nothing is left behind; what cannot be looked at is a finding of its own.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from company.errors import AgentServiceError
from daemon.cli.desk import Desk, config_path, open_desk, read_config, service_pid
from daemon.cli.diagnosis import Finding
from daemon.cli.repository_diagnosis import identity_finding, repository_findings
from daemon.cli.runner_diagnosis import runner_findings
from daemon.cli.service_diagnosis import code_findings, installed_findings
from daemon.cli.slack_diagnosis import slack_findings
from daemon.cli.surroundings_diagnosis import surroundings_findings

if TYPE_CHECKING:
    from company.config import Config

DISK_LOW = 2 << 30  # bytes
CLOCK_SLACK = timedelta(minutes=1)
ENGINE_LOCK_S = 10.0  # a busy engine is waited for


def company_findings(context: typer.Context) -> Iterator[Finding]:
    """Look at the company that ``--config`` or this folder means; without a usable one, only say so."""
    try:
        config = read_config(context)
    except AgentServiceError as error:
        yield Finding("configuration", "broken", str(error), error.mend or "mend config.yaml")
        return
    yield Finding("configuration", "ok", str(config_path(context)))
    yield from _folders(config)
    yield _disk(config)
    yield _time_zone(config)
    yield from surroundings_findings(config)
    yield _service(config)
    yield from code_findings(config)
    yield from installed_findings(config)
    yield from _agent_user(config)
    yield from _books(context)
    yield from slack_findings(config)
    yield from runner_findings(config)
    yield identity_finding(config)
    for repository in config.repositories:
        yield from repository_findings(config, repository)


def _folders(config: "Config") -> Iterator[Finding]:
    for name in ("priorities", "state", "logs", "reports"):
        folder: Path = getattr(config.folders, name)
        try:
            _try_writing(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            yield Finding(
                f"folder {name}", "broken", f"{folder}: {reason}", f"make {folder} writable for this user"
            )
        else:
            yield Finding(f"folder {name}", "ok", str(folder))


def _try_writing(folder: Path) -> None:
    """Write where the folder is, or where it would be made. Raises OSError."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    with tempfile.TemporaryFile(dir=existing) as file:
        file.write(b"x")
        file.flush()
        os.fsync(file.fileno())


def _disk(config: "Config") -> Finding:
    from daemon.storage import shortage

    if why := shortage(config.folders.all, config.limits.disk_reserve_mb):
        return Finding("disk", "broken", why, "make room there, or make it writable: jobs wait until then")
    existing = config.folders.state
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    text = f"{free / (1 << 30):.1f} GB free"
    if free < DISK_LOW:
        return Finding("disk", "note", text, "clones, worktrees and logs need room: make some soon")
    return Finding("disk", "ok", text)


def _time_zone(config: "Config") -> Finding:
    from company.orders.schedules import company_time_zone

    zone = company_time_zone(config)
    if config.company.time_zone:
        return Finding("time zone", "ok", f"{zone}, from config.yaml")
    if zone in ("UTC", "Etc/UTC"):
        return Finding(
            "time zone",
            "note",
            f"{zone}, the machine's",
            "set company.time_zone, if schedules mean another clock",
        )
    return Finding("time zone", "ok", f"{zone}, the machine's")


def _service(config: "Config") -> Finding:
    pid = service_pid(config)
    if pid is None:
        return Finding("service", "note", "not running in this folder", "agent-service up")
    return Finding("service", "ok", f"running, process {pid}")


def _agent_user(config: "Config") -> Iterator[Finding]:
    """Look whether agents can run as the user they are to run as."""
    from daemon.job.lodging import obstacles
    from daemon.processes.run_as import can_run, run_as_of

    name = "agent user"
    try:
        run_as = run_as_of(config)
    except AgentServiceError as error:
        yield Finding(name, "broken", str(error), error.mend)
        return
    if run_as is None:
        return
    found = obstacles(config, run_as)
    for words, mend in found:
        yield Finding(name, "broken", words, mend)
    if found:
        return
    if can_run(run_as, sys.executable):
        yield Finding(name, "ok", f"{run_as.name} (uid {run_as.uid})")
    else:
        text = f"{run_as.name} may not run {sys.executable}, which {{python}} in commands stands for"
        yield Finding(name, "note", text, "install the service where everybody may go (/opt)")


def _books(context: typer.Context) -> Iterator[Finding]:
    """Open the database as the service would: its schema is checked by that."""
    with ExitStack() as closing:
        try:
            desk = closing.enter_context(open_desk(context, leaves_no_trace=True))
            yield from _look_into(desk)
        except AgentServiceError as error:
            yield Finding("database", "broken", str(error), error.mend or "put back what it names")


def _look_into(desk: Desk) -> Iterator[Finding]:
    from company.clock import from_iso
    from company.store import sessions
    from company.store.health import integrity_problems, newest_time

    store = desk.office.store
    problems = integrity_problems(store)
    if problems:
        yield Finding("database", "broken", "; ".join(problems), "stop the service and restore a backup")
    else:
        yield Finding("database", "ok", f"{store.url_safe}: sound, as schema.sql says")
    yield from _engine_books(desk)
    newest = newest_time(store)
    if newest is not None and from_iso(newest) > desk.office.clock.now() + CLOCK_SLACK:
        yield Finding("clock", "broken", f"it is behind the newest row, of {newest}", "set the clock")
    with store.reading() as tx:
        pending, running = sessions.pending_and_running(tx)
    if pending or running:
        text = f"{len(running)} under way, {len(pending)} waiting"
        if service_pid(desk.config) is None:
            yield Finding("unfinished jobs", "note", text, "agent-service up goes on with them")
        else:
            yield Finding("unfinished jobs", "ok", text)
    else:
        yield Finding("unfinished jobs", "ok", "none")
    yield from _messages(desk)
    yield from _staff(desk)


def _engine_books(desk: Desk) -> Iterator[Finding]:
    """Look at the file in which the engine keeps the finished steps of jobs; on PostgreSQL there is none."""
    from company.store.health import file_problems

    path = desk.config.folders.state / "engine.db"
    if desk.config.database.url or not path.exists():
        return
    problems = file_problems(path, timeout_s=ENGINE_LOCK_S)
    if problems:
        mend = "stop the service and restore a backup of both databases (docs/operations.md)"
        yield Finding("engine's database", "broken", "; ".join(problems), mend)
    else:
        yield Finding("engine's database", "ok", f"{path.name}: sound")


def _messages(desk: Desk) -> Iterator[Finding]:
    """Say what Slack refused for good."""
    from company.orders.messages import undelivered

    found = undelivered(desk.office)
    if found:
        first = f"{found[0].kind} {found[0].subject_id}: {found[0].last_error}"
        text = f"{len(found)} could not be delivered to Slack, the newest: {first}"
        yield Finding("messages", "broken", text, "agent-service messages list; then messages retry")


def _staff(desk: Desk) -> Iterator[Finding]:
    """Say which agents could do nothing anywhere: the command runner without a command."""
    from company.store import agents
    from company.work.staff import Duty, resolve_agent

    with desk.office.store.reading() as tx:
        rows = agents.list_agents(tx)
    configured = {one.id: one for one in desk.config.agents}
    commanded = {short_id for one in desk.config.repositories for short_id in one.commands}
    staff = [
        resolve_agent(
            row, configured.get(row.id), default_runner=desk.config.work.runner, repository_commands={}
        )
        for row in rows
        if row.duty is Duty.WORK
    ]
    idle = [
        one.short_id
        for one in staff
        if one.runner == "command" and not one.command and one.short_id not in commanded
    ]
    if idle and len(idle) == len(staff):
        yield Finding(
            "agents",
            "note",
            f"none of {len(staff)} has a command, nor a coding agent to run it",
            "give a repository `commands:` in config.yaml, or set work.runner",
        )
    elif idle:
        yield Finding(
            "agents",
            "note",
            f"{len(staff) - len(idle)} of {len(staff)} who do the work can be run; not {', '.join(idle)}",
            "give them a command in config.yaml (of their own, or a repository's), or set work.runner",
        )
    else:
        yield Finding("agents", "ok", f"all {len(staff)} who do the work can be run")
