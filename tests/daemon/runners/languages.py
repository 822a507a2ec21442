"""The languages of coding-agent programs, as their doubles speak them: after what the real ones said (captured/)."""

import json
from typing import Any

USAGE = {"input": 2000, "output": 100}


class Language:
    """One line an event. ``ends_with`` is the exit code of a run that failed."""

    ends_with = 1

    def init(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    def words(self, text: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def tool(self, command: str) -> list[dict[str, Any]]:
        """A command is run; the model will be asked again."""
        raise NotImplementedError

    def retry(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    def result(self, reason: str = "") -> list[dict[str, Any]]:
        raise NotImplementedError


class Claude(Language):
    def __init__(self) -> None:
        self._messages = 0

    def init(self) -> list[dict[str, Any]]:
        return [
            {
                "type": "system",
                "subtype": "init",
                "model": "m",
                "session_id": "s",
                "claude_code_version": "2.1.197",
            }
        ]

    def words(self, text: str) -> list[dict[str, Any]]:
        return [self._message({"type": "text", "text": text})]

    def tool(self, command: str) -> list[dict[str, Any]]:
        self._messages += 1
        result = {"type": "tool_result", "tool_use_id": "t", "content": "ok", "is_error": False}
        return [
            self._message({"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": command}}),
            {"type": "user", "message": {"role": "user", "content": [result]}},
        ]

    def _message(self, part: dict[str, Any]) -> dict[str, Any]:
        usage = {"input_tokens": USAGE["input"], "output_tokens": USAGE["output"]}
        message = {"id": f"msg-{self._messages}", "model": "m", "content": [part], "usage": usage}
        return {"type": "assistant", "message": message}

    def retry(self) -> list[dict[str, Any]]:
        facts = {
            "attempt": 1,
            "max_retries": 10,
            "retry_delay_ms": 10,
            "error_status": 529,
            "error": "overloaded",
        }
        return [{"type": "system", "subtype": "api_retry", **facts}]

    def result(self, reason: str = "") -> list[dict[str, Any]]:
        facts = {
            "is_error": bool(reason),
            "result": reason or "done",
            "permission_denials": [],
            "num_turns": 1,
        }
        return [{"type": "result", "subtype": "success", "modelUsage": {}, "usage": {}, **facts}]


class Codex(Language):
    def init(self) -> list[dict[str, Any]]:
        return [{"type": "thread.started", "thread_id": "s"}, {"type": "turn.started"}]

    def words(self, text: str) -> list[dict[str, Any]]:
        return [{"type": "item.completed", "item": {"id": "i", "type": "agent_message", "text": text}}]

    def tool(self, command: str) -> list[dict[str, Any]]:
        item = {"id": "i", "type": "command_execution", "command": command, "aggregated_output": "ok"}
        return [
            {"type": "item.started", "item": {**item, "exit_code": None, "status": "in_progress"}},
            {"type": "item.completed", "item": {**item, "exit_code": 0, "status": "completed"}},
        ]

    def retry(self) -> list[dict[str, Any]]:
        return [{"type": "error", "message": "Reconnecting... 1/99 (unexpected status 529)"}]

    def result(self, reason: str = "") -> list[dict[str, Any]]:
        if reason:
            return [{"type": "turn.failed", "error": {"message": reason}}]
        usage = {"input_tokens": USAGE["input"], "cached_input_tokens": 0, "output_tokens": USAGE["output"]}
        return [{"type": "turn.completed", "usage": usage}]


class Opencode(Language):
    def __init__(self) -> None:
        self._steps = 0

    def init(self) -> list[dict[str, Any]]:
        return [self._line("step_start", {})]

    def words(self, text: str) -> list[dict[str, Any]]:
        return [self._line("text", {"text": text})]

    def tool(self, command: str) -> list[dict[str, Any]]:
        state = {"status": "completed", "input": {"command": command}, "output": "ok"}
        return [self._line("tool_use", {"tool": "bash", "state": state}), self._step("tool-calls")]

    def retry(self) -> list[dict[str, Any]]:
        return []  # it tells of none

    def result(self, reason: str = "") -> list[dict[str, Any]]:
        if reason:
            return [{"type": "error", "sessionID": "s", "error": {"name": "E", "data": {"message": reason}}}]
        return [self._step("stop")]

    def _step(self, reason: str) -> dict[str, Any]:
        self._steps += 1
        tokens = {**USAGE, "reasoning": 0, "cache": {"read": 0, "write": 0}}
        return self._line(
            "step_finish", {"id": f"p{self._steps}", "reason": reason, "tokens": tokens, "cost": 0.0075}
        )

    def _line(self, kind: str, part: dict[str, Any]) -> dict[str, Any]:
        return {"type": kind, "sessionID": "s", "part": part}


class Gemini(Language):
    ends_with = 1

    def init(self) -> list[dict[str, Any]]:
        return [{"type": "init", "session_id": "s", "model": "m"}]

    def words(self, text: str) -> list[dict[str, Any]]:
        return [{"type": "message", "role": "assistant", "content": f"{text}\n", "delta": True}]

    def tool(self, command: str) -> list[dict[str, Any]]:
        return [
            {
                "type": "tool_use",
                "tool_name": "run_shell_command",
                "tool_id": "t",
                "parameters": {"command": command},
            },
            {"type": "tool_result", "tool_id": "t", "status": "success", "output": "ok"},
        ]

    def retry(self) -> list[dict[str, Any]]:
        return []  # told on standard error

    def result(self, reason: str = "") -> list[dict[str, Any]]:
        error = {"error": {"type": "unknown", "message": reason}} if reason else {}
        stats = {
            "input_tokens": USAGE["input"],
            "output_tokens": USAGE["output"],
            "cached": 0,
            "models": {"m": {}},
        }
        return [{"type": "result", "status": "error" if reason else "success", **error, "stats": stats}]


class Pi(Language):
    ends_with = 0  # whatever happened

    def init(self) -> list[dict[str, Any]]:
        return [{"type": "session", "version": 3, "id": "s"}, {"type": "agent_start"}]

    def words(self, text: str) -> list[dict[str, Any]]:
        return [
            {"type": "message_update", "message": {"content": "half of the words"}},
            self._message([{"type": "text", "text": text}], "stop"),
        ]

    def tool(self, command: str) -> list[dict[str, Any]]:
        return [
            self._message(
                [{"type": "toolCall", "name": "bash", "arguments": {"command": command}}], "toolUse"
            ),
            {"type": "tool_execution_start", "toolName": "bash", "args": {"command": command}},
            {
                "type": "tool_execution_end",
                "toolName": "bash",
                "result": {"content": [{"type": "text", "text": "ok"}]},
                "isError": False,
            },
        ]

    def retry(self) -> list[dict[str, Any]]:
        facts = {"attempt": 1, "maxAttempts": 3, "delayMs": 10, "errorMessage": "529 overloaded"}
        return [{"type": "auto_retry_start", **facts}]

    def result(self, reason: str = "") -> list[dict[str, Any]]:
        stop = "error" if reason else "stop"
        return [self._message([], stop, reason), {"type": "agent_end", "messages": ["all of them again"]}]

    def _message(self, content: list[Any], stop: str, error: str = "") -> dict[str, Any]:
        usage = {**USAGE, "cacheRead": 0, "cacheWrite": 0, "cost": {"total": 0.0075}}
        message = {"role": "assistant", "content": content, "model": "m", "usage": usage, "stopReason": stop}
        return {"type": "message_end", "message": {**message, **({"errorMessage": error} if error else {})}}


LANGUAGES = {"claude": Claude, "codex": Codex, "opencode": Opencode, "gemini": Gemini, "pi": Pi}


def line_of(record: dict[str, Any]) -> str:
    """Write it as the programs do: without spaces."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
