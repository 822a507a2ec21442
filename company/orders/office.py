"""Where orders are given and by whom: what every function of this package takes first.

An office is the store, the configuration and the clock an order works with; an actor is the person (or the
folder, or the clock on the wall) who gives it, with the role that configuration grants. Doors make both once
and pass them on.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from company.clock import Clock

# Importing dataset takes most of a second: a door that only prints its help must not pay for it.
if TYPE_CHECKING:
    from company.config import Config
    from company.store.opening import Store


class Role(StrEnum):
    """What a person may do, in the words of config.yaml and of the audit. Each role includes the next."""

    CEO = "ceo"  #: decides about people, experiments and proposals
    OPERATOR = "operator"  #: starts and stops work, praises and rejects it
    VIEWER = "viewer"  #: looks
    NOBODY = "nobody"  #: named in no list

    def includes(self, other: "Role") -> bool:
        """Say whether whoever is this may do what ``other`` may."""
        return _RANK[self] >= _RANK[other]


_RANK = {Role.NOBODY: 0, Role.VIEWER: 1, Role.OPERATOR: 2, Role.CEO: 3}


@dataclass(frozen=True)
class Actor:
    """Who gives an order."""

    id: str  #: 'U0123' in Slack, the login name in a terminal, 'priorities' for the folder
    role: Role
    surface: str  #: one of schema.sql's: file, slack, http, terminal, schedule, automation


@dataclass(frozen=True)
class Office:
    """What an order works with. Frozen: a changed configuration is a new office."""

    store: "Store"
    config: "Config"
    clock: Clock
