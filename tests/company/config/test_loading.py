"""config.yaml is read strictly: each fault with its line, all of them at once, and never a secret."""

import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from company.config import Config, load_config, secret
from company.config.records import Folders
from company.errors import ConfigError

Load = Callable[..., Config]
Refuse = Callable[[str], ConfigError]

STAFF = "teams: [{id: team-x, name: X, domain: x}]\n"
AGENT = STAFF + "agents:\n  - {id: agent-a, team: team-x, name: A, role: R, "


def test_an_empty_file_is_the_defaults(load: Load, tmp_path: Path) -> None:
    config = load("")
    assert (config.root, config.path) == (tmp_path, tmp_path / "config.yaml")
    assert config == Config(root=tmp_path)
    assert load("limits:\nagents:\n") == config


def test_values_are_taken_and_frozen(load: Load) -> None:
    config = load(
        "limits:\n  jobs_at_once: 9\n  agent_timeout_s: 5\ncompany: {name: Acme, time_zone: Europe/Berlin}\n"
    )
    assert (config.limits.jobs_at_once, config.limits.agent_timeout_s, config.limits.agents_at_once) == (
        9,
        5.0,
        4,
    )
    assert (config.company.name, config.company.time_zone) == ("Acme", "Europe/Berlin")
    with pytest.raises(ValidationError, match="frozen"):
        config.limits.jobs_at_once = 1


def test_folders_are_absolute_from_where_the_file_stands(load: Load, tmp_path: Path) -> None:
    folders = load("folders: {priorities: inbox/../in, logs: /var/log/x, state: ~/state}\n").folders
    assert folders.priorities == tmp_path / "in"
    assert folders.logs == Path("/var/log/x")
    assert folders.state == Path(os.environ["HOME"]) / "state"
    assert folders.reports == tmp_path / "reports"


def test_a_configuration_made_in_code_has_absolute_folders_too(tmp_path: Path) -> None:
    assert Config(root=tmp_path).folders.logs == tmp_path / "logs"
    changed = Config(root=tmp_path, folders=Folders(logs=Path("elsewhere"))).folders
    assert (changed.logs, changed.state) == (tmp_path / "elsewhere", tmp_path / ".compound-state")


