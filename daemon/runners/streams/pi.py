"""``pi --mode json``, as versions 0.7x write it.

It exits with 0 whatever happened: how it ended is the ``stopReason`` of its last message. It repeats the whole message
with each word of it; the service keeps such lines by their beginning only (``SHORTENED``).
"""

from collections.abc import Iterable
from typing import Any

from daemon.runners.protocol import Event, EventKind
from daemon.runners.stream import Silent, result, text, tool, tool_result
from daemon.runners.usage_limits import limit_error

#: lines that begin so are kept as their beginning: what they say stands in others
SHORTENED = tuple(
    f'{{"type":"{name}"'
    for name in ("message_update", "message_start", "tool_execution_update", "turn_end", "agent_end")
)


class PiStream(Silent):
    """Remembers how the last message ended."""

    def __init__(self) -> None:
        self._stop_reason = self._error = ""

    def events(self, record: dict[str, Any]) -> Iterable[Event]:
        """Say what one object means."""
        match record.get("type"):
            case "session":
                yield Event(EventKind.INIT, "pi", {"session": record.get("id", "")})
            case "message_end":
                yield from self._message(record["message"])
            case "tool_execution_start":
                yield tool(record.get("toolName"), record.get("args"))
            case "tool_execution_end":
                output = (record.get("result") or {}).get("content")
                yield tool_result(output, is_error=bool(record.get("isError")))
            case "auto_retry_start":
                delay_s = record.get("delayMs", 0) / 1000
                words = f"tries again ({record.get('attempt')} of {record.get('maxAttempts')})"
                yield Event(EventKind.RETRY, f"{words}: {record.get('errorMessage')}", {"delay_s": delay_s})
            case "agent_end":
                yield self._conclusion()

    def complaint(self, line: str) -> Event | None:
        """Nothing on standard error has a meaning of its own."""
        return limit_error(line)

    def _message(self, message: dict[str, Any]) -> Iterable[Event]:
        if message.get("role") != "assistant":
            return
        for part in message.get("content") or ():
            if part.get("type") == "text":
                yield from text(part.get("text"))
        self._stop_reason, self._error = message.get("stopReason", ""), message.get("errorMessage", "")
        usage = message.get("usage") or {}
        cached = usage.get("cacheRead") or 0
        yield Event(
            EventKind.USAGE,
            "",
            {
                "model": message.get("model"),
                "input_tokens": (usage.get("input") or 0) + cached + (usage.get("cacheWrite") or 0),
                "cached_tokens": cached,
                "output_tokens": usage.get("output"),
                "cost_usd": (usage.get("cost") or {}).get("total"),
                "goes_on": self._stop_reason == "toolUse",
            },
        )
        if self._error:
            yield limit_error(self._error) or Event(EventKind.ERROR, self._error)

    def _conclusion(self) -> Event:
        is_ok = self._stop_reason == "stop"
        return result(
            is_ok=is_ok,
            reason="" if is_ok else self._error or f"its last message ended with {self._stop_reason!r}",
        )
