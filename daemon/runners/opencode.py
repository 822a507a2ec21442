"""opencode: ``opencode run``, with its permission rules. Its own providers, or any OpenAI-compatible server.

Its configuration is given inline, which wins over every file; a repository's is not read (it could name plug-ins and
servers, which are programs). It has no sandbox: what a command may reach is not its to say.
"""

import json
from typing import Any

from company.work.permissions import Permissions
from daemon.runners.program import Order, ProgramRunner
from daemon.runners.protocol import RunTask
from daemon.runners.streams.opencode import OpencodeStream

SWITCHES = (
    "OPENCODE_DISABLE_AUTOUPDATE", "OPENCODE_DISABLE_LSP_DOWNLOAD", "OPENCODE_DISABLE_MODELS_FETCH",
    "OPENCODE_DISABLE_PROJECT_CONFIG", "OPENCODE_DISABLE_SHARE", "OPENCODE_DISABLE_EXTERNAL_SKILLS",
)  # fmt: skip


class OpencodeRunner(ProgramRunner):
    """opencode."""

    name = "opencode"
    title = "opencode"
    package = "opencode-ai"
    tested = ("1.18.33",)
    logins = (".local/share/opencode/auth.json",)

    def translator(self) -> OpencodeStream:
        """Return who understands it."""
        return OpencodeStream()

    def cannot_keep(self, permissions: Permissions) -> str:
        """It asks nobody: unattended, it answers for the person."""
        return "opencode cannot ask a person about a command" if permissions.asks else ""

    def order(self, task: RunTask) -> Order:
        """Say how it is started."""
        model = self.model_of(task)
        argv = [self.settings.program, "run", "--pure", "--format", "json", "--title", task.key]
        if model:
            argv += ["--model", f"local/{model}" if self.settings.base_url else model]
        environment = {
            **dict.fromkeys(SWITCHES, "1"),
            "OPENCODE_CONFIG_CONTENT": json.dumps(self._configuration(task, model), ensure_ascii=False),
        }
        if not self.settings.login:
            folders = {"CACHE": "cache", "CONFIG": "config", "DATA": "data", "STATE": "state"}
            environment |= {f"XDG_{name}_HOME": str(task.home / place) for name, place in folders.items()}
        return Order(argv=tuple(argv), environment=environment)

    def _configuration(self, task: RunTask, model: str) -> dict[str, Any]:
        configuration: dict[str, Any] = {
            "autoupdate": False,
            "share": "disabled",
            "permission": _rules(task.agent.permissions),
        }
        if self.settings.base_url:
            key = f"{{env:{self.settings.key}}}" if self.settings.key else "none"
            price = self._config.models.get(task.model)
            cost = (
                {"input": price.input_usd_per_million, "output": price.output_usd_per_million}
                if price
                else {}
            )
            configuration["small_model"] = f"local/{model}"
            configuration["provider"] = {
                "local": {
                    "npm": "@ai-sdk/openai-compatible",
                    "name": "local",
                    "options": {"baseURL": self.settings.base_url, "apiKey": key},
                    "models": {model: {"cost": cost} if cost else {}},
                }
            }
        return configuration


def _rules(permissions: Permissions) -> dict[str, Any]:
    def word(is_allowed: bool) -> str:
        return "allow" if is_allowed else "deny"

    if permissions.runs_anything:
        commands: Any = "allow"
    else:
        commands = {"*": "deny", **dict.fromkeys(permissions.commands, "allow")}
    return {
        "edit": word(permissions.edit),
        "bash": commands,
        "webfetch": word(permissions.network),
        "websearch": word(permissions.network),
        "external_directory": "deny",
    }