def test_a_relative_path_of_the_file_gives_absolute_folders(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load("")
    monkeypatch.chdir(tmp_path)
    assert load_config(Path("config.yaml"), {}).folders.logs == tmp_path / "logs"


def test_commands_are_lists_or_texts(load: Load) -> None:
    config = load(
        STAFF + "agents:\n  - {id: agent-a, team: team-x, name: A, role: R, command: 'fix {worktree}'}\n"
        "repositories:\n  - name: shop\n    path: ../shop\n    setup: [npm ci, [sleep, 1]]\n"
        "    checks: [{name: all, run: [make, test]}]\n    commands: {a: 'sed -i s/a/b/ x'}\n"
    )
    shop = config.repository("shop")
    assert shop is not None
    assert config.agents[0].command == ("fix", "{worktree}")
    assert shop.setup == (("npm", "ci"), ("sleep", "1"))
    assert (shop.checks[0].name, shop.checks[0].run) == ("all", ("make", "test"))
    assert shop.commands == {"a": ("sed", "-i", "s/a/b/", "x")}
    assert shop.source(config.root) == str(config.root.parent / "shop")


def test_checks_may_be_written_as_priority_files_write_them(load: Load) -> None:
    config = load(
        "repositories:\n  - name: shop\n    path: ../shop\n"
        "    checks: [pytest -q, [make, lint], {name: all, run: make test}]\n"
        "  - {name: one, path: ../one, checks: pytest -q}\n"
    )
    shop, one = config.repositories
    assert [(check.name, check.run) for check in shop.checks] == [
        ("pytest -q", ("pytest", "-q")), ("make lint", ("make", "lint")), ("all", ("make", "test")),
    ]  # fmt: skip
    assert one.checks == shop.checks[:1]


def test_a_repository_is_found_by_name_path_or_address(load: Load) -> None:
    config = load("repositories: [{name: a, url: 'git@example.org:a.git'}, {name: b, path: /srv/b}]\n")
    found = [config.repository(target) for target in ("a", "git@example.org:a.git", "b", "/srv/b", "c", None)]
    assert [one.name if one else None for one in found] == ["a", "a", "b", "b", None, None]


FAULTS = [
    ("limitz: {}", 1, "limitz", "did you mean limits?"),
    ("work:\n  runer: x", 2, "work.runer", "did you mean runner?"),
    ("work:\n  zzzz: x", 2, "work.zzzz", "one of: agent_user, branch_prefix"),
    ("root: /tmp", 1, "root", "cannot be set"),
    ("limits: 5", 1, "limits", "a mapping"),
    ("limits:\n  jobs_at_once: '4'", 2, "limits.jobs_at_once", "whole number"),
    ("limits:\n  jobs_at_once: 2.5", 2, "limits.jobs_at_once", "whole number"),
    ("limits:\n  jobs_at_once: true", 2, "limits.jobs_at_once", "whole number"),
    ("limits:\n  jobs_at_once: -1", 2, "limits.jobs_at_once", "at least 1"),
    ("limits:\n  jobs_at_once: 99999", 2, "limits.jobs_at_once", "at most 10000"),
    ("limits:\n  agent_timeout_s: .nan", 2, "limits.agent_timeout_s", "not infinity or NaN"),
    ("limits:\n  agent_timeout_s: .inf", 2, "limits.agent_timeout_s", "not infinity or NaN"),
    ("limits:\n  agent_timeout_s: 0", 2, "limits.agent_timeout_s", "more than 0"),
    ("limits:\n  agent_timeout_s: 1e999", 2, "limits.agent_timeout_s", "not infinity or NaN"),
    ("limits:\n  budget_usd_per_day: -0.5", 2, "limits.budget_usd_per_day", "at least 0"),
    ("limits:\n  agent_timeout_s: soon", 2, "limits.agent_timeout_s", "a number"),
    ("work:\n  push: 1", 2, "work.push", "true or false"),
    ("work:\n  push: yes", 2, "work.push", "true or false"),
    ("work:\n  commit_name: 5", 2, "work.commit_name", "in quotes"),
    ("work:\n  commit_name: ' '", 2, "work.commit_name", "empty"),
    ("work:\n  branch_prefix: --x/", 2, "work.branch_prefix", "cannot begin a branch"),
    ("company:\n  time_zone: Mars/Base", 2, "company.time_zone", "Europe/Berlin"),
    ("company:\n  time_zone: ../../etc/passwd", 2, "company.time_zone", "Europe/Berlin"),
    ("database:\n  url: mysql://x/y", 2, "database.url", "postgresql://"),
    ("folders: 5", 1, "folders", "a mapping"),
    ("folders:\n  logs: 5", 2, "folders.logs", "a path"),
    ("folders:\n  lgs: x", 2, "folders.lgs", "did you mean logs?"),
    ("roles:\n  ceo: U1", 2, "roles.ceo", "a list"),
    ("roles:\n  ceo: [5]", 2, "roles.ceo[0]", "in quotes"),
    ("roles:\n  terminal_role: king", 2, "roles.terminal_role", "'ceo', 'operator'"),
    ("environment_allowed:\n  - PATH\n  - A B", 3, "environment_allowed[1]", "no name here"),
    ("environment_allowed: [PATH, SLACK_BOT_TOKEN]", 1, "environment_allowed", "agents never get it"),
    ("environment_allowed: [GIT_SSH_COMMAND]", 1, "environment_allowed", "agents never get it"),
    ("models:\n  x: {input_usd_per_million: -1}", 2, "models.x.input_usd_per_million", "at least 0"),
    ("models:\n  -x: {}", 2, "models.-x", "no name here"),
    ("models:\n  x: {price: 1}", 2, "models.x.price", "input_usd_per_million"),
    ("teams: [{id: engineering, name: E, domain: e}]", 1, "teams[0].id", "^team-"),
    ("teams:\n  - {id: team-x, name: X}", 2, "teams[0].domain", "is missing"),
    (AGENT + "duty: cook}", 3, "agents[0].duty", "'plan', 'work'"),
    (AGENT + "command: a | b}", 3, "agents[0].command", "a shell"),
    (AGENT + "emojy: x}", 3, "agents[0].emojy", "emoji?"),
    ("repositories:\n  - name: a", 2, "repositories[0]", "either a path or a url"),
    ("repositories:\n  - {name: a, path: x, url: 'https://h/x'}", 2, "repositories[0]", "either a path or a url"),
    ("repositories:\n  - {name: a, url: 'ext::sh -c id'}", 2, "repositories[0].url", "runs a program"),
    ("repositories:\n  - {name: a, url: ../x}", 2, "repositories[0].url", "goes into path"),
    ("repositories:\n  - {name: a, path: --upload-pack=x}", 2, "repositories[0].path", "is no path"),
    ("repositories:\n  - {name: a, path: x, default_branch: -d}", 2, "repositories[0].default_branch", "an option"),
    ("repositories:\n  - name: a\n    path: x\n    checks:\n      - {name: t, run: 'a; b'}", 5,
     "repositories[0].checks[0].run", "a shell"),
    ("repositories:\n  - {name: a, path: x, setup: npm ci}", 2, "repositories[0].setup", "a list"),
    ("repositories:\n  - {name: a, path: x, commands: {b: [c]}}", 2, "repositories[0].commands.b", "no agent b"),
    ("schedules:\n  - {name: a, when: every day 09:00}", 2, "schedules[0]", "either a file or a text"),
    ("schedules:\n  - {name: a, when: every day 09:00, action: evaluation, text: x}", 2, "schedules[0]", "neither"),
    ("schedules:\n  - {name: a, when: now and then, text: '# T'}", 2, "schedules[0].when", "every weekday 09:00"),
    ("schedules:\n  - name: a\n    when: every day 09:00\n    text: |\n      ---\n      brnch: x\n      ---\n      # T",
     4, "schedules[0].text", "(line 2 of it); did you mean branch?"),
    ("evaluation:\n  schedule: sometimes", 2, "evaluation.schedule", "every weekday 09:00"),
    ("evaluation:\n  policy: guess", 2, "evaluation.policy", "'rules' or 'evidence'"),
    ("a: 1\na: 2", 2, "", "a second time"),
    ("a: &x 1", 1, "", "an anchor"),
    ("a: !!python/object:os.system x", 1, "", "a tag"),
    ("- a", 1, "", "a mapping of sections"),
    ("a: [", 1, "", "not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "key", "words"), FAULTS)
def test_each_fault_is_refused_by_line_and_key(
    refuse: Refuse, text: str, line: int, key: str, words: str
) -> None:
    refused = refuse(text)
    assert words in f"{refused.reason} {refused.mend}"
    assert refused.key == key
    assert refused.line is not None
    assert refused.line == line or words == "not YAML"


REFERENCES = """
teams: [{id: team-x, name: X, domain: x}, {id: team-x, name: Y, domain: y}]
agents:
  - {id: agent-a, team: team-y, name: A, role: R, works_after: [agent-b]}
  - {id: agent-b, team: team-x, name: B, role: R, works_after: [agent-a], model: sonett}
  - {id: agent-c, team: team-x, name: C, role: R, works_after: [agent-nobody, agent-a]}
  - {id: agent-c, team: team-x, name: D, role: R}
models: {sonnet: {}}
repositories: [{name: r, path: r, team: team-z}, {name: r, path: s}]
"""

MISFITS = """line 2: teams[1].id: team-x is there already
line 4: agents[0].team: no team team-y; did you mean team-x?
line 4: agents[0].works_after: agent-a would work after itself
line 5: agents[1].model: no model sonett; did you mean sonnet?
line 5: agents[1].works_after: agent-b would work after itself
line 6: agents[2].works_after: no agent agent-nobody; one of: agent-a, agent-b, agent-c
line 7: agents[3].id: agent-c is there already
line 9: repositories[0].team: no team team-z; did you mean team-x?
line 9: repositories[1].name: r is there already"""


def test_names_that_fit_nowhere_doubles_and_circles_are_told_together(refuse: Refuse) -> None:
    assert refuse(REFERENCES).reason == MISFITS.replace("\n", "; ")


def test_several_faults_are_told_together_in_the_order_of_the_file(refuse: Refuse) -> None:
    refused = refuse("company: {name: 5}\nlimits:\n  jobs_at_once: x\n  nothing: 1\nwork: {push: 1}\n")
    assert [part.partition(": ")[0] for part in refused.reason.split("; line ")] == ["line 1", "3", "4", "5"]


def test_at_most_ten_faults_are_told_and_the_rest_counted(refuse: Refuse) -> None:
    refused = refuse("work:\n" + "".join(f"  unknown_{number}: 1\n" for number in range(14)))
    assert refused.reason.count("no such key") == 10
    assert refused.reason.endswith("and 4 more")


SECRETS = [
    ("slack_bot_token: x", "slack_bot_token", "AGENT_SERVICE_SLACK_BOT_TOKEN"),
    ("work:\n  api_key: x", "work.api_key", "AGENT_SERVICE_API_KEY_FILE"),
    ("company:\n  name: xoxb-1234567890-abcdefghij", "company.name", "environment variable"),
    ("company:\n  name: ghp_0123456789abcdefghij0123456789abcdef", "company.name", "environment variable"),
    ("database:\n  url: postgresql://me:hunter2@host/db", "database.url", "AGENT_SERVICE_DATABASE_URL"),
    (
        "repositories: [{name: a, url: 'https://me:hunter2@h/a'}]",
        "repositories[0].url",
        "environment variable",
    ),
]


@pytest.mark.parametrize(("text", "key", "mend"), SECRETS)
def test_a_secret_is_refused_and_not_repeated(refuse: Refuse, text: str, key: str, mend: str) -> None:
    refused = refuse(text)
    assert (refused.key, refused.reason) == (key, "a secret: none may stand in this file")
    assert mend in refused.mend
    assert "hunter2" not in f"{refused} {refused.mend}"
    assert "xoxb-1" not in f"{refused} {refused.mend}"


def test_a_user_in_an_https_address_is_a_credential_too(refuse: Refuse) -> None:
    assert (
        "credentials in the address" in refuse("repositories: [{name: a, url: 'https://t0ken@h/a'}]").reason
    )


def test_the_database_of_the_environment_wins_and_is_not_printed(load: Load, tmp_path: Path) -> None:
    url = "postgresql://me:hunter2@host/db"
    config = load("database: {url: postgresql://other/db}\n", {"AGENT_SERVICE_DATABASE_URL": url})
    assert config.database.url == url
    assert "hunter2" not in repr(config)
    file = tmp_path / "url"
    file.write_text(f"{url}\n", encoding="utf-8")
    file.chmod(0o600)
    assert load("", {"AGENT_SERVICE_DATABASE_URL_FILE": str(file)}).database.url == url
    assert load("", {"AGENT_SERVICE_DATABASE_URL": ""}).database.url == ""


def test_a_database_of_the_environment_that_is_none_is_refused(load: Load) -> None:
    with pytest.raises(ConfigError, match="AGENT_SERVICE_DATABASE_URL"):
        load("", {"AGENT_SERVICE_DATABASE_URL": "mysql://x"})


def test_a_secret_in_a_file_is_read_only_where_others_cannot(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n", encoding="utf-8")
    file.chmod(0o600)
    assert secret({"X_FILE": str(file)}, "X") == "s3cret"
    assert secret({"X": "direct", "X_FILE": str(file)}, "X") == "direct"
    assert secret({}, "X") is None
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="everybody") as caught:
        secret({"X_FILE": str(file)}, "X")
    assert caught.value.mend == f"chmod 600 {file}"


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", None])
def test_a_secret_file_that_is_missing_empty_or_no_text_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
        file.chmod(0o600)
    with pytest.raises(ConfigError, match="X_FILE"):
        secret({"X_FILE": str(file)}, "X")


def test_a_file_that_cannot_be_read_or_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "missing.yaml", {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path, {})
    (tmp_path / "config.yaml").write_bytes(b"company:\n  name: f\xfcr\n")
    with pytest.raises(ConfigError, match="not UTF-8") as caught:
        load_config(tmp_path / "config.yaml", {})
    assert caught.value.line == 2


def test_every_number_has_a_bound_below(tmp_path: Path) -> None:
    """A negative limit, of whatever kind, is refused."""
    for section in ("intake", "limits"):
        fields = Config.model_fields[section].annotation.model_fields  # type: ignore[union-attr] # all are records
        for name in fields:
            for value in (-1, -math.inf):
                with pytest.raises(ValidationError):
                    Config.model_validate({"root": tmp_path, section: {name: value}})
