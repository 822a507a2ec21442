"""``codex exec --json``, as versions 0.1xx write it. It says what it used once, at its end."""

import re
from collections.abc import Iterable
from typing import Any

from daemon.runners.protocol import Event, EventKind
from daemon.runners.stream import Silent, result, said, text, tool, tool_result
from daemon.runners.usage_limits import limit_error

_TOOLS = ("command_execution", "file_change", "mcp_tool_call", "web_search")


class CodexStream(Silent):
    """Codex."""

    def events(self, record: dict[str, Any]) -> Iterable[Event]:
        """Say what one object means."""
        match record.get("type"):
            case "thread.started":
                yield Event(EventKind.INIT, "Codex", {"session": record.get("thread_id", "")})
            case "item.started":
                yield from _begun(record["item"])
            case "item.completed":
                yield from _done(record["item"])
            case "error":
                yield _error(str(record.get("message", "")))
            case "turn.completed":
                yield _usage(record.get("usage") or {})
                yield result(is_ok=True)
            case "turn.failed":
                reason = str((record.get("error") or {}).get("message") or "the turn failed")
                yield limit_error(reason) or Event(EventKind.ERROR, reason)
                yield result(is_ok=False, reason=reason)

    def complaint(self, line: str) -> Event | None:
        """Nothing on standard error has a meaning of its own."""
        return limit_error(line)


def _begun(item: dict[str, Any]) -> Iterable[Event]:
    if item.get("type") in _TOOLS:
        yield tool(item["type"], item.get("changes") or item)


def _done(item: dict[str, Any]) -> Iterable[Event]:
    kind = item.get("type")
    if kind in ("agent_message", "reasoning"):
        yield from text(item.get("text"))
    elif kind in _TOOLS:
        is_denied = item.get("status") == "declined"
        is_error = is_denied or item.get("status") == "failed" or bool(item.get("exit_code"))
        output = item.get("aggregated_output", item.get("changes"))
        yield tool_result(
            output, is_error=is_error, is_denied=is_denied, name=_named(item) if is_denied else ""
        )
    elif kind == "error":
        yield Event(EventKind.ERROR, str(item.get("message", "")))


def _named(item: dict[str, Any]) -> str:
    return f"{item['type']}: {said(item)}"


def _error(message: str) -> Event:
    if re.match(r"Reconnecting|stream error|stream disconnected", message):
        return Event(EventKind.RETRY, message)
    return limit_error(message) or Event(EventKind.ERROR, message)


def _usage(usage: dict[str, Any]) -> Event:
    return Event(
        EventKind.USAGE,
        "",
        {
            "input_tokens": usage.get("input_tokens"),
            "cached_tokens": usage.get("cached_input_tokens"),
            "output_tokens": usage.get("output_tokens"),
            "is_total": True,
        },
    )
