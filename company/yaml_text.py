"""The one place that reads YAML: plain data with the line of every value, and nothing that it could do.

PyYAML is used for its events only; no constructor, resolver or tag of its is ever reached. Refused, each with
its line: tags, anchors and aliases (the bombs are made of them), duplicate keys, keys that are not text, a
second document, deep nesting, control characters, anything above ``max_bytes``.

Scalars are read by YAML 1.2's core schema, not 1.1's: ``no``, ``on``, ``9:00`` and ``2026-11-25`` are text,
as they are meant. Integers that would not be written back as they stand (``007``, ``1_000``, ``+5``, twenty
digits) are text too, so that nothing is changed by being read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

#: libyaml where the wheel carries it: config.yaml in 3 ms instead of 40
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}

NUMBER_MAX = 40  # characters; what is longer is text

KeyPath = tuple[str | int, ...]


class YamlError(Exception):
    """The text cannot be taken as plain data. ``line`` is 1-based; None when no line is to blame."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        self.reason, self.line = reason, line
        super().__init__(f"line {line}: {reason}" if line else reason)


@dataclass(frozen=True)
class YamlDocument:
    """What the text says: dicts, lists, text, numbers, booleans and None; and where it says it."""

    data: Any
    lines: dict[KeyPath, int]  #: path -> 1-based line; of the key, where the value has one

    def line_of(self, path: KeyPath) -> int | None:
        """Return the line of ``path``, or of the nearest thing around it that the document has."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None


def load_yaml(
    text: str, *, name: str, max_bytes: int = 1 << 20, max_depth: int = 20, first_line: int = 1
) -> YamlDocument:
    """Read one document. ``first_line`` is the line of a larger file on which ``text`` starts.

    Raises YamlError, whose reason begins with ``name`` where no line is to blame.
    """
    if len(text) > max_bytes or len(text.encode(errors="replace")) > max_bytes:
        raise YamlError(f"{name} is larger than {max_bytes} bytes")
    text = text.removeprefix("\ufeff")
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        line = first_line + text.count("\n", 0, forbidden.start())
        raise YamlError(f"a character that is not text (U+{ord(forbidden.group()):04X})", line)
    builder = _Builder(first_line, max_depth)
    try:
        builder.read(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        raise YamlError(*_explained(error, first_line)) from error
    except yaml.YAMLError as error:
        raise YamlError(f"{name} is not YAML: {str(error).splitlines()[0]}", first_line) from error
    return YamlDocument(builder.data, builder.lines)


def _explained(error: yaml.MarkedYAMLError, first_line: int) -> tuple[str, int | None]:
    mark = error.problem_mark or error.context_mark
    words = ", ".join(part for part in (error.problem, error.context) if part)
    if words.startswith("found character '\\t'") or words.startswith("found a tab"):
        words = "a tab: YAML is indented by spaces"
    return f"not YAML: {words}", None if mark is None else first_line + mark.line


_PLAIN = re.compile(r"[A-Za-z0-9_./](?:[A-Za-z0-9_./@+ -]*[A-Za-z0-9_./@+-])?")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"} | {
    character: f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029\ufeff"
}


def write_scalar(text: str) -> str:
    """Write ``text`` so that it is read back as the same text, in quotes only where it needs them."""
    if _PLAIN.fullmatch(text) and _scalar(text) == text and text not in {"---", "..."}:
        return text
    return f'"{"".join(_ESCAPES.get(character, character) for character in text)}"'


class _Builder:
    """Makes data of events, one pass. Recursion is bounded by ``max_depth``."""

    def __init__(self, first_line: int, max_depth: int) -> None:
        self._first_line, self._max_depth = first_line, max_depth
        self.data: Any = None
        self.lines: dict[KeyPath, int] = {}

    def read(self, events: Iterator[Any]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlError("a second document: '---' may stand only once", self._line(event))
            elif isinstance(event, yaml.NodeEvent):
                self.lines[()] = self._line(event)
                self.data = self._node(event, events, ())

    def _line(self, event: Any) -> int:
        return self._first_line + int(event.start_mark.line)

    def _node(self, event: Any, events: Iterator[Any], path: KeyPath) -> Any:
        self._refuse_what_is_more_than_data(event, path)
        if isinstance(event, yaml.ScalarEvent):
            # An escape can write what the text itself may not hold: "\0", half a surrogate pair.
            escaped = _FORBIDDEN.search(event.value)
            if escaped:
                raise YamlError(f"an escape for U+{ord(escaped.group()):04X}", self._line(event))
            return _scalar(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return self._mapping(events, path)

    def _refuse_what_is_more_than_data(self, event: Any, path: KeyPath) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise YamlError(f"an alias (*{event.anchor}): write the value again", self._line(event))
        if event.anchor is not None:
            raise YamlError(f"an anchor (&{event.anchor}): anchors are not used here", self._line(event))
        if event.tag is not None:
            raise YamlError(f"a tag ({event.tag}): only plain values are read", self._line(event))
        if len(path) >= self._max_depth:
            raise YamlError(f"nested deeper than {self._max_depth} levels", self._line(event))

    def _sequence(self, events: Iterator[Any], path: KeyPath) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            here = (*path, len(items))
            self.lines[here] = self._line(event)
            items.append(self._node(event, events, here))
        return items

    def _mapping(self, events: Iterator[Any], path: KeyPath) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlError("a key that is not text", self._line(event))
            self._refuse_what_is_more_than_data(event, path)
            key, here = event.value, (*path, event.value)
            if key in entries:
                raise YamlError(
                    f"{key}: a second time (the first is on line {self.lines[here]})", self._line(event)
                )
            self.lines[here] = self._line(event)
            entries[key] = self._node(next(events), events, here)
        return entries


def _scalar(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= NUMBER_MAX and any(mark in text for mark in ".eE") and _FLOAT.fullmatch(text):
        return float(text)
    return text
