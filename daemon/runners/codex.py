"""Codex: ``codex exec``, in its own sandbox. It writes below its worktree only, and ``.git`` not even there.

The user's configuration has no say (``--ignore-user-config``), and a repository's is not trusted. Its sandbox knows
folders and the network, not commands.
"""

import json

from company.work.permissions import Permissions
from daemon.runners.program import Order, ProgramRunner
from daemon.runners.protocol import RunTask
from daemon.runners.streams.codex import CodexStream


class CodexRunner(ProgramRunner):
    """Codex."""

    name = "codex"
    title = "Codex"
    package = "@openai/codex"
    tested = ("0.169.0",)
    logins = (".codex/auth.json",)

    def translator(self) -> CodexStream:
        """Return who understands it."""
        return CodexStream()

    def cannot_keep(self, permissions: Permissions) -> str:
        """It cannot be held to a list of commands, and asks nobody."""
        return "" if permissions.runs_anything else "codex cannot be held to a list of commands"

    def order(self, task: RunTask) -> Order:
        """Say how it is started."""
        permissions, model, retries = (
            task.agent.permissions,
            self.model_of(task),
            self._config.runners.retries_max,
        )
        settings = {
            "approval_policy": "never",
            "analytics.enabled": False,
            "check_for_update_on_startup": False,
            "sandbox_workspace_write.network_access": permissions.network,
            # Commands it runs do not find its key.
            "shell_environment_policy.exclude": ["*KEY*", "*TOKEN*", "*SECRET*", "*PASSWORD*"],
        }
        if self.settings.base_url:
            settings["model_provider"] = "local"
            settings["model_providers.local.name"] = "local"
            settings["model_providers.local.base_url"] = self.settings.base_url
            settings["model_providers.local.wire_api"] = "responses"
            settings["model_providers.local.request_max_retries"] = retries
            settings["model_providers.local.stream_max_retries"] = retries
            if self.settings.key:
                settings["model_providers.local.env_key"] = self.settings.key
        argv = [
            self.settings.program, "exec", "--json", "--ignore-user-config", "--skip-git-repo-check",
            "--sandbox", "workspace-write" if permissions.edit else "read-only",
        ]  # fmt: skip
        if model:
            argv += ["--model", model]
        for name, value in settings.items():
            argv += ["--config", f"{name}={json.dumps(value)}"]  # JSON of these is TOML as well
        environment = {} if self.settings.login else {"CODEX_HOME": str(task.home)}
        return Order(argv=(*argv, "-"), environment=environment)
