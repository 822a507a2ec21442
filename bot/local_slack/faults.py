"""What goes wrong by switch: a method answers 429, 500 or an error, hangs, or breaks before or after it was done."""

from dataclasses import dataclass
from typing import Final

KINDS: Final = (
    "ratelimited",  # HTTP 429 with Retry-After; nothing is done
    "http_500",  # nothing is done
    "http_500_after",  # it is done, and answered 500
    "reset_before",  # the connection breaks; nothing is done
    "reset_after",  # it is done, and the connection breaks before the answer
    "slow",  # it is done, and answered ``seconds`` later
    "error",  # answered ok: false with ``error``; nothing is done
)


@dataclass
class Fault:
    """One kind, for a method (``*`` is each), as often as ``times``."""

    kind: str
    method: str = "*"
    times: int = 1
    seconds: float = 1.0
    error: str = "internal_error"


class Faults:
    """The switches that are on, each used up by the calls that it hits."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Switch one on.

        Raises:
            ValueError: there is no such kind.
        """
        if fault.kind not in KINDS:
            raise ValueError(f"no fault is called {fault.kind!r}; there are {', '.join(KINDS)}")
        self._pending.append(fault)

    def clear(self) -> None:
        """Switch all off."""
        self._pending.clear()

    def take(self, method: str) -> Fault | None:
        """Give the fault that this call meets, if any."""
        for fault in self._pending:
            if fault.method in ("*", method):
                fault.times -= 1
                if fault.times <= 0:
                    self._pending.remove(fault)
                return fault
        return None
