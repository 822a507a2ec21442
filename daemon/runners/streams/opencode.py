"""``opencode run --format json``, as versions 1.x write it. There is no summary: its last step says how it ended."""

from collections.abc import Iterable
from typing import Any

from daemon.runners.protocol import Event, EventKind
from daemon.runners.stream import Silent, result, said, text, tool, tool_result
from daemon.runners.usage_limits import limit_error

_REFUSED = ("rejected permission", "prevents you from using this", "permission")


class OpencodeStream(Silent):
    """Remembers the session, which stands on every line."""

    def __init__(self) -> None:
        self._session = ""

    def events(self, record: dict[str, Any]) -> Iterable[Event]:
        """Say what one object means."""
        if not self._session and record.get("sessionID"):
            self._session = str(record["sessionID"])
            yield Event(EventKind.INIT, "opencode", {"session": self._session})
        part = record.get("part") or {}
        match record.get("type"):
            case "text":
                yield from text(part.get("text"))
            case "tool_use":
                yield from _tool(part)
            case "step_finish":
                yield from _step(part)
            case "error":
                reason = _words(record.get("error"))
                yield limit_error(reason) or Event(EventKind.ERROR, reason)
                yield result(is_ok=False, reason=reason)

    def complaint(self, line: str) -> Event | None:
        """Say that a permission was refused: it is told here only, and by the tool's error."""
        if "auto-rejecting" in line:
            return Event(EventKind.ERROR, line)
        return limit_error(line)


def _tool(part: dict[str, Any]) -> Iterable[Event]:
    state = part.get("state") or {}
    yield tool(part.get("tool"), state.get("input"))
    error = state.get("error")
    is_denied = isinstance(error, str) and any(words in error for words in _REFUSED)
    name = f"{part.get('tool')}: {said(state.get('input'))}" if is_denied else ""
    output = error if error is not None else state.get("output")
    yield tool_result(output, is_error=error is not None, is_denied=is_denied, name=name)


def _step(part: dict[str, Any]) -> Iterable[Event]:
    tokens = part.get("tokens") or {}
    cache, reason = tokens.get("cache") or {}, part.get("reason")
    cached = cache.get("read") or 0
    yield Event(
        EventKind.USAGE,
        "",
        {
            "input_tokens": (tokens.get("input") or 0) + cached + (cache.get("write") or 0),
            "cached_tokens": cached,
            "output_tokens": (tokens.get("output") or 0) + (tokens.get("reasoning") or 0),
            "cost_usd": part.get("cost"),
            "id": part.get("id"),
            "goes_on": reason == "tool-calls",
        },
    )
    if reason == "tool-calls":
        return  # should no step follow, it ended in the middle: no result
    is_ok = reason == "stop"
    yield result(is_ok=is_ok, reason="" if is_ok else f"its last step ended with {reason!r}")


def _words(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    data = error.get("data") or {}
    status = f"{data['statusCode']} " if data.get("statusCode") else ""
    return f"{status}{data.get('message') or error.get('name') or 'it failed'}"
