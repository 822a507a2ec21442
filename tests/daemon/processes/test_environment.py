"""Agents get what config.yaml allows, and nothing of the service's own."""

from pathlib import Path

from company.config import Config
from daemon.processes.environment import agent_environment
from tests.daemon.processes.conftest import Bench

SERVICE = {
    "PATH": "/opt/bin:/usr/bin",
    "HOME": "/home/ceo",
    "LANG": "de_DE.UTF-8",
    "SLACK_BOT_TOKEN": "xoxb-planted-planted",
    "AGENT_SERVICE_DATABASE_URL": "postgresql://u:p@h/db",
    "GIT_DIR": "/elsewhere/.git",
    "PYTHONPATH": "/elsewhere",
    "OPENAI_API_KEY": "of-the-service",
}


def test_only_allowed_names_pass(tmp_path: Path) -> None:
    found = agent_environment(Config(root=tmp_path), SERVICE)
    assert {"PATH": "/opt/bin:/usr/bin", "HOME": "/home/ceo", "LANG": "de_DE.UTF-8"}.items() <= found.items()
    assert not {
        "SLACK_BOT_TOKEN",
        "AGENT_SERVICE_DATABASE_URL",
        "GIT_DIR",
        "PYTHONPATH",
        "OPENAI_API_KEY",
    } & set(found)


def test_a_name_that_config_allows_passes(tmp_path: Path) -> None:
    config = Config(root=tmp_path, environment_allowed=("PATH", "OPENAI_API_KEY"))
    assert agent_environment(config, SERVICE)["OPENAI_API_KEY"] == "of-the-service"
    assert "HOME" not in agent_environment(config, SERVICE)


def test_what_the_run_itself_sets_wins(tmp_path: Path) -> None:
    found = agent_environment(Config(root=tmp_path), SERVICE, {"LANG": "C", "AGENT_JOB": "job-1"})
    assert (found["LANG"], found["AGENT_JOB"]) == ("C", "job-1")


def test_there_is_always_a_path_and_nothing_asks_or_pages(tmp_path: Path) -> None:
    found = agent_environment(Config(root=tmp_path), {})
    assert found["PATH"]
    assert (found["GIT_TERMINAL_PROMPT"], found["PAGER"], found["TERM"]) == ("0", "cat", "dumb")


def test_planted_secrets_reach_neither_disk_nor_listener(bench: Bench) -> None:
    """The service's own, one of the agent's environment, and one that is only known by its shape."""
    planted = ["the-planted-secret", "an-agent-key-value", "ghp_" + "a1B2" * 9]
    script = (
        f'echo "{planted[0]}"; printf "%s" "$AGENT_API_KEY" >&2; echo {planted[2][:10]}; echo {planted[2]}'
    )
    end = bench.run("sh", "-c", script, env={"PATH": "/usr/bin:/bin", "AGENT_API_KEY": planted[1]})
    assert end.exit_code == 0
    everything = b"".join(path.read_bytes() for path in bench.folder.rglob("*") if path.is_file())
    for secret in planted:
        assert secret.encode() not in everything
        assert all(secret not in line for _, line in bench.heard)
    assert sorted(line for _, line in bench.heard) == sorted(["[redacted]"] * 3 + [planted[2][:10]])
