"""How a row becomes a record: by the columns' names, JSON read, statuses as their own words."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from company.errors import NotFound

Record = TypeVar("Record")


def record_from(kind: type[Record], row: Mapping[str, Any], /, **converted: Any) -> Record:
    """Make a record of ``row``, with ``converted`` in place of what is stored otherwise than it is used.

    The record's fields are exactly the table's columns (a test compares them).
    """
    return kind(**{**row, **converted})


def found(row: Mapping[str, Any] | None, table: str, key: str) -> Mapping[str, Any]:
    """Return ``row``; raises NotFound when there is none."""
    if row is None:
        raise NotFound(table, key)
    return row


def strings(text: str | None) -> tuple[str, ...]:
    """Read a JSON list of strings; NULL is empty."""
    return tuple(json.loads(text)) if text else ()


def mappings(text: str | None) -> tuple[Mapping[str, Any], ...]:
    """Read a JSON list of objects; NULL is empty."""
    return tuple(json.loads(text)) if text else ()


def facts(text: str | None) -> dict[str, Any]:
    """Read a JSON object; NULL is empty."""
    read: dict[str, Any] = json.loads(text) if text else {}
    return read
