"""launchd as the service manager (macOS).

A user's service lives in the domain ``gui/<uid>``, which is there while the user is logged in at the screen; over ssh
alone there is only ``user/<uid>``.
"""

import os
import re
import threading
import time
from pathlib import Path

from daemon.service import launchd
from daemon.service.control import CALL_S, call
from daemon.service.record import STOP_WITHIN_S, Scope, ServiceRecord
from daemon.service.supervisor import ServiceState

_LOOK_AGAIN_S = 0.1
_FIELD = re.compile(r"^\t(state|pid|last exit code|runs) = (.+)$", re.MULTILINE)


class Launchd:
    """The system's domain, or that of the user who calls."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._known_domain = "system" if scope is Scope.SYSTEM else ""

    def path_of(self, name: str) -> Path:
        """Return the property list's place."""
        library = (
            Path("/Library/LaunchDaemons")
            if self.scope is Scope.SYSTEM
            else Path.home() / "Library/LaunchAgents"
        )
        return library / launchd.plist_name(name)

    def render(self, record: ServiceRecord) -> str:
        """Return the property list."""
        return launchd.render(record)

    def environment_of(self, text: str) -> dict[str, str]:
        """Return the variables a property list sets."""
        return launchd.environment_of(text)

    def without_environment(self, text: str) -> str:
        """Return a property list without seal and variables."""
        return launchd.without_environment(text)

    def check(self) -> None:
        """Ask for the domain."""
        call(("launchctl", "print", self._domain())).or_raise()

    def bring_up(self, name: str) -> list[str]:
        """Take the file into use; launchd starts the service with it (RunAtLoad)."""
        self._boot_out(name)
        call(("launchctl", "enable", f"{self._domain()}/{name}")).or_raise()
        call(("launchctl", "bootstrap", self._domain(), str(self.path_of(name)))).or_raise(
            mend="log in at the screen once, or install it with --system"
        )
        return (
            []
            if self.scope is Scope.SYSTEM
            else ["it starts when you log in; install --system starts it with the Mac"]
        )

    def restart(self, name: str) -> None:
        """Stop the running one, if there is one, and start it."""
        call(("launchctl", "kickstart", "-k", f"{self._domain()}/{name}")).or_raise()

    def take_down(self, name: str) -> None:
        """Stop it and take it out of the domain."""
        self._boot_out(name)

    def forget(self, name: str) -> None:
        """Nothing is left to notice: ``take_down`` took it out of the domain."""

    def state(self, name: str) -> ServiceState:
        """Read what launchctl prints for people: there is no other way to ask."""
        called = call(("launchctl", "print", f"{self._domain()}/{name}"))
        if called.exit_code != 0:
            return ServiceState("inactive", is_enabled=False, detail="not loaded")
        said = dict(_FIELD.findall(called.stdout))
        disabled = call(("launchctl", "print-disabled", self._domain())).stdout
        return ServiceState(
            activity="active" if said.get("state") == "running" else "inactive",
            is_enabled=not re.search(rf'"{re.escape(name)}" => (true|disabled)', disabled),
            pid=int(said["pid"]) if said.get("pid", "").isdecimal() else None,
            detail=f"last exit code {said['last exit code']}" if "last exit code" in said else "",
        )

    def commands(self, name: str) -> list[tuple[str, ...]]:
        """Return what installing runs."""
        domain = self._domain()
        return [
            ("launchctl", "enable", f"{domain}/{name}"),
            ("launchctl", "bootstrap", domain, str(self.path_of(name))),
        ]

    def where_it_speaks(self, _name: str, errors: Path) -> str:
        """Name the file."""
        return str(errors)

    def _domain(self) -> str:
        if not self._known_domain:
            gui, user = f"gui/{os.getuid()}", f"user/{os.getuid()}"
            self._known_domain = gui if call(("launchctl", "print", gui)).exit_code == 0 else user
        return self._known_domain

    def _boot_out(self, name: str) -> None:
        """Take it out and wait until it is: a bootstrap before that fails with an input/output error."""
        target = f"{self._domain()}/{name}"
        call(("launchctl", "bootout", target), timeout_s=STOP_WITHIN_S + CALL_S)
        deadline = time.monotonic() + STOP_WITHIN_S
        while call(("launchctl", "print", target)).exit_code == 0 and time.monotonic() < deadline:
            threading.Event().wait(_LOOK_AGAIN_S)
