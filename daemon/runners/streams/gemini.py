"""``gemini --output-format stream-json``, as versions 0.6x write it. Retries are told on standard error alone."""

import re
from collections.abc import Iterable
from typing import Any

from daemon.runners.protocol import Event, EventKind
from daemon.runners.stream import Silent, result, text, tool, tool_result
from daemon.runners.usage_limits import limit_error

_RETRY = re.compile(r"Attempt \d+ failed")
_DENIED = ("policy", "denied", "not allowed", "not found in registry")


class GeminiStream(Silent):
    """Puts the pieces of a message together, line by line."""

    def __init__(self) -> None:
        self._held = ""
        self._tools: dict[str, str] = {}

    def events(self, record: dict[str, Any]) -> Iterable[Event]:
        """Say what one object means."""
        kind = record.get("type")
        if kind == "message":
            if record.get("role") == "assistant":
                yield from self._words(str(record.get("content", "")), is_piece=bool(record.get("delta")))
            return
        held, self._held = self._held, ""
        yield from text(held)
        match kind:
            case "init":
                facts = {"session": record.get("session_id", ""), "model": record.get("model", "")}
                yield Event(EventKind.INIT, f"Gemini CLI, model {facts['model']}", facts)
            case "tool_use":
                used = tool(record.get("tool_name"), record.get("parameters"))
                self._tools[str(record.get("tool_id"))] = used.text
                yield used
            case "tool_result":
                yield self._tool_result(record)
            case "error":
                message = str(record.get("message", ""))
                yield limit_error(message) or Event(EventKind.ERROR, message)
            case "result":
                yield from _conclusion(record)

    def complaint(self, line: str) -> Event | None:
        """Say that it tries again, or that a limit is reached."""
        if _RETRY.match(line):
            return Event(EventKind.RETRY, line)
        return limit_error(line)

    def _words(self, words: str, *, is_piece: bool) -> Iterable[Event]:
        whole, newline, self._held = (self._held + words).rpartition("\n")
        if not is_piece:
            whole, self._held = f"{whole}{newline}{self._held}", ""
        yield from text(whole)

    def _tool_result(self, record: dict[str, Any]) -> Event:
        is_error = record.get("status") != "success"
        error = record.get("error") or {}
        output = error.get("message") or record.get("output")
        said = f"{error.get('type', '')} {output}".lower()
        is_denied = is_error and any(word in said for word in _DENIED)
        name = self._tools.get(str(record.get("tool_id")), "") if is_denied else ""
        return tool_result(output, is_error=is_error, is_denied=is_denied, name=name)


def _conclusion(record: dict[str, Any]) -> Iterable[Event]:
    stats = record.get("stats") or {}
    models = list(stats.get("models") or ())
    yield Event(
        EventKind.USAGE,
        "",
        {
            "model": models[0] if models else None,
            "input_tokens": stats.get("input_tokens"),
            "cached_tokens": stats.get("cached"),
            "output_tokens": stats.get("output_tokens"),
            "is_total": True,
        },
    )
    is_ok = record.get("status") == "success"
    reason = (
        "" if is_ok else str((record.get("error") or {}).get("message") or "it failed, and does not say why")
    )
    if not is_ok and (limit := limit_error(reason)) is not None:
        yield limit
    yield result(is_ok=is_ok, reason=reason)
