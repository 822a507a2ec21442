"""What config.yaml can say, as frozen records. Defaults and bounds stand here and nowhere else.

The shipped config.yaml shows every field with its default, unit and meaning; a test holds the two together.
Values are taken strictly: ``"4"`` is no number, ``1`` is no truth, NaN and infinity are nothing. What ends in
``_s`` is in seconds, in ``_usd`` in US dollars, in ``_bytes`` in bytes.
"""

import os.path
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from company.config import values
from company.config.base import (
    AgentId,
    Argv,
    Count,
    Days,
    EnvironmentName,
    Gigabytes,
    Hours,
    Name,
    Record,
    Seconds,
    TeamId,
    Text,
    Usd,
    UserName,
)
from company.config.runners import PermissionsConfig, Runners
from company.work.permissions import Permissions
from company.work.staff import Duty


class Company(Record):
    """Who this is."""

    name: Text = "Agent Service"
    time_zone: Annotated[str, BeforeValidator(values.time_zone)] = ""  #: IANA name; '' is the machine's


class Database(Record):
    """Where the company's memory is."""

    #: '' is SQLite at <state>/agent-service.db. Not in repr: from the environment it may have a password.
    url: Annotated[str, BeforeValidator(values.database_url)] = Field(default="", repr=False)


class Folders(Record):
    """The company's folders, absolute."""

    priorities: Path = Path("priorities")
    state: Path = Path(".compound-state")
    logs: Path = Path("logs")
    reports: Path = Path("reports")

    @property
    def all(self) -> tuple[Path, ...]:
        """All of them."""
        return self.priorities, self.state, self.logs, self.reports


class Intake(Record):
    """How dropped files are taken."""

    settle_s: Annotated[float, Field(ge=0, le=3600)] = 0.5
    rescan_s: Annotated[float, Field(ge=1, le=24 * 3600)] = 30.0
    max_file_bytes: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 1_048_576
    same_content_window_s: Annotated[float, Field(ge=0, le=24 * 3600)] = 60.0


class Limits(Record):
    """How much at once, how long, how much in all."""

    jobs_at_once: Count = 4
    agents_at_once: Count = 4
    jobs_per_repository: Count = 2
    job_timeout_s: Seconds = 86_400.0
    agent_timeout_s: Seconds = 3600.0
    agent_idle_timeout_s: Seconds = 900.0
    check_timeout_s: Seconds = 1200.0
    setup_timeout_s: Seconds = 1200.0
    stop_grace_s: Annotated[float, Field(ge=0, le=60)] = 1.2
    memory_mb_per_agent: Annotated[int, Field(ge=0)] = 0  #: 0 is no limit
    log_bytes_per_job: Annotated[int, Field(ge=100_000)] = 50_000_000
    disk_reserve_mb: Annotated[int, Field(ge=0)] = 200
    budget_usd_per_job: Usd | None = None  #: None is no limit
    budget_usd_per_day: Usd | None = None
    pause_at_usage_limit: bool = True  #: wait for the time a program's usage limit is lifted


class Work(Record):
    """How jobs are done and delivered."""

    max_iterations: Annotated[int, Field(ge=1, le=20)] = 3
    runner: Name = "command"
    permissions: PermissionsConfig = PermissionsConfig()  #: of agents that have none of their own
    branch_prefix: Annotated[str, BeforeValidator(values.branch_prefix)] = "agent/"
    push: bool = True
    commit_name: Text = "Agent Service"
    commit_email: Text = "agent-service@localhost"
    review_max_file_bytes: Annotated[int, Field(ge=1)] = 1_000_000
    agent_user: UserName = ""  #: who runs agents, checks and setups; '' is the service's own user


class Roles(Record):
    """Who may do what, by the ids of users or user groups of the surface they come from. An empty list means nobody."""

    ceo: tuple[Text, ...] = ()
    operator: tuple[Text, ...] = ()
    viewer: tuple[Text, ...] = ()
    terminal_role: Literal["ceo", "operator", "viewer", "nobody"] = "ceo"


