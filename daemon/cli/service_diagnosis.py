"""What doctor looks at of the installed services: do they run, are they as installing would write them now."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from company.errors import AgentServiceError
from daemon.cli.diagnosis import Finding

if TYPE_CHECKING:
    from company.config import Config
    from daemon.service.supervisor import Supervisor


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


def _look_at(config: "Config", supervisor: "Supervisor", program: str) -> Iterator[Finding]:
    from daemon.service.installing import plan
    from daemon.service.record import Seal, seal_of
    from daemon.service.search_path import find, programs_of

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
    if (seal := seal_of(text)) is not Seal.OURS:
        yield Finding(
            f"{name}, its file", "note", f"{wanted.path} is {seal}", "agent-service install --force"
        )
    path = supervisor.environment_of(text).get("PATH", "")
    called = programs_of(config)
    lost = [one for one in called if one not in find(called, path)]
    if lost:
        yield Finding(
            f"{name}, its PATH",
            "broken",
            f"{', '.join(lost)} cannot be found by it",
            "agent-service install, from a terminal that finds it",
        )
    elif called:
        yield Finding(f"{name}, its PATH", "ok", f"finds {', '.join(called)}")
