"""Lines of a command as events: words as they are, or JSON objects with a ``kind`` for commands that can say more."""

import json
import math
from dataclasses import dataclass
from typing import Any

from daemon.processes.record import Stream
from daemon.runners.protocol import Event, EventKind, OnEvent

LAST_LINE_MAX = 300  # characters of the last line that go into a reason


@dataclass
class Usage:
    """What the command says it used, summed over its usage events."""

    model: str = "none"
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None

    def add(self, data: dict[str, Any]) -> None:
        """Add one usage event; a figure that is none is not counted."""
        if isinstance(model := data.get("model"), str) and model:
            self.model = model
        self.input_tokens += int(_figure(data.get("input_tokens")))
        self.output_tokens += int(_figure(data.get("output_tokens")))
        if "cost_usd" in data:
            self.cost_usd = (self.cost_usd or 0.0) + _figure(data["cost_usd"])


class LineReader:
    """Turns lines into events, and keeps what the result is made of."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._begin()

    def _begin(self) -> None:
        self.usage = Usage()
        self.last_line = ""

    def hear(self, stream: str, text: str) -> None:
        """Take a new line."""
        self._on_event(self._read(stream, text))

    def hear_again(self, stream: str, text: str) -> None:
        """Take a line that was told before a restart: it counts, and is not told twice."""
        self._read(stream, text)

    def _read(self, stream: str, text: str) -> Event:
        if stream == Stream.ATTEMPT:
            self._begin()
            return Event(EventKind.RETRY, text)
        event = (_event_in(text) if stream == Stream.STDOUT else None) or Event(
            EventKind.TEXT, text, {"stream": stream}
        )
        if event.kind is EventKind.USAGE:
            self.usage.add(dict(event.data))
        elif stream != Stream.SERVICE and event.text.strip():
            self.last_line = event.text.strip()[:LAST_LINE_MAX]
        return event


def _event_in(line: str) -> Event | None:
    """Read ``{"kind": "tool", "text": "…", "data": {…}}``; None for any other line."""
    if not line.startswith("{"):
        return None
    try:
        given = json.loads(line)
        kind = EventKind(given["kind"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    text, data = given.get("text", ""), given.get("data", {})
    if not isinstance(text, str) or not isinstance(data, dict):
        return None
    return Event(kind, text, data)


def _figure(value: Any) -> float:
    is_figure = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_figure and math.isfinite(value) and 0 <= value < 1e12 else 0.0