class Slack(Record):
    """How the bot and a Slack workspace find each other. Its tokens come from the environment alone."""

    enabled: bool = True
    mode: Literal["socket", "http"] = "socket"
    channel: Annotated[str, StringConstraints(pattern=r"^(#?[a-z0-9._-]{1,80}|[CG][A-Z0-9]{2,20})?$")] = ""
    command_prefix: Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9_-]{0,20})?$")] = ""
    http_host: Text = "127.0.0.1"
    http_port: Annotated[int, Field(ge=1, le=65_535)] = 3031
    base_url: Annotated[str, BeforeValidator(values.web_url)] = ""  #: '' is Slack's own
    local_port: Annotated[int, Field(ge=0, le=65_535)] = 3032  #: of the local Slack; 0 is any that is free


class ModelPrice(Record):
    """What a model costs, in US dollars per million tokens; for estimates where a runner reports no cost."""

    input_usd_per_million: Usd = 0.0
    output_usd_per_million: Usd = 0.0
    cached_usd_per_million: Usd | None = (
        None  #: input that was read from the provider's cache; None: as input
    )


class TeamConfig(Record):
    """A team to seed."""

    id: TeamId
    name: Text
    domain: Text
    description: str = ""


class AgentConfig(Record):
    """An agent to seed, and how it is run on this machine."""

    id: AgentId
    team: TeamId
    name: Text
    role: Text
    emoji: str = ""
    duty: Duty = Field(default=Duty.WORK, strict=False)
    model: Name = "none"
    runner: Name | None = None  #: None is work.runner
    command: Argv | None = None  #: None: the repository's command for it, if any
    keywords: tuple[Text, ...] = ()
    works_after: tuple[AgentId, ...] = ()
    permissions: PermissionsConfig | None = None  #: None is work.permissions

    @property
    def short_id(self) -> str:
        """The id without its prefix."""
        return self.id.removeprefix("agent-")


class CheckConfig(Record):
    """A command of the repository that says green (exit 0) or red."""

    name: Text
    run: Argv


class RepositoryConfig(Record):
    """A repository the company works on. Exactly one of ``path`` and ``url``."""

    name: Name
    path: Annotated[str, BeforeValidator(values.local_path)] | None = None
    url: Annotated[str, BeforeValidator(values.repository_url)] | None = None
    team: TeamId | None = None
    default_branch: Annotated[str, BeforeValidator(values.branch)] | None = None  #: None: what git says
    setup: tuple[Argv, ...] = ()
    checks: Annotated[tuple[CheckConfig, ...], BeforeValidator(values.named_checks)] = ()
    lock_files: tuple[Text, ...] = ()  #: () is the usual ones
    commands: Mapping[str, Argv] = Field(default_factory=dict)  #: short id of an agent -> its command here
    #: owner/name of its pull requests; None: what its address says
    github: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "RepositoryConfig":
        if (self.path is None) == (self.url is None):
            raise ValueError("a repository has either a path or a url")
        return self

    def source(self, root: Path) -> str:
        """Return where it is cloned from: an absolute path, or the URL. ``root`` is the company's folder."""
        return self.url if self.url is not None else str(absolute(root, self.path or ""))


class ScheduleConfig(Record):
    """Something to start by itself. A priority has one of ``file`` and ``text``; an evaluation neither."""

    name: Name
    when: Text
    action: Literal["priority", "evaluation"] = "priority"
    file: Annotated[str, BeforeValidator(values.local_path)] | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _one_priority(self) -> "ScheduleConfig":
        given = sum(one is not None for one in (self.file, self.text))
        if given != (1 if self.action == "priority" else 0):
            wanted = "either a file or a text" if self.action == "priority" else "neither a file nor a text"
            raise ValueError(f"action {self.action} takes {wanted}")
        return self


class Evaluation(Record):
    """How and when the company judges its agents and experiments."""

    policy: Literal["rules", "evidence"] = "rules"
    schedule: str = "every day 06:00"  #: '' is never


class GithubConfig(Record):
    """Pull requests on GitHub. The token is GITHUB_TOKEN (or GITHUB_TOKEN_FILE) in the service's environment."""

    api_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$")] = (
        "https://api.github.com"
    )
    draft: bool = True
    labels: tuple[Text, ...] = ("agent-service",)
    reviewers: tuple[Text, ...] = ()
    merge_method: Literal["merge", "squash", "rebase"] = "squash"
    follow_ups: Annotated[int, Field(ge=0, le=10)] = (
        1  #: that start by themselves; 0: only when a person says so
    )


