"""What a service manager is told, whichever it is: one frozen record a program, and the seal on what is written.

Each program of the company is a service of its own, so that one can be restarted without the other. Several companies
live side by side on a machine: the company's folder is part of every name.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from company.ids import slug

DAEMON = "daemon"  #: the program that does the work
BOT = "bot"  #: the program that speaks Slack
#: program -> the subcommand that runs it alone, in the foreground
SUBCOMMANDS: Mapping[str, tuple[str, ...]] = MappingProxyType({DAEMON: ("up", "--no-bot"), BOT: ("bot",)})
STOP_WITHIN_S = 10  # it leaves within three; then the manager ends it, and nothing is lost
#: The pulse waits up to 30 s for a locked database and a few for agents that do not want to stop. A needless restart
#: costs a second: agents run on and are found again.
WATCHDOG_S = 180
OPEN_FILES = 65_536  # systemd gives 1024, macOS 256; a job holds about a dozen
RESTART_FIRST_S, RESTART_LAST_S, RESTART_STEPS = 2, 300, 8


class Scope(StrEnum):
    """Whose service manager keeps it."""

    USER = "user"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class ServiceRecord:
    """One program as a service. Paths are absolute; nothing here is secret, because everybody can read a unit."""

    program: str  #: one of SUBCOMMANDS
    company: str  #: the company's name, for people
    root: Path  #: the company's folder, and where the program runs
    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    scope: Scope
    user: str = ""  #: who it runs as, for a service of the system
    changes_user: bool = False  #: its agents run as another user (``work.agent_user``)
    errors_path: Path  #: where standard error goes where there is no journal

    @property
    def name(self) -> str:
        """Its name among all services: ``agent-service-daemon-shop-1a2b3c``."""
        return service_name(self.program, self.root)

    @property
    def description(self) -> str:
        """One line for lists of services."""
        return f"Agent Service: {self.program} of {self.company}"


def service_name(program: str, root: Path) -> str:
    """Return the name of a company's program: the folder's name to read it by, six digits to tell it apart."""
    digits = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:6]
    return f"agent-service-{program}-{slug(root.name)}-{digits}"


class Seal(StrEnum):
    """What is known of a file that stands where ours belongs."""

    OURS = "as it was installed"
    EDITED = "edited since it was installed"
    FOREIGN = "not made by agent-service"


_SEAL = re.compile(r"agent-service install: sha256 ([0-9a-f]{64})")


def seal_line(body: str) -> str:
    """Return the words that tell later whether ``body`` was edited; a comment of the file carries them."""
    return f"agent-service install: sha256 {_digest(body)}"


def seal_of(text: str) -> Seal:
    """Say whether ``text`` (with the seal's line somewhere above its body) is as it was written."""
    match = _SEAL.search(text)
    if match is None:
        return Seal.FOREIGN
    _, _, body = text[match.end() :].partition("\n")
    return Seal.OURS if match[1] == _digest(body) else Seal.EDITED


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "surrogateescape")).hexdigest()
