"""Gemini CLI, unattended: ``--approval-mode yolo`` with the tools that configuration leaves it.

Its settings stand in a folder of the run's own, and once more as the machine's settings, which win over a repository's.
It has no sandbox here: what a command may reach is not its to say.
"""

import json
from typing import Any

from company.work.permissions import Permissions
from daemon.runners.program import Order, ProgramRunner
from daemon.runners.protocol import RunTask
from daemon.runners.streams.gemini import GeminiStream

READS = ("list_directory", "read_file", "read_many_files", "glob", "search_file_content", "grep_search")
EDITS = ("replace", "write_file")
NETWORK = ("web_fetch", "google_web_search")
SHELL = "run_shell_command"


class GeminiRunner(ProgramRunner):
    """Gemini CLI."""

    name = "gemini"
    title = "Gemini CLI"
    package = "@google/gemini-cli"
    tested = ("0.61.0",)
    logins = (".gemini/oauth_creds.json",)

    def translator(self) -> GeminiStream:
        """Return who understands it."""
        return GeminiStream()

    def cannot_keep(self, permissions: Permissions) -> str:
        """It knows beginnings of commands, and asks nobody."""
        return "gemini cannot ask a person about a command" if permissions.asks else ""

    def order(self, task: RunTask) -> Order:
        """Say how it is started."""
        model = self.model_of(task)
        argv = [
            self.settings.program,
            "--output-format",
            "stream-json",
            "--approval-mode",
            "yolo",
            "--skip-trust",
        ]
        if model:
            argv += ["--model", model]
        environment: dict[str, str] = {}
        files: dict[str, str] = {}
        if not self.settings.login:
            environment["GEMINI_CLI_HOME"] = str(task.home)
        settings = json.dumps(self._configuration(task), indent=1)
        files = {".gemini/settings.json": settings, "system-settings.json": settings}
        environment["GEMINI_CLI_SYSTEM_SETTINGS_PATH"] = str(task.home / "system-settings.json")
        if self.settings.base_url:
            environment["GOOGLE_GEMINI_BASE_URL"] = self.settings.base_url
            environment["GEMINI_API_KEY"] = self.credentials().get(self.settings.key, "none")
        return Order(argv=tuple(argv), environment=environment, files=files)

    def _configuration(self, task: RunTask) -> dict[str, Any]:
        return {
            "security": {
                "auth": {"selectedType": "oauth-personal" if self.settings.login else "gemini-api-key"},
            },
            "privacy": {"usageStatisticsEnabled": False},
            "telemetry": {"enabled": False},
            "general": {
                "enableAutoUpdate": False,
                "maxAttempts": self._config.runners.retries_max + 1,
            },
            "model": {"maxSessionTurns": self._config.runners.turns_max},
            "mcp": {"allowed": []},
            "hooksConfig": {"enabled": False},
            "tools": {"core": _tools(task.agent.permissions)},
        }


def _tools(permissions: Permissions) -> list[str]:
    if permissions.runs_anything:
        commands = [SHELL]
    else:
        commands = [f"{SHELL}({command.removesuffix('*').rstrip()})" for command in permissions.commands]
    return [
        *READS,
        *(EDITS if permissions.edit else ()),
        *(NETWORK if permissions.network else ()),
        *commands,
    ]
