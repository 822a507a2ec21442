"""What a database is made of, as plain facts that can be compared: the live one with what schema.sql makes."""

from collections.abc import Mapping
from typing import NamedTuple


class Part(NamedTuple):
    """One thing that schema.sql defines."""

    table: str  #: '' for what belongs to none: tables themselves, views, indexes, functions
    kind: str  #: 'table', 'column', 'rule' (CHECK, UNIQUE, keys), 'index', 'view', 'trigger', 'function'
    name: str  #: of a rule: its text

    def __str__(self) -> str:
        """Name it for people."""
        owner = f"table {self.table}: " if self.table else ""
        return f"{owner}{self.kind} {self.name}"


#: part -> its definition, without comments and needless spaces; '' for a rule, whose name says all
Shape = Mapping[Part, str]


def differences(expected: Shape, found: Shape) -> list[str]:
    """Name what differs, a line each; empty when nothing does. The parts of a missing table are not listed."""
    lines = [
        f"{part} is missing"
        for part in expected
        if part not in found and (not part.table or Part("", "table", part.table) in found)
    ]
    lines += [
        f"{part} is not in schema.sql"
        for part in found
        if part not in expected and (not part.table or Part("", "table", part.table) in expected)
    ]
    lines += [
        f"{part} is {_shown(found[part])}, schema.sql says {_shown(definition)}"
        for part, definition in expected.items()
        if part in found and found[part] != definition
    ]
    return sorted(lines)


def columns_by_table(shape: Shape) -> dict[str, frozenset[str]]:
    """Name the columns of each table."""
    tables: dict[str, set[str]] = {}
    for part in shape:
        if part.kind == "column":
            tables.setdefault(part.table, set()).add(part.name)
    return {table: frozenset(columns) for table, columns in tables.items()}


def _shown(definition: str) -> str:
    return f"({definition})" if len(definition) <= _SHOWN_MAX else f"({definition[:_SHOWN_MAX]}…)"


_SHOWN_MAX = 160  # characters: a line of an error, not a listing
