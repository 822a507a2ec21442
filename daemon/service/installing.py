"""Installing a program of the company as a service: find out, write, bring up; the same again is harmless.

A file that a person edited, or that somebody else made, is never replaced without ``force``, and even then it is kept
beside the new one.
"""

import os
import pwd
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from company.config import Config
from company.config.service_env import FILE_NAME, read_service_env
from company.errors import OrderRefused
from daemon.service.environment import carried
from daemon.service.record import SUBCOMMANDS, Scope, Seal, ServiceRecord, seal_of, service_name
from daemon.service.search_path import (
    ServicePath,
    find,
    is_passing,
    programs_looked_for,
    programs_of,
    service_path,
)
from daemon.service.supervisor import Supervisor, supervisor_for

Action = Literal["installed", "updated", "unchanged"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What installing would write, and what it found. ``notes`` are lines for people."""

    record: ServiceRecord
    path: Path
    text: str
    programs: Mapping[str, str]
    missing: tuple[str, ...]  #: programs that config.yaml calls and nobody found
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What installing did."""

    action: Action
    kept: Path | None  #: where the file that stood there before was put aside
    notes: tuple[str, ...]


def plan(
    config: Config,
    environ: Mapping[str, str],
    supervisor: Supervisor,
    program: str,
    *,
    python: str = sys.executable,
    passing: tuple[str, ...] | None = None,
) -> Plan:
    """Find out what ``program`` needs as a service. Writes nothing. ``python`` is the interpreter it will run on.

    Raises OrderRefused where the company cannot be a service of that scope; ServiceManagerError.
    """
    user, home = _runs_as(config, supervisor.scope)
    wanted = programs_looked_for(config)
    found_path = service_path(environ.get("PATH", ""), home=home, wanted=wanted, passing=passing)
    environment = carried(config, environ)
    record = ServiceRecord(
        program=program,
        company=config.company.name,
        root=config.root,
        # -P: a folder `daemon` or `company` in the company's own folder must not be taken for ours.
        argv=(python, "-P", "-m", "daemon.cli.main", "--config", str(config.path), *SUBCOMMANDS[program]),
        environment=(("PATH", found_path.value), *environment.settings),
        scope=supervisor.scope,
        user=user,
        changes_user=bool(config.work.agent_user),
        errors_path=config.folders.logs / f"{program}.stderr.log",
    )
    try:
        text = supervisor.render(record)
    except ValueError as error:
        raise OrderRefused(
            "cannot_be_written", str(error), mend="move the company to a folder with a plainer name"
        ) from None
    programs = find(wanted, found_path.value)
    return Plan(
        record=record,
        path=supervisor.path_of(record.name),
        text=text,
        programs=programs,
        missing=tuple(name for name in programs_of(config) if name not in programs),
        notes=(*_notes(config, record, found_path, passing), *_withheld(config, environ)),
    )


def install(plan: Plan, supervisor: Supervisor, *, force: bool, busy_pid: int | None = None) -> Installed:
    """Write the file and bring the service up. ``busy_pid``: the program at work in the folder, whoever started it.

    Raises OrderRefused before anything is changed (an edited file, another daemon, the wrong user), OSError,
    ServiceManagerError (the file is written then, and the mend says what is left).
    """
    _refuse_wrong_user(supervisor)
    _refuse_other_scope(plan.record, supervisor)
    supervisor.check()
    before = _read(plan.path)
    state = supervisor.state(plan.record.name)
    if before == plan.text and state.activity == "active" and state.is_enabled:
        return Installed(action="unchanged", kept=None, notes=())
    if busy_pid is not None and state.pid != busy_pid:
        raise OrderRefused(
            "daemon_at_work",
            f"a {plan.record.program} is at work in {plan.record.root} outside the service (process {busy_pid}); "
            "nothing was changed",
            mend="stop it (Ctrl-C in its terminal; its jobs go on), then install again",
        )
    kept = None
    if before is not None and before != plan.text and seal_of(before) is not Seal.OURS:
        if not force:
            raise OrderRefused(
                "edited",
                f"{plan.path} is {seal_of(before)}; nothing was changed",
                mend="compare it with install --dry-run; install --force keeps it beside the new one",
            )
        kept = put_aside(plan.path)
    if before != plan.text:
        _write(plan.path, plan.text)
    notes = supervisor.bring_up(plan.record.name)
    action: Action = "installed" if before is None else "unchanged" if before == plan.text else "updated"
    return Installed(action=action, kept=kept, notes=tuple(notes))


def uninstall(config: Config, supervisor: Supervisor, program: str) -> Path | None:
    """Stop the service and remove its file; return where an edited one was put aside. Agents under way go on.

    Raises OrderRefused for the wrong user, OSError, ServiceManagerError.
    """
    _refuse_wrong_user(supervisor)
    name = service_name(program, config.root)
    path = supervisor.path_of(name)
    supervisor.take_down(name)
    text = _read(path)
    kept = put_aside(path) if text is not None and seal_of(text) is not Seal.OURS else None
    path.unlink(missing_ok=True)
    supervisor.forget(name)
    return kept


def installed_with(config: Config, program: str, platform: str = sys.platform) -> Supervisor | None:
    """Return the service manager that has ``program``: the user's before the system's; None: neither."""
    name = service_name(program, config.root)
    for scope in (Scope.USER, Scope.SYSTEM):
        supervisor = supervisor_for(scope, platform)
        if os.path.lexists(supervisor.path_of(name)):
            return supervisor
    return None


def put_aside(path: Path) -> Path:
    """Copy what stands at ``path`` beside it, under a name that no service manager reads; return the copy."""
    number, kept = 1, path.with_name(f"{path.name}.kept")
    while os.path.lexists(kept):
        number += 1
        kept = path.with_name(f"{path.name}.kept-{number}")
    kept.write_text(_read(path) or "", encoding="utf-8", errors="surrogateescape")
    return kept


def _runs_as(config: Config, scope: Scope) -> tuple[str, Path]:
    """Return the service's user ('' for a service of a user: the caller) and its home."""
    if scope is Scope.USER:
        if config.work.agent_user:
            raise OrderRefused(
                "needs_system",
                f"agents are to run as {config.work.agent_user} (work.agent_user): that needs a service of the system",
                mend='sudo env "PATH=$PATH" agent-service install --system',
            )
        return "", Path.home()
    user_id = 0 if config.work.agent_user else config.path.stat().st_uid
    try:
        entry = pwd.getpwuid(user_id)
    except KeyError:
        raise OrderRefused(
            "no_such_user",
            f"{config.path} belongs to user {user_id}, who has no name here",
            mend="give the company's folder to a user of this machine (chown -R)",
        ) from None
    return entry.pw_name, Path(entry.pw_dir)


def _notes(
    config: Config, record: ServiceRecord, found: ServicePath, passing: tuple[str, ...] | None
) -> list[str]:
    notes = list(found.notes)
    if record.user == "root" and not record.changes_user:
        notes.append(
            f"the service and its agents run as root, because {config.path} belongs to root; "
            "better give the folder to a user of its own (chown -R) and install again"
        )
    if is_passing(record.argv[0], passing):
        notes.append(
            f"{record.argv[0]} will not last, and the service with it; mend: uv tool install agent-service, and "
            "install again from there"
        )
    return notes


def _withheld(config: Config, environ: Mapping[str, str]) -> list[str]:
    path = config.folders.state / FILE_NAME
    return [
        f"{name} is secret and not written into the service; mend: put it into {path} (chmod 600)"
        for name in kept_from_services(config, environ)
    ]


def kept_from_services(config: Config, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets that a terminal has and a service will not: service.env does not set them.

    Raises ConfigError for a service.env that cannot be read.
    """
    written = read_service_env(config.folders.state / FILE_NAME)
    return tuple(name for name in carried(config, environ).withheld if name not in written)


def _refuse_wrong_user(supervisor: Supervisor) -> None:
    if supervisor.scope is Scope.SYSTEM and os.geteuid() != 0:
        raise OrderRefused(
            "needs_root",
            "a service of the system is installed by root; nothing was changed",
            # sudo replaces PATH, in which agent-service and the agent CLIs are.
            mend='sudo env "PATH=$PATH" agent-service … with the same arguments',
        )


def _refuse_other_scope(record: ServiceRecord, supervisor: Supervisor) -> None:
    other = supervisor_for(Scope.USER if supervisor.scope is Scope.SYSTEM else Scope.SYSTEM)
    path = other.path_of(record.name)
    if os.path.lexists(path):
        raise OrderRefused(
            "installed_already",
            f"the company has a service of the {other.scope} ({path}); nothing was changed",
            mend="agent-service uninstall, then install again",
        )


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return "" if path.is_symlink() else None


def _write(path: Path, text: str) -> None:
    """Write it whole or not at all: a service manager may read at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spare = path.with_name(f".{path.name}.new")
    with spare.open("w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o644)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    spare.replace(path)
