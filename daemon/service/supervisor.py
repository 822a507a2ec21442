"""What a service manager does for us, whichever it is."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from daemon.service.record import Scope, ServiceRecord


@dataclass(frozen=True)
class ServiceState:
    """How a service is, by its manager's own words."""

    activity: str  #: active, activating, deactivating, failed, inactive; launchd: active, inactive
    is_enabled: bool  #: it is started by itself, at boot or at login
    pid: int | None = None
    detail: str = ""  #: what the manager adds for people: a state's name, the last exit


class Supervisor(Protocol):
    """One service manager, for one user or for the system. Its methods raise ServiceManagerError."""

    scope: Scope

    def path_of(self, name: str) -> Path:
        """Return where the file of the service called ``name`` belongs."""
        ...

    def render(self, record: ServiceRecord) -> str:
        """Return the file's text. Raises ValueError for a value it cannot hold."""
        ...

    def environment_of(self, text: str) -> dict[str, str]:
        """Return the variables a file sets."""
        ...

    def without_environment(self, text: str) -> str:
        """Return a file without seal and variables: what does not depend on the terminal one installs from."""
        ...

    def check(self) -> None:
        """Raise ServiceManagerError where the manager cannot be reached."""
        ...

    def bring_up(self, name: str) -> list[str]:
        """Take the written file into use, start the service now and with the machine; return lines for people."""
        ...

    def restart(self, name: str) -> None:
        """Start it, or stop and start it; return when it is up (launchd: when it was started)."""
        ...

    def take_down(self, name: str) -> None:
        """Stop it and never start it again; its file is still there."""
        ...

    def forget(self, name: str) -> None:
        """Let the manager notice that the file is gone."""
        ...

    def state(self, name: str) -> ServiceState:
        """Say how it is."""
        ...

    def commands(self, name: str) -> list[tuple[str, ...]]:
        """Return what installing runs, for --dry-run."""
        ...

    def where_it_speaks(self, name: str, errors: Path) -> str:
        """Say where its standard error can be read; ``errors`` is the file where there is no journal."""
        ...


def supervisor_for(scope: Scope, platform: str = sys.platform) -> Supervisor:
    """Return the service manager of this kind of machine; whether it is there, ``check`` says."""
    if platform == "darwin":
        from daemon.service.launchd_supervisor import Launchd

        return Launchd(scope)
    from daemon.service.systemd_supervisor import Systemd

    return Systemd(scope)
