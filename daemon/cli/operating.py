"""The commands install, uninstall, restart and status: daemon and bot as services of this machine."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.desk import read_config, service_pid
from daemon.cli.options import Json
from daemon.cli.output import print_json, print_line, print_note
from daemon.cli.problem import ExitCode

if TYPE_CHECKING:
    from company.config import Config
    from daemon.service.installing import Plan
    from daemon.service.record import Scope
    from daemon.service.supervisor import Supervisor

UserScope = Annotated[bool, typer.Option("--user", help="Of this user: starts when the machine does.")]
SystemScope = Annotated[
    bool, typer.Option("--system", help="Of the system: as root, for the folder's owner.")
]


def install(
    context: typer.Context,
    user: UserScope = False,
    system: SystemScope = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be written and run.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that was edited; it is kept beside the new one.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the company a service of this machine.

    Writes and enables systemd units or launchd property lists, daemon and bot apart, and starts them. The same again
    changes nothing. Secrets are not written into them: they belong into service.env in the state folder.
    """
    from daemon.service import installing
    from daemon.service.supervisor import supervisor_for

    config = read_config(context)
    supervisor = supervisor_for(_scope(user, system))
    plans = [installing.plan(config, os.environ, supervisor, one) for one in _programs(config)]
    if dry_run:
        _show(plans, supervisor, as_json=as_json)
        return
    done = []
    for plan in plans:
        result = installing.install(
            plan, supervisor, force=force, busy_pid=service_pid(config, plan.record.program)
        )
        done.append((plan, result))
    if as_json:
        facts = [
            {
                "name": plan.record.name,
                "action": made.action,
                "path": str(plan.path),
                "kept": made.kept and str(made.kept),
            }
            for plan, made in done
        ]
        print_json({"services": facts})
        return
    for plan, made in done:
        print_line(f"{made.action} {plan.record.name} ({plan.path})")
        if made.kept:
            print_note(f"the edited file is kept as {made.kept}")
    _say_once(note for plan, made in done for note in (*plan.notes, *made.notes, *_missing(plan)))


def uninstall(context: typer.Context, as_json: Json = False) -> None:
    """Stop the services and remove their files. Jobs under way go on; the company's folder stays as it is."""
    from daemon.service import installing

    config = read_config(context)
    removed = []
    for program, supervisor in _installed(config):
        kept = installing.uninstall(config, supervisor, program)
        removed.append({"program": program, "kept": kept and str(kept)})
        if kept and not as_json:
            print_note(f"the edited file is kept as {kept}")
    if as_json:
        print_json({"removed": removed})
    else:
        print_line(f"removed: {', '.join(str(one['program']) for one in removed) or 'nothing was installed'}")


def restart(context: typer.Context, as_json: Json = False) -> None:
    """Stop the services and start them again. Agents at work go on meanwhile, and are found again."""
    from company.errors import OrderRefused
    from daemon.service.record import service_name

    config = read_config(context)
    restarted = []
    for program, supervisor in _installed(config):
        supervisor.restart(service_name(program, config.root))
        restarted.append(program)
    if not restarted:
        raise OrderRefused("not_installed", "the company is no service here", mend="agent-service install")
    if as_json:
        print_json({"restarted": restarted})
    else:
        print_line(f"restarted: {', '.join(restarted)}")


def status(context: typer.Context, as_json: Json = False) -> None:
    """Say how the services are, and where they speak. Exit code 1 when one is not running."""
    config = read_config(context)
    facts = [_facts(config, program) for program in _known_programs(config)]
    if as_json:
        print_json({"services": facts})
    else:
        for one in facts:
            print_line(f"{one['program']}: {one['words']}")
            if one["log"]:
                print_note(f"  {one['log']}")
    if not all(one["is_running"] for one in facts):
        raise typer.Exit(ExitCode.REFUSED)


def _facts(config: "Config", program: str) -> dict[str, object]:
    from company.service_log import log_of
    from daemon.service.installing import installed_with
    from daemon.service.record import service_name

    pid = service_pid(config, program)
    supervisor = installed_with(config, program)
    log = log_of(config.folders.logs, program)
    if supervisor is None:
        words = f"running in a terminal (process {pid})" if pid else "not running, and no service here"
        return {
            "program": program,
            "is_running": pid is not None,
            "words": words,
            "pid": pid,
            "log": str(log),
        }
    name = service_name(program, config.root)
    state = supervisor.state(name)
    words = (
        f"{state.activity}{f' ({state.detail})' if state.detail else ''}, service of the {supervisor.scope}"
    )
    if not state.is_enabled:
        words += ", not started with the machine"
    errors = config.folders.logs / f"{program}.stderr.log"
    return {
        "program": program,
        "is_running": state.activity == "active",
        "words": words,
        "pid": state.pid,
        "log": f"{log}; before it is up: {supervisor.where_it_speaks(name, errors)}",
    }


def _scope(user: bool, system: bool) -> "Scope":
    """Return what was asked for; without a word root means the system, and everybody else themselves."""
    from daemon.service.record import Scope

    if user and system:
        raise typer.BadParameter("either --user or --system")
    return Scope.SYSTEM if system or (not user and os.geteuid() == 0) else Scope.USER


def _programs(config: "Config") -> list[str]:
    """Return what there is to run here: the bot only with a workspace's token, for it has nobody to speak to else."""
    from company.config import secret
    from daemon.service.record import BOT, DAEMON

    has_slack = config.slack.enabled and (secret(os.environ, "SLACK_BOT_TOKEN") or config.slack.base_url)
    if config.slack.enabled and not has_slack:
        print_note(
            "the bot is left out: there is no SLACK_BOT_TOKEN in service.env; put it there and install again"
        )
    return [DAEMON, BOT] if has_slack else [DAEMON]


def _known_programs(config: "Config") -> list[str]:
    from daemon.service.record import BOT, DAEMON

    has_bot = service_pid(config, BOT) is not None or any(one == BOT for one, _ in _installed(config))
    return [DAEMON, BOT] if has_bot else [DAEMON]


def _installed(config: "Config") -> "Iterator[tuple[str, Supervisor]]":
    from daemon.service.installing import installed_with
    from daemon.service.record import SUBCOMMANDS

    for program in SUBCOMMANDS:
        supervisor = installed_with(config, program)
        if supervisor is not None:
            yield program, supervisor


def _show(plans: "list[Plan]", supervisor: "Supervisor", *, as_json: bool) -> None:
    if as_json:
        facts = [
            {
                "name": one.record.name,
                "path": str(one.path),
                "text": one.text,
                "commands": [list(argv) for argv in supervisor.commands(one.record.name)],
                "programs": dict(one.programs),
                "missing": list(one.missing),
            }
            for one in plans
        ]
        print_json(
            {"services": facts, "notes": list(dict.fromkeys(note for one in plans for note in one.notes))}
        )
        return
    for plan in plans:
        sys.stdout.write(f"# {plan.path}\n{plan.text}")  # as it would be written, for pipes, too
        for argv in supervisor.commands(plan.record.name):
            print_line(f"# runs: {' '.join(argv)}")
    _say_once(note for plan in plans for note in (*plan.notes, *_missing(plan)))


def _missing(plan: "Plan") -> list[str]:
    return [f"{name} is called in config.yaml and was not found" for name in plan.missing]


def _say_once(notes: Iterator[str]) -> None:
    for note in dict.fromkeys(notes):
        print_note(note)
