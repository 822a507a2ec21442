"""A program's lines as events: what all of them share who write one JSON object a line."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

from daemon.processes.record import Stream
from daemon.runners.protocol import Decision, Event, EventKind

SHOWN_MAX = 2_000  # characters of a tool's input or output that are told
_CUT = " [cut: "  # how the service marks a line that was too long to be kept


class Translator(Protocol):
    """Knows one program's language. One a run: it may remember what came before."""

    def events(self, record: dict[str, Any]) -> Iterable[Event]:
        """Say what one line of it means; nothing, for what tells nothing."""
        ...

    def complaint(self, line: str) -> Event | None:
        """Say what a line of standard error means; None: it is words."""
        ...

    def answer(self, asked: Event, decision: Decision) -> str:
        """Write the answer to a tool that waits for leave, as the program reads it."""
        ...


class Silent:
    """Base of the translators of programs that ask for nothing."""

    def answer(self, asked: Event, decision: Decision) -> str:
        """Never called: no event of theirs waits for leave."""
        raise NotImplementedError


def translated(translator: Translator, stream: str, line: str) -> list[Event]:
    """Return what a line tells. A line that is no JSON object, or only a part of one, is text."""
    if stream == Stream.STDERR:
        found = translator.complaint(line) or Event(EventKind.TEXT, line)
        return [replace(found, data={**found.data, "stream": stream})]
    if stream != Stream.STDOUT:
        return [Event(EventKind.TEXT, line, {"stream": stream})]
    record = _object_in(line)
    if record is None:
        return [Event(EventKind.TEXT, _shown(line), {"stream": stream})] if line.strip() else []
    try:
        return list(translator.events(record))
    except (KeyError, TypeError, ValueError, AttributeError):
        # A version that says it otherwise: the run goes on, and its end is judged by what is understood.
        return [Event(EventKind.TEXT, _shown(line), {"stream": stream})]


def _object_in(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        found, end = json.JSONDecoder().raw_decode(line)
    except (ValueError, RecursionError):
        return None
    rest = line[end:]
    return found if isinstance(found, dict) and (not rest.strip() or rest.startswith(_CUT)) else None


def text(words: Any) -> list[Event]:
    """Return words as an event; nothing for none."""
    return [Event(EventKind.TEXT, words)] if isinstance(words, str) and words.strip() else []


def tool(name: Any, given: Any, **more: Any) -> Event:
    """Return that a tool is used: with the command, the file or whatever it is given."""
    name = str(name)
    return Event(EventKind.TOOL, _shown(f"{name}: {said(given)}"), {"name": name, "input": given, **more})


def tool_result(output: Any, *, is_error: bool = False, is_denied: bool = False, name: str = "") -> Event:
    """Return what a tool gave."""
    data = {"is_error": is_error, "is_denied": is_denied, **({"name": name} if name else {})}
    return Event(EventKind.TOOL_RESULT, _shown(said(output)), data)


def result(*, is_ok: bool, reason: str = "", **more: Any) -> Event:
    """Return a program's last word."""
    return Event(EventKind.RESULT, reason or "done", {"is_ok": is_ok, "reason": reason, **more})


def said(value: Any) -> str:
    """Write a tool's input or output for people: the one thing that matters of it, else all of it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        for name in ("command", "cmd", "file_path", "filePath", "path", "pattern", "query", "url", "text"):
            if isinstance(value.get(name), str):
                return str(value[name])
    if isinstance(value, list) and value and all(isinstance(one, dict) and "text" in one for one in value):
        return "\n".join(str(one["text"]) for one in value)
    return json.dumps(value, ensure_ascii=False, default=str) if value not in (None, "", {}, []) else ""


def _shown(words: str) -> str:
    return words if len(words) <= SHOWN_MAX else f"{words[:SHOWN_MAX]} [… {len(words)} characters]"
