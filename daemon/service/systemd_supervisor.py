"""systemd as the service manager."""

import getpass
import os
import re
from pathlib import Path

from daemon.service import systemd
from daemon.service.control import ServiceManagerError, call
from daemon.service.record import Scope, ServiceRecord
from daemon.service.supervisor import ServiceState

START_S = systemd.START_WITHIN_S + 30.0
_SHOWN = ("ActiveState", "SubState", "UnitFileState", "MainPID", "NRestarts", "Result", "StatusText")


class Systemd:
    """The system's systemd, or the one of the user who calls."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._systemctl = ("systemctl", "--user") if scope is Scope.USER else ("systemctl",)

    def path_of(self, name: str) -> Path:
        """Return the unit's place."""
        if self.scope is Scope.SYSTEM:
            folder = Path("/etc/systemd/system")
        else:
            config = os.environ.get("XDG_CONFIG_HOME", "")
            folder = (
                (Path(config) if config.startswith("/") else Path.home() / ".config") / "systemd" / "user"
            )
        return folder / systemd.unit_name(name)

    def render(self, record: ServiceRecord) -> str:
        """Return the unit for the systemd of this machine."""
        return systemd.render(record, systemd_version=self._version())

    def environment_of(self, text: str) -> dict[str, str]:
        """Return the variables a unit sets."""
        return systemd.environment_of(text)

    def without_environment(self, text: str) -> str:
        """Return a unit without seal and variables."""
        return systemd.without_environment(text)

    def check(self) -> None:
        """Ask for anything at all."""
        call((*self._systemctl, "show", "--property=Version")).or_raise()

    def bring_up(self, name: str) -> list[str]:
        """Read the units again, enable this one and start it; a user's manager must also outlive the login."""
        call((*self._systemctl, "daemon-reload")).or_raise()
        call((*self._systemctl, "enable", systemd.unit_name(name))).or_raise()
        notes = self._linger() if self.scope is Scope.USER else []
        self.restart(name)
        return notes

    def restart(self, name: str) -> None:
        """Return when the service says that it is ready."""
        unit = systemd.unit_name(name)
        call((*self._systemctl, "restart", unit), timeout_s=START_S).or_raise(
            mend=f"systemd keeps trying; its words: {self.where_it_speaks(name, Path())}"
        )

    def take_down(self, name: str) -> None:
        """Stop and disable."""
        call((*self._systemctl, "disable", "--now", systemd.unit_name(name))).or_raise()

    def forget(self, name: str) -> None:
        """Read the units again; a failed state would stay in lists."""
        call((*self._systemctl, "daemon-reload")).or_raise()
        call((*self._systemctl, "reset-failed", systemd.unit_name(name)))

    def state(self, name: str) -> ServiceState:
        """Ask for the unit's properties."""
        argv = (*self._systemctl, "show", f"--property={','.join(_SHOWN)}", systemd.unit_name(name))
        said = dict(line.partition("=")[::2] for line in call(argv).or_raise().splitlines())
        pid = int(said.get("MainPID") or 0)
        details = [said.get("SubState", "")]
        if said.get("Result", "success") != "success":
            details.append(f"last end: {said['Result']}")
        if int(said.get("NRestarts") or 0):
            details.append(f"started again {said['NRestarts']} times")
        if said.get("StatusText"):
            details.append(said["StatusText"])
        return ServiceState(
            activity=said.get("ActiveState") or "inactive",
            is_enabled=said.get("UnitFileState") == "enabled",
            pid=pid or None,
            detail=", ".join(one for one in details if one),
        )

    def commands(self, name: str) -> list[tuple[str, ...]]:
        """Return what installing runs."""
        unit = systemd.unit_name(name)
        verbs: list[tuple[str, ...]] = [("daemon-reload",), ("enable", unit), ("restart", unit)]
        linger = [("loginctl", "enable-linger")] if self.scope is Scope.USER else []
        return [*((*self._systemctl, *verb) for verb in verbs), *linger]

    def where_it_speaks(self, name: str, _errors: Path) -> str:
        """Name the journal's command."""
        whose = "--user " if self.scope is Scope.USER else ""
        return f"journalctl {whose}-u {systemd.unit_name(name)}"

    def _version(self) -> int:
        said = call(("systemctl", "--version")).or_raise()
        match = re.match(r"systemd (\d+)", said)
        return int(match[1]) if match else 0

    def _linger(self) -> list[str]:
        """Without lingering, a user's services end with the last login, and do not start with the machine."""
        user = getpass.getuser()
        try:
            if call(("loginctl", "show-user", user, "--property=Linger", "--value")).stdout == "yes":
                return []
            call(("loginctl", "enable-linger")).or_raise()
        except ServiceManagerError as error:
            return [
                f"it will end when you log out, because lingering could not be enabled ({error.said}); "
                f"mend: sudo loginctl enable-linger {user}"
            ]
        return [f"lingering was enabled for {user}: services run while nobody is logged in"]
