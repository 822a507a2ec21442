"""What doctor looks at of the installed services: do they run, are they as installing would write them now."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from company.errors import AgentServiceError
from daemon.cli.diagnosis import Finding

if TYPE_CHECKING:
    from company.config import Config
    from daemon.service.supervisor import Supervisor

_AGAIN = "agent-service restart; in a terminal Ctrl-C and agent-service up: its jobs go on"


def installed_findings(config: "Config") -> Iterator[Finding]:
    """Look at each program that is a service here; nothing where none is."""
    from daemon.service.installing import installed_with
    from daemon.service.record import SUBCOMMANDS

    for program in SUBCOMMANDS:
        supervisor = installed_with(config, program)
        if supervisor is None:
            continue
        try:
            yield from _look_at(config, supervisor, program)
        except (AgentServiceError, OSError) as error:
            mend = getattr(error, "mend", "") or "agent-service install"
            yield Finding(f"service {program}", "broken", str(error), mend)


def code_findings(config: "Config") -> Iterator[Finding]:
    """Compare the code that the running programs began with to the code that lies here now."""
    from company.one_per_folder import holder_of
    from company.running_code import running_code
    from daemon.cli.desk import service_pid
    from daemon.service.record import SUBCOMMANDS

    here = running_code()
    for program in SUBCOMMANDS:
        holder = holder_of(config.folders.state, program)
        if holder is None or service_pid(config, program) is None:
            continue
        name, code = f"version of the {program}", holder.code
        if code is None:
            yield Finding(name, "note", f"older than {here.version}, which is here", _AGAIN)
        elif code.digest == here.digest:
            yield Finding(name, "ok", f"{code.version}, as it is here")
        elif code.place == here.place:
            yield Finding(
                name, "note", f"it runs what lay in {here.place} when it began, and is not there now", _AGAIN
            )
        else:
            text = f"it runs {code.version} of {code.place}; this command is {here.version} of {here.place}"
            mend = "give commands with that one, or: agent-service install (in a terminal: stop it, start this one)"
            yield Finding(name, "note", text, mend)


def _look_at(config: "Config", supervisor: "Supervisor", program: str) -> Iterator[Finding]:
    from daemon.service.installing import plan

    wanted = plan(config, os.environ, supervisor, program)
    name = f"service {program}"
    state = supervisor.state(wanted.record.name)
    if state.activity != "active":
        words = f"{state.activity}{f' ({state.detail})' if state.detail else ''}"
        yield Finding(
            name, "broken", words, "agent-service restart; agent-service status says where it speaks"
        )
    else:
        boot = "" if state.is_enabled else ", not started with the machine"
        yield Finding(
            name, "ok" if state.is_enabled else "note", f"active{boot}", boot and "agent-service install"
        )
    text = wanted.path.read_text(encoding="utf-8", errors="replace")
    yield from _file_findings(f"{name}, its file", wanted.path, text, supervisor, wanted.text)
    yield from _path_findings(name, config, supervisor.environment_of(text).get("PATH", ""))
    yield from _secret_findings(f"{name}, its secrets", config)


def _file_findings(
    name: str, path: Path, text: str, supervisor: "Supervisor", wanted: str
) -> Iterator[Finding]:
    from daemon.service.record import Seal, seal_of

    if (seal := seal_of(text)) is not Seal.OURS:
        mend = "agent-service install --force keeps it beside a new one"
        yield Finding(name, "note", f"{path} is {seal}", mend)
    elif supervisor.without_environment(text) != supervisor.without_environment(wanted):
        yield Finding(name, "note", f"{path} is not what installing would write now", "agent-service install")
    else:
        yield Finding(name, "ok", f"{path}, as it was installed")


def _path_findings(name: str, config: "Config", path: str) -> Iterator[Finding]:
    """Look for what config.yaml calls, and for the agent CLIs that this terminal finds."""
    from daemon.service.search_path import find, programs_looked_for, programs_of

    mend = "agent-service install, from a terminal that finds it"
    called = programs_of(config)
    lost = [one for one in called if one not in find(called, path)]
    if lost:
        yield Finding(f"{name}, its PATH", "broken", f"{', '.join(lost)} cannot be found by it", mend)
    elif called:
        yield Finding(f"{name}, its PATH", "ok", f"finds {', '.join(called)}")
    here = find(programs_looked_for(config), os.environ.get("PATH", ""))
    unseen = [one for one in here if one not in find(here, path) and one not in called]
    if unseen:
        text = f"{', '.join(unseen)}: found in this terminal, and not by it"
        yield Finding(f"{name}, agent CLIs", "note", text, mend)
    elif here:
        yield Finding(f"{name}, agent CLIs", "ok", f"finds {', '.join(here)}")


def _secret_findings(name: str, config: "Config") -> Iterator[Finding]:
    """Look for what works in this terminal alone, because the service is not told of it."""
    from company.config.service_env import FILE_NAME
    from daemon.service.installing import kept_from_services

    path = config.folders.state / FILE_NAME
    unseen = kept_from_services(config, os.environ)
    if unseen:
        text = f"{', '.join(unseen)}: set in this terminal, and not for the service"
        yield Finding(name, "note", text, f"put it into {path} (chmod 600), then agent-service restart")
