"""What methods, people and pages work with: the parts of one local Slack, built once by ``server``."""

from dataclasses import dataclass, field
from pathlib import Path

from .clock import Clock
from .credentials import Credentials
from .delivery import Delivery
from .faults import Faults
from .leases import Leases
from .manifest import Manifest
from .pace import Pace
from .signed import SignedRequests
from .sockets import Sockets
from .workspace import Workspace


@dataclass(kw_only=True)
class Slack:
    """The parts."""

    credentials: Credentials
    manifest: Manifest
    clock: Clock
    workspace: Workspace
    leases: Leases
    sockets: Sockets
    signed: SignedRequests
    delivery: Delivery
    faults: Faults
    pace: Pace
    files: Path
    #: the address of the server, without a final slash; known once it listens
    url: str = ""
    #: the modals that each person has open, the lowest first
    stacks: dict[str, list[str]] = field(default_factory=dict)
    #: how often each method was called and not refused at the door, for tests
    calls: dict[str, int] = field(default_factory=dict)
