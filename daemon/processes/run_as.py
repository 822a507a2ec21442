"""The user that agents, checks and setup commands run as, where that is not the service's own.

A wall between the service and what it runs: its memory, its environment, its databases and its inbox are out of
reach. Becoming another user is done by the shim's child itself, before exec (``child.py``): no helper program has to
be there, and nothing runs in between.
"""

import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path

from company.config import Config
from company.errors import ConfigError
from daemon.processes.record import RunAs

KEY = "work.agent_user"
_PROBE_S = 10.0


def run_as_of(config: Config) -> RunAs | None:
    """Return the user of config.yaml; None where it is the service's own. Raises ConfigError."""
    name = config.work.agent_user
    if not name:
        return None
    if os.geteuid() != 0:
        raise ConfigError(
            config.path,
            KEY,
            f"only a service that runs as root can run agents as {name}",
            mend="run the service as root (agent-service install --system), or take agent_user out",
        )
    try:
        return find_user(name)
    except LookupError as error:
        raise ConfigError(
            config.path, KEY, str(error), mend=f"make the user: useradd --system --create-home {name}"
        ) from error


def find_user(name: str) -> RunAs:
    """Look the user up. Raises LookupError where there is none, or it would be no wall."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise LookupError(f"this machine has no user {name!r}") from None
    if found.pw_uid == os.geteuid() or found.pw_uid == 0:
        raise LookupError(f"{name!r} may do what the service may: agents need a user of their own")
    groups = tuple(group for group in os.getgrouplist(name, found.pw_gid) if group != 0)
    return RunAs(name, found.pw_uid, found.pw_gid, groups, found.pw_dir, found.pw_shell)


def without_service_s_own(environment: Mapping[str, str], run_as: RunAs) -> dict[str, str]:
    """Return the environment as the user needs it. The service's TMPDIR may be closed to it: then it is /tmp."""
    kept = {name: value for name, value in environment.items() if name != "TMPDIR"}
    return {**kept, **run_as.variables()}


def can_enter(run_as: RunAs, folder: Path) -> bool:
    """Say whether the user gets into ``folder``: tried out, because access lists decide as well."""
    return _succeeds(run_as, ("cd", "--", str(folder)))


def can_write(run_as: RunAs, folder: Path) -> bool:
    """Say whether the user may make files in ``folder``."""
    return _succeeds(run_as, ("test", "-w", str(folder), "-a", "-x", str(folder)))


def can_run(run_as: RunAs, program: str) -> bool:
    """Say whether the user may run ``program``, an absolute path."""
    return _succeeds(run_as, ("test", "-x", program))


def _succeeds(run_as: RunAs, command: tuple[str, ...]) -> bool:
    done = subprocess.run(
        ("/bin/sh", "-c", '"$@"', "sh", *command),
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=run_as.uid,
        group=run_as.gid,
        extra_groups=run_as.groups,
        timeout=_PROBE_S,
    )
    return done.returncode == 0
