"""How a JSON value is held against a shape, and what Slack says where it does not fit. PURE.

A shape is a function that adds problems to a list. The words are Slack's, as its answers show them:
``must be less than 3001 characters [json-pointer:/blocks/0/text/text]``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: a shape looks at a value, says where it stands, and adds to the problems
Shape = Callable[[Any, str, "list[Problem]"], None]


@dataclass(frozen=True)
class Problem:
    """One fault: what Slack says, where, and the rule it breaks (as ``blocks.validate`` shows it)."""

    message: str
    pointer: str
    constraint: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """Give the form of ``errors`` in the answer of a call."""
        return f"{self.message} [json-pointer:{self.pointer}]"

    def shown(self) -> dict[str, Any]:
        """Give the form of ``errors`` in the answer of ``blocks.validate``."""
        return {
            "code": "failed_constraint",
            "message": self.message,
            "pointer": self.pointer,
            "constraint": self.constraint,
        }


def anything(_value: Any, _at: str, _problems: list[Problem]) -> None:
    """Let every value through."""


def string(most: int, least: int = 1) -> Shape:
    """Want text of ``least`` to ``most`` characters."""

    def look(value: Any, at: str, problems: list[Problem]) -> None:
        if not isinstance(value, str):
            problems.append(Problem("must be a string", at, {"type": "type", "expected": "string"}))
        elif len(value) > most:
            rule = {"type": "max_length", "expected": most}
            problems.append(Problem(f"must be less than {most + 1} characters", at, rule))
        elif len(value) < least:
            rule = {"type": "min_length", "expected": least}
            problems.append(Problem(f"must be more than {least - 1} characters", at, rule))

    return look


def truth(value: Any, at: str, problems: list[Problem]) -> None:
    """Want true or false."""
    if not isinstance(value, bool):
        problems.append(Problem("must be a boolean", at, {"type": "type", "expected": "boolean"}))


def among(*allowed: Any) -> Shape:
    """Want one of these values."""

    def look(value: Any, at: str, problems: list[Problem]) -> None:
        if value not in allowed:
            rule: dict[str, Any] = {"type": "enum", "expected": list(allowed)}
            problems.append(Problem(f"must be one of {', '.join(map(str, allowed))}", at, rule))

    return look


def many(of: Shape, most: int, least: int = 1) -> Shape:
    """Want a list of ``least`` to ``most`` values of a shape."""

    def look(value: Any, at: str, problems: list[Problem]) -> None:
        if not isinstance(value, list):
            problems.append(Problem("must be an array", at, {"type": "type", "expected": "array"}))
            return
        if len(value) > most:
            rule = {"type": "max_items", "expected": most}
            problems.append(Problem(f"no more than {most} items allowed", at, rule))
        elif len(value) < least:
            rule = {"type": "min_items", "expected": least}
            problems.append(Problem(f"no fewer than {least} items allowed", at, rule))
        for number, item in enumerate(value):
            of(item, f"{at}/{number}", problems)

    return look


def thing(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """Want an object with these fields, and no others."""
    known = {**required, **(optional or {})}

    def look(value: Any, at: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append(Problem("must be an object", at, {"type": "type", "expected": "object"}))
            return
        for name in required:
            if value.get(name) is None:
                rule: dict[str, Any] = {"type": "required", "expected": name}
                problems.append(Problem(f"missing required field: {name}", at, rule))
        for name, inner in value.items():
            if name not in known:
                rule = {"type": "additional_property", "expected": sorted(known)}
                problems.append(Problem(f"invalid additional property: {name}", at, rule))
            elif inner is not None:
                known[name](inner, f"{at}/{name}", problems)

    return look


def text(most: int, *kinds: str, least: int = 1) -> Shape:
    """Want a text object of one of these kinds; without a kind both are allowed."""
    allowed = kinds or ("plain_text", "mrkdwn")
    shape = thing({"type": anything, "text": string(most, least)}, {"emoji": truth, "verbatim": truth})

    def look(value: Any, at: str, problems: list[Problem]) -> None:
        if isinstance(value, dict) and value.get("type") not in allowed:
            problems.append(_unsupported(value.get("type"), at, allowed))
        shape(value, at, problems)

    return look


def by_type(shapes: Mapping[str, Shape]) -> Shape:
    """Want an object whose ``type`` chooses its shape."""

    def look(value: Any, at: str, problems: list[Problem]) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in shapes:
            problems.append(_unsupported(kind, at, tuple(shapes)))
        else:
            shapes[kind](value, at, problems)

    return look


def _unsupported(kind: Any, at: str, allowed: tuple[str, ...]) -> Problem:
    return Problem(f"unsupported type: {kind}", f"{at}/type", {"type": "enum", "expected": list(allowed)})


PLAIN: Final = "plain_text"
