"""What a run's events add up to: what was used, how it ended by its own words, what was refused. Pure."""

import math
from dataclasses import dataclass
from typing import Any

from daemon.runners.protocol import Event, EventKind, Usage

LINE_MAX = 300  # characters of a line that goes into a reason
_WORK = (EventKind.TEXT, EventKind.TOOL, EventKind.TOOL_RESULT)
_COUNTS = ("input_tokens", "cached_tokens", "output_tokens")


@dataclass(frozen=True)
class Outcome:
    """The program's own last word."""

    is_ok: bool
    reason: str = ""


class Account:
    """Takes events in order. A lost attempt is forgotten, but for what it used: that was spent."""

    def __init__(self) -> None:
        self._lost: list[dict[str, Any]] = []
        self._used: dict[str, dict[str, Any]] = {}
        self._model = "none"
        self._begin()

    def _begin(self) -> None:
        self._lost += list(self._used.values())
        self._used = {}
        self.outcome: Outcome | None = None
        self.answer = ""  #: its last words
        self.last_line = ""  #: of anything it wrote
        self.error = ""  #: its last error
        self.is_over_budget = False  #: it says that it reached the budget it was given
        self.usage_limit = ""  #: what it said of one
        self.denials: list[str] = []
        self.retries = 0  #: in a row
        self.turns = 0

    def begin_again(self) -> None:
        """The attempt was lost, and there is another."""
        self._begin()

    def take(self, event: Event) -> None:
        """Add one event."""
        data = event.data
        if event.text.strip() and event.kind is not EventKind.USAGE:
            self.last_line = one_line(event.text)
        if event.kind in _WORK and not data.get("stream"):
            self.retries = 0
        self._sort(event)

    def _sort(self, event: Event) -> None:
        data = event.data
        match event.kind:
            case EventKind.USAGE:
                self._use(dict(data))
            case EventKind.RETRY:
                self.retries += 1
                if not data.get("stream"):  # the two streams are not in order
                    self.outcome = None
            case EventKind.RESULT:
                self._conclude(event)
            case EventKind.ERROR:
                self.error = one_line(event.text)
                self.usage_limit = self.usage_limit or str(data.get("usage_limit", ""))
            case EventKind.TOOL_RESULT if data.get("is_denied"):
                self._deny(str(data.get("name") or one_line(event.text)))
            case EventKind.INIT:
                self._model = str(data.get("model") or self._model)
            case EventKind.TEXT if data.get("stream") is None:
                self.answer = event.text

    def usage(self) -> Usage:
        """Sum what was used, by the program's total where it gave one."""
        total = self._used.get("total")
        rows = [*self._lost, *([total] if total else self._used.values())]
        costs = [row["cost_usd"] for row in rows if row.get("cost_usd") is not None]
        counts = {name: sum(int(row.get(name, 0)) for row in rows) for name in _COUNTS}
        model = next((row["model"] for row in reversed(rows) if row.get("model")), self._model)
        return Usage(model=model, **counts, cost_usd=math.fsum(costs) if costs else None)

    def _use(self, data: dict[str, Any]) -> None:
        row: dict[str, Any] = {name: int(figure(data.get(name))) for name in _COUNTS}
        if isinstance(model := data.get("model"), str) and model:
            row["model"] = model
        row["cost_usd"] = figure(data["cost_usd"]) if data.get("cost_usd") is not None else None
        if data.get("is_total"):
            self._used["total"] = row
            return
        key = str(data.get("id") or f"#{len(self._used)}")
        self.turns += key not in self._used
        self._used[key] = row

    def _conclude(self, event: Event) -> None:
        self.is_over_budget = bool(event.data.get("is_over_budget"))
        self.outcome = Outcome(
            bool(event.data.get("is_ok", True)), one_line(str(event.data.get("reason", "")))
        )
        for denial in event.data.get("denials", ()):
            self._deny(one_line(str(denial)))

    def _deny(self, what: str) -> None:
        if what not in self.denials:
            self.denials.append(what)


def one_line(text: str) -> str:
    """Make one short line of it."""
    return " ".join(text.split())[:LINE_MAX]


def figure(value: Any) -> float:
    """Return a count or an amount; what is none is nothing."""
    is_figure = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_figure and math.isfinite(value) and 0 <= value < 1e12 else 0.0
