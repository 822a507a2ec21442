"""pi: ``pi --mode json``, with the tools that configuration leaves it. Any OpenAI-compatible server, or a provider's.

Nothing a repository has in ``.pi`` is read (extensions are programs). It has no permission rules but its list of tools,
and no sandbox.
"""

import json

from company.work.permissions import Permissions
from daemon.runners.program import Order, ProgramRunner
from daemon.runners.protocol import RunTask
from daemon.runners.streams.pi import SHORTENED, PiStream

READS = ("read", "grep", "find", "ls")
NOTHING_OF_OTHERS = ("--no-extensions", "--no-skills", "--no-prompt-templates", "--no-themes")
CONTEXT_TOKENS, ANSWER_TOKENS = 128_000, 16_384  # of a model of one's own, of which pi knows nothing


class PiRunner(ProgramRunner):
    """pi."""

    name = "pi"
    title = "pi"
    package = "@mariozechner/pi-coding-agent"
    tested = ("0.73.1",)
    logins = (".pi/agent/auth.json",)

    def translator(self) -> PiStream:
        """Return who understands it."""
        return PiStream()

    def cannot_keep(self, permissions: Permissions) -> str:
        """It knows tools: either any command or none."""
        if permissions.runs_anything or permissions.runs_nothing:
            return ""
        return "pi cannot be held to a list of commands, and asks nobody"

    def order(self, task: RunTask) -> Order:
        """Say how it is started."""
        permissions, model = task.agent.permissions, self.model_of(task)
        tools = [
            *READS,
            *(("edit", "write") if permissions.edit else ()),
            *(("bash",) if permissions.runs_anything else ()),
        ]
        argv = [
            self.settings.program, "--mode", "json", "-p", *NOTHING_OF_OTHERS,
            "--session-dir", str(task.home / "sessions"), "--tools", ",".join(tools),
        ]  # fmt: skip
        if model:
            argv += ["--model", f"local/{model}" if self.settings.base_url else model]
        environment = {"PI_OFFLINE": "1", "PI_TELEMETRY": "0"}
        if not self.settings.login or self.settings.base_url:
            environment["PI_CODING_AGENT_DIR"] = str(task.home)
        files = {"models.json": self._models(task, model)} if self.settings.base_url else {}
        return Order(argv=tuple(argv), environment=environment, files=files, shortened=SHORTENED)

    def _models(self, task: RunTask, model: str) -> str:
        price = self._config.models.get(task.model)
        cost = {
            "input": price.input_usd_per_million if price else 0.0,
            "output": price.output_usd_per_million if price else 0.0,
            "cacheRead": 0,
            "cacheWrite": 0,
        }
        known = {
            "id": model,
            "name": model,
            "reasoning": False,
            "input": ["text"],
            "cost": cost,
            "contextWindow": CONTEXT_TOKENS,
            "maxTokens": ANSWER_TOKENS,
        }
        provider = {
            "baseUrl": self.settings.base_url,
            "api": "openai-completions",
            "apiKey": self.settings.key
            or "none",  # the name of a variable; where there is none, the key itself
            "models": [known],
        }
        return json.dumps({"providers": {"local": provider}}, indent=1)
