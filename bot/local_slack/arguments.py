"""The arguments of a Web API call, in the three encodings that Slack's clients use: JSON, form, query."""

import json
from typing import Any

from aiohttp import web

from .refused import Refused


async def arguments_of(request: web.Request) -> dict[str, Any]:
    """Merge query and body; what is text but holds an object or array is parsed, as Slack does with ``blocks``.

    Raises:
        Refused: ``invalid_json``, ``invalid_form_data`` or ``invalid_post_type``.
    """
    merged: dict[str, Any] = dict(request.query)
    if request.method == "POST" and request.can_read_body:
        merged.update(await _body(request))
    return {name: _parsed(value) for name, value in merged.items() if value is not None}


async def _body(request: web.Request) -> dict[str, Any]:
    kind = request.content_type
    if kind == "application/json":
        try:
            said = json.loads(await request.text() or "{}")
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(said, dict):
            raise Refused("json_not_object")
        return said
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        try:
            return dict(await request.post())
        except ValueError:
            raise Refused("invalid_form_data") from None
    if not await request.read() or kind in ("text/plain", "application/octet-stream"):
        return {}
    raise Refused("invalid_post_type")


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[" and value[-1:] in "}]":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def flag(arguments: dict[str, Any], name: str) -> bool:
    """Read a truth: clients say ``True``, ``1``, ``"1"`` and ``"true"``."""
    return str(arguments.get(name, "")).lower() in ("1", "true")


def number(arguments: dict[str, Any], name: str, default: int, most: int) -> int:
    """Read a count between 1 and ``most``.

    Raises:
        Refused: ``invalid_limit``.
    """
    try:
        given = int(arguments.get(name) or default)
    except (TypeError, ValueError):
        raise Refused("invalid_limit") from None
    return max(1, min(given, most))


def required(arguments: dict[str, Any], name: str, error: str = "invalid_arguments") -> str:
    """Read a text that must be there.

    Raises:
        Refused: the error given; Slack's plain ``invalid_arguments`` names the field in its metadata.
    """
    value = arguments.get(name)
    if value is None or value == "":
        if error == "invalid_arguments":
            missing = f"[ERROR] missing required field: {name}"
            raise Refused(error, response_metadata={"messages": [missing]})
        raise Refused(error)
    return str(value)
