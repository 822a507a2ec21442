"""How coding-agent programs are run on this machine, and what agents may do there: sections ``runners`` and
``permissions`` of config.yaml."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from company.config.base import EnvironmentName, Name, Record, Seconds, Text
from company.work.permissions import Permissions

#: an address without credentials; plain http too, because a model may run on a machine of one's own network
EndpointUrl = Annotated[str, StringConstraints(pattern=r"^(https?://[^\s/@]+(/[^\s@]*)?)?$")]
OWN_DEFAULTS = {"haiku": "", "sonnet": "", "opus": ""}  # the program's own model, whatever is preferred
ProgramName = Literal["claude", "codex", "opencode", "gemini", "pi"]


class PermissionsConfig(Record):
    """What an agent's program may do. A priority file or a repository cannot change it."""

    edit: bool = True
    commands: tuple[Text, ...] = ("*",)
    other_commands: Literal["deny", "ask"] = "deny"
    network: bool = True

    def as_rule(self) -> Permissions:
        """Return it as the rules know it."""
        return Permissions(
            edit=self.edit,
            commands=self.commands,
            asks=self.other_commands == "ask",
            network=self.network,
        )


class ProgramConfig(Record):
    """One coding-agent program."""

    program: Text
    credentials: tuple[EnvironmentName, ...] = ()
    login: bool = False  #: use the login in the user's home folder
    base_url: EndpointUrl = ""  #: '' is the program's own provider
    key: Annotated[str, StringConstraints(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")] = ""
    models: Mapping[Name, str] = Field(default_factory=dict)
    variables: Mapping[EnvironmentName, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _key_of_an_endpoint(self) -> "ProgramConfig":
        if self.key and not self.base_url:
            raise ValueError("key names the variable with the key of base_url, and there is no base_url")
        return self


class ClaudeConfig(ProgramConfig):
    """Claude Code."""

    program: Text = "claude"
    credentials: tuple[EnvironmentName, ...] = (
        "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN",
    )  # fmt: skip


class CodexConfig(ProgramConfig):
    """Codex."""

    program: Text = "codex"
    credentials: tuple[EnvironmentName, ...] = ("CODEX_API_KEY", "OPENAI_API_KEY")
    models: Mapping[Name, str] = Field(default_factory=OWN_DEFAULTS.copy)


class OpencodeConfig(ProgramConfig):
    """opencode."""

    program: Text = "opencode"
    credentials: tuple[EnvironmentName, ...] = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY")
    models: Mapping[Name, str] = Field(default_factory=OWN_DEFAULTS.copy)


class GeminiConfig(ProgramConfig):
    """Gemini CLI."""

    program: Text = "gemini"
    credentials: tuple[EnvironmentName, ...] = ("GEMINI_API_KEY",)
    models: Mapping[Name, str] = Field(default_factory=OWN_DEFAULTS.copy)


class PiConfig(ProgramConfig):
    """pi."""

    program: Text = "pi"
    credentials: tuple[EnvironmentName, ...] = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY")
    models: Mapping[Name, str] = Field(default_factory=OWN_DEFAULTS.copy)


class Runners(Record):
    """What all of them have in common, and each."""

    order: tuple[ProgramName, ...] = ("claude", "codex", "opencode", "gemini", "pi")
    turns_max: Annotated[int, Field(ge=1, le=10_000)] = 200
    retries_max: Annotated[int, Field(ge=0, le=1000)] = 5
    result_grace_s: Seconds = 10.0
    approval_timeout_s: Seconds = 600.0
    claude: ClaudeConfig = ClaudeConfig()
    codex: CodexConfig = CodexConfig()
    opencode: OpencodeConfig = OpencodeConfig()
    gemini: GeminiConfig = GeminiConfig()
    pi: PiConfig = PiConfig()

    def of(self, name: str) -> ProgramConfig:
        """Return a program's own section."""
        found: ProgramConfig = getattr(self, name)
        return found
