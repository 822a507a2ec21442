"""Claude Code: ``claude -p``, with its own allow-lists, and a person's leave over its control protocol.

Settings and servers of the user and of the repository have no say (``--setting-sources ""``, ``--strict-mcp-config``).
The brief is read from standard input, so it can be no option. Where a person is asked, it is spoken with in JSON lines.
"""

import json

from company.work.permissions import Permissions
from daemon.runners.program import Order, ProgramRunner
from daemon.runners.protocol import RunTask
from daemon.runners.streams.claude import ClaudeStream

EDITS = ("Edit", "NotebookEdit", "Write")
NETWORK = ("WebFetch", "WebSearch")


class ClaudeRunner(ProgramRunner):
    """Claude Code."""

    name = "claude"
    title = "Claude Code"
    package = "@anthropic-ai/claude-code"
    tested = ("2.1.197",)
    logins = (".claude/.credentials.json", ".claude.json")

    def translator(self) -> ClaudeStream:
        """Return who understands it."""
        return ClaudeStream()

    def order(self, task: RunTask) -> Order:
        """Say how it is started."""
        permissions, model = task.agent.permissions, self.model_of(task)
        argv = [
            self.settings.program, "-p", "--output-format", "stream-json", "--verbose",
            "--setting-sources", "", "--strict-mcp-config", "--max-turns", str(self._config.runners.turns_max),
        ]  # fmt: skip
        if permissions.edit:
            argv += ["--permission-mode", "acceptEdits"]
        if permissions.asks:
            argv += ["--permission-prompt-tool", "stdio", "--input-format", "stream-json"]
        if model:
            argv += ["--model", model]
        if task.budget_usd is not None and not self.settings.base_url:
            argv += ["--max-budget-usd", f"{task.budget_usd:.4f}"]
        argv += _tools(permissions)
        return Order(argv=tuple(argv), environment=self._environment(task), opening=_opening(task))

    def _environment(self, task: RunTask) -> dict[str, str]:
        environment = {
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": str(self._config.runners.retries_max),
            "CLAUDE_CODE_SUBPROCESS_ENV_SCRUB": "1",  # commands it runs do not find its key
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_TELEMETRY": "1",
        }
        if not self.settings.login:
            environment["CLAUDE_CONFIG_DIR"] = str(task.home)
        if self.settings.base_url:
            environment["ANTHROPIC_BASE_URL"] = self.settings.base_url
            environment["ANTHROPIC_API_KEY"] = self.credentials().get(self.settings.key, "none")
        return environment


def _tools(permissions: Permissions) -> list[str]:
    """Return what is allowed and what is not. The lists come last: they take every argument that follows."""
    denied = [*(() if permissions.edit else EDITS), *(() if permissions.network else NETWORK)]
    if permissions.runs_anything:
        allowed = ["Bash"]
    else:
        allowed = [f"Bash({command})" for command in permissions.commands]
        denied += ["Bash"] if permissions.runs_nothing else []
    allowed += NETWORK if permissions.network else ()
    return [
        *(("--allowedTools", ",".join(allowed)) if allowed else ()),
        *(("--disallowedTools", ",".join(denied)) if denied else ()),
    ]


def _opening(task: RunTask) -> str | None:
    """Return the brief as the first message of a conversation, where a person may be asked."""
    if not task.agent.permissions.asks:
        return None
    return json.dumps(
        {"type": "user", "message": {"role": "user", "content": task.brief}}, ensure_ascii=False
    )
