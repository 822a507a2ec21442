"""Claude Code's ``--output-format stream-json``, as versions 2.1 write it."""

import json
from collections.abc import Iterable
from typing import Any

from daemon.runners.protocol import Decision, Event, EventKind
from daemon.runners.stream import result, text, tool, tool_result
from daemon.runners.usage_limits import limit_error

_NO_MODEL = "<synthetic>"  # words of the program's own, under the name of a model


class ClaudeStream:
    """Remembers which tool a result belongs to."""

    def __init__(self) -> None:
        self._model = ""

    def events(self, record: dict[str, Any]) -> Iterable[Event]:
        """Say what one object means."""
        match record.get("type"), record.get("subtype"):
            case "system", "init":
                self._model = record.get("model", "")
                yield Event(
                    EventKind.INIT,
                    f"Claude Code {record.get('claude_code_version', '')}, model {self._model}",
                    {
                        "model": self._model,
                        "version": record.get("claude_code_version", ""),
                        "session": record.get("session_id", ""),
                    },
                )
            case "system", "api_retry":
                yield _retry(record)
            case "assistant", _:
                yield from self._message(record["message"])
            case "user", _:
                yield from _results(record["message"].get("content"))
            case "control_request", _:
                yield from _request(record)
            case "rate_limit_event", _:
                yield from _rate_limit(record.get("rate_limit_info") or {})
            case "result", _:
                yield from self._conclusion(record)

    def complaint(self, line: str) -> Event | None:
        """Nothing on standard error has a meaning of its own."""
        return limit_error(line)

    def answer(self, asked: Event, decision: Decision) -> str:
        """Write a ``control_response``."""
        if decision.is_allowed:
            response = {"behavior": "allow", "updatedInput": asked.data["input"]}
        else:
            response = {"behavior": "deny", "message": decision.reason or "a person said no"}
        body = {"subtype": "success", "request_id": asked.data["request_id"], "response": response}
        return json.dumps({"type": "control_response", "response": body}, ensure_ascii=False)

    def _message(self, message: dict[str, Any]) -> Iterable[Event]:
        goes_on = False
        for part in message.get("content") or ():
            if part.get("type") == "text":
                yield from text(part.get("text"))
            elif part.get("type") == "tool_use":
                goes_on = True
                yield tool(part.get("name"), part.get("input"))
        if message.get("model") != _NO_MODEL:
            yield Event(
                EventKind.USAGE,
                "",
                {
                    **_tokens(message.get("usage") or {}),
                    "model": message.get("model"),
                    "id": message.get("id"),
                    "goes_on": goes_on,
                },
            )

    def _conclusion(self, record: dict[str, Any]) -> Iterable[Event]:
        models = list(record.get("modelUsage") or ())
        yield Event(
            EventKind.USAGE,
            "",
            {
                **_totals(record),
                "model": models[0] if len(models) == 1 else self._model,
                "cost_usd": record.get("total_cost_usd"),
                "is_total": True,
            },
        )
        is_ok = record.get("subtype") == "success" and not record.get("is_error")
        reason = "" if is_ok else _why(record)
        if not is_ok and (limit := limit_error(reason)) is not None:
            yield limit
        is_over_budget = record.get("subtype") == "error_max_budget_usd"
        yield result(
            is_ok=is_ok,
            reason=reason,
            is_over_budget=is_over_budget,
            denials=[_denial(one) for one in _denied(record)],
        )


def _retry(record: dict[str, Any]) -> Event:
    status, error = record.get("error_status"), record.get("error", "")
    words = f"tries again ({record.get('attempt')} of {record.get('max_retries')}): {status or ''} {error}"
    return Event(EventKind.RETRY, words, {"delay_s": record.get("retry_delay_ms", 0) / 1000})


def _results(content: Any) -> Iterable[Event]:
    for part in content if isinstance(content, list) else ():
        if part.get("type") == "tool_result":
            yield tool_result(part.get("content"), is_error=bool(part.get("is_error")))


def _request(record: dict[str, Any]) -> Iterable[Event]:
    request = record["request"]
    if request.get("subtype") == "can_use_tool":
        yield tool(request["tool_name"], request.get("input"), request_id=record["request_id"])


def _rate_limit(info: dict[str, Any]) -> Iterable[Event]:
    if info.get("status") == "rejected":
        words = f"usage limit reached|{info.get('resetsAt', '')}"
        yield Event(EventKind.ERROR, words, {"usage_limit": words})


def _why(record: dict[str, Any]) -> str:
    subtype = str(record.get("subtype", ""))
    if subtype == "error_max_budget_usd":
        return "it reached its budget"
    if subtype == "error_max_turns":
        return f"it reached its limit of turns ({record.get('num_turns')})"
    words = record.get("result") or "; ".join(str(one) for one in record.get("errors") or ())
    return str(words) or subtype or "it says that it failed, and not why"


def _denied(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in record.get("permission_denials") or () if isinstance(one, dict)]


def _denial(one: dict[str, Any]) -> str:
    return tool(one.get("tool_name"), one.get("tool_input")).text


def _tokens(usage: dict[str, Any]) -> dict[str, int]:
    cached = usage.get("cache_read_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    return {
        "input_tokens": (usage.get("input_tokens") or 0) + cached + written,
        "cached_tokens": cached,
        "output_tokens": usage.get("output_tokens") or 0,
    }


def _totals(record: dict[str, Any]) -> dict[str, int]:
    """Sum over the models: ``usage`` leaves out what a run that was cut off had used."""
    models = [one for one in (record.get("modelUsage") or {}).values() if isinstance(one, dict)]
    if not models:
        return _tokens(record.get("usage") or {})
    cached = sum(one.get("cacheReadInputTokens", 0) for one in models)
    return {
        "input_tokens": cached
        + sum(one.get("inputTokens", 0) + one.get("cacheCreationInputTokens", 0) for one in models),
        "cached_tokens": cached,
        "output_tokens": sum(one.get("outputTokens", 0) for one in models),
    }