class Decisions(Record):
    """What becomes of a decision that waits: of a proposal, or of a question without an end of its own. None: never."""

    remind_after_h: Hours | None = 24.0
    escalate_after_h: Hours | None = 72.0
    expire_after_h: Hours | None = 336.0
    if_expired: Literal["close", "dismiss"] = "close"
    snooze_h: Hours = 168.0
    requester_may_approve: bool = True


class Retention(Record):
    """What is removed by itself, and when. Days count from a job's end, or from the last use. None is never."""

    state_days: Days | None = 30
    logs_days: Days | None = 90
    reports_days: Days | None = None
    branches_days: Days | None = 90
    clones_days: Days | None = 30
    clones_gb: Gigabytes | None = 20.0
    setups_days: Days | None = 14
    setups_gb: Gigabytes | None = 5.0
    steps_days: Days | None = 14
    outbox_days: Days | None = 30
    metrics_days: Days | None = 400
    audit_days: Days | None = None


class Config(Record):
    """The whole of it. ``path`` and ``root`` are where it was read, and are no keys of the file."""

    root: Path
    path: Path = Path()
    company: Company = Company()
    database: Database = Database()
    folders: Folders = Folders()
    intake: Intake = Intake()
    limits: Limits = Limits()
    work: Work = Work()
    runners: Runners = Runners()
    environment_allowed: tuple[EnvironmentName, ...] = (
        "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "SHELL",
    )  # fmt: skip
    roles: Roles = Roles()
    slack: Slack = Slack()
    models: Mapping[Name, ModelPrice] = Field(default_factory=dict)
    teams: tuple[TeamConfig, ...] = ()
    agents: tuple[AgentConfig, ...] = ()
    repositories: tuple[RepositoryConfig, ...] = ()
    schedules: tuple[ScheduleConfig, ...] = ()
    evaluation: Evaluation = Evaluation()
    github: GithubConfig = GithubConfig()
    decisions: Decisions = Decisions()
    retention: Retention = Retention()

    @model_validator(mode="before")
    @classmethod
    def _folders_from_root(cls, given: Any) -> Any:
        """Make the folders absolute before they are frozen."""
        if not isinstance(given, Mapping) or not isinstance(given.get("root"), Path):
            return given
        root = given["root"].absolute()
        named = given.get("folders", {})
        if isinstance(named, Folders):
            named = named.model_dump()
        if not isinstance(named, Mapping):
            return given
        defaults = {name: field.default for name, field in Folders.model_fields.items()}
        folders = {
            name: absolute(root, value) if isinstance(value, str | Path) and str(value) else value
            for name, value in {**defaults, **named}.items()
        }
        return {**given, "root": root, "path": given.get("path", root / "config.yaml"), "folders": folders}

    @field_validator("environment_allowed")
    @classmethod
    def _nothing_of_ours(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        ours = [name for name in names if re.match(r"AGENT_|SLACK_|GIT_", name)]
        if ours:
            raise ValueError(f"{ours[0]} is the service's own, or changes what git does: agents never get it")
        return names

    def permissions_of(self, agent_id: str) -> Permissions:
        """Return what an agent may do: its own entry's word, else what holds for all."""
        own = next((one.permissions for one in self.agents if one.id == agent_id), None)
        return (own or self.work.permissions).as_rule()

    @property
    def worktrees(self) -> Path:
        """Where agents work: in the state folder; with an ``agent_user`` beside it, for that one is closed then."""
        state = self.folders.state
        return (state.with_name(f"{state.name}-agents") if self.work.agent_user else state) / "worktrees"

    def repository(self, target: str | None) -> RepositoryConfig | None:
        """Return the entry that ``target`` means: a name, or the path or URL of an entry."""
        if target is None:
            return None
        by_name = {one.name: one for one in self.repositories}
        by_source = {one.source(self.root): one for one in self.repositories}
        return by_name.get(target) or by_source.get(target)


def absolute(root: Path, text: str | Path) -> Path:
    """Return ``text`` as an absolute path, from ``root`` where it is relative; ``~`` is the home folder."""
    return Path(os.path.normpath(root / Path(text).expanduser()))
