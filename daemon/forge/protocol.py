"""What a forge is: a place where a delivered branch waits for a person's yes, as a pull request.

Every call is safe to repeat: opening looks for an open pull request of the branch first, and merging, closing or
readying what is so already changes nothing. What people or the forge's own checks say of it comes back as complaints.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from company.errors import AgentServiceError
from company.work.pull_request import Complaint


class PullRequestState(StrEnum):
    """How a pull request stands; the words of schema.sql, sessions.pr_state."""

    DRAFT = "draft"
    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class ForgeError(AgentServiceError):
    """The forge did not do it. ``retry_after_s``: when to ask again; None where that alone will not help."""

    def __init__(
        self, doing: str, reason: str, *, mend: str = "", retry_after_s: float | None = None
    ) -> None:
        self.doing, self.reason, self.mend, self.retry_after_s = doing, reason, mend, retry_after_s
        super().__init__(f"{doing}: {reason}")


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A branch that was pushed, and the pull request it has there."""

    branch: str
    base: str
    head_commit: str
    number: int | None  #: None: not opened yet, or a remote that knows no pull requests


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """How it stands. A plain remote has neither number nor address."""

    number: int | None
    url: str | None
    state: PullRequestState


class Forge(Protocol):
    """One repository at one forge."""

    def propose(self, delivered: Delivered, title: str, body: str) -> PullRequest:
        """Open a pull request, or bring the open one of the branch up to date. Raises ForgeError."""
        ...

    def look(self, delivered: Delivered) -> PullRequest:
        """Say how it stands now; asks conditionally where the forge can. Raises ForgeError."""
        ...

    def complaints(self, delivered: Delivered) -> tuple[Complaint, ...]:
        """Return the red checks and the requested changes of its newest commit. Raises ForgeError."""
        ...

    def make_ready(self, delivered: Delivered) -> None:
        """Turn a draft into one that asks for review. Raises ForgeError."""
        ...

    def merge(self, delivered: Delivered) -> None:
        """Merge it if its head still is what was delivered. Raises ForgeError."""
        ...

    def close(self, delivered: Delivered) -> None:
        """Close it unmerged. Raises ForgeError."""
        ...
