"""What of a terminal's environment a service gets, and what is kept from a file that everybody can read."""

from pathlib import Path

import pytest
import yaml

from company.config import Config, load_config
from daemon.service.environment import carried, is_secret
from daemon.service.installing import kept_from_services


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "config.yaml"
    known = {
        "company": {"name": "Shop"},
        "work": {"runner": "claude"},
        "environment_allowed": ["PATH", "LANG"],
    }
    path.write_text(yaml.safe_dump(known), encoding="utf-8")
    return load_config(path, {})


TERMINAL = {
    "PATH": "/usr/bin", "HOME": "/home/k", "LANG": "de_DE.UTF-8", "EDITOR": "vim", "SSH_AUTH_SOCK": "/tmp/agent",
    "https_proxy": "http://proxy:3128", "HTTPS_PROXY": "http://kim:secret@proxy:3128",
    "GITHUB_TOKEN": "ghp_0", "SLACK_BOT_TOKEN_FILE": "/etc/slack.token",
    "ANTHROPIC_API_KEY": "sk-ant-0", "OPENAI_API_KEY": "sk-0",
}  # fmt: skip


def test_only_what_a_service_needs_is_carried_and_no_secret(config: Config) -> None:
    found = carried(config, TERMINAL)
    assert dict(found.settings) == {
        "LANG": "de_DE.UTF-8", "https_proxy": "http://proxy:3128", "SLACK_BOT_TOKEN_FILE": "/etc/slack.token",
    }  # fmt: skip
    # a key of a program that no agent here is run by is nobody's business
    assert set(found.withheld) == {"HTTPS_PROXY", "GITHUB_TOKEN", "ANTHROPIC_API_KEY"}


def test_what_service_env_sets_is_kept_from_nobody(config: Config) -> None:
    path = config.folders.state / "service.env"
    path.parent.mkdir()
    path.write_text("GITHUB_TOKEN=ghp_0\nANTHROPIC_API_KEY=sk-ant-0\n")
    path.chmod(0o600)
    assert kept_from_services(config, TERMINAL) == ("HTTPS_PROXY",)


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DEPLOY_TOKEN", "abc", True),
        ("DEPLOY_TOKEN_FILE", "/etc/token", False),
        ("DATABASE", "postgresql://kim:pw@host/db", True),
        ("LANG", "C", False),
    ],
)
def test_secrets_are_known_by_name_and_by_look(name: str, value: str, secret: bool) -> None:
    assert is_secret(name, value) is secret
