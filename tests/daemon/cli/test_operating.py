"""The company as a service: written, started, looked at, restarted and removed through a systemctl that runs units."""

import json
from pathlib import Path

import pytest

from tests.conftest import Eventually
from tests.daemon.cli.conftest import Run, Systemd


def test_a_dry_run_prints_the_unit_and_touches_nothing(run: Run, systemd: Systemd) -> None:
    ran = run("install", "--user", "--dry-run")
    assert ran.code == 0
    assert "Type=notify" in ran.out
    assert "up --no-bot" in ran.out
    assert "# runs: systemctl --user enable agent-service-daemon-company-" in ran.out
    assert systemd.units == []
    assert systemd.book["enabled"] == []


def test_without_slacks_token_only_the_daemon_is_a_service_and_that_is_said(
    run: Run, systemd: Systemd
) -> None:
    ran = run("install", "--user", "--dry-run")
    assert "the bot is left out" in ran.err
    assert "SLACK_BOT_TOKEN" in ran.err


def test_with_a_token_the_bot_is_a_service_of_its_own_and_no_secret_is_written_down(
    run: Run, systemd: Systemd, company: Path
) -> None:
    secrets = company / ".compound-state" / "service.env"
    secrets.parent.mkdir(exist_ok=True)
    secrets.write_text("SLACK_BOT_TOKEN=xoxb-secret-of-the-company\nSLACK_APP_TOKEN=xapp-secret\n")
    secrets.chmod(0o600)
    facts = run("install", "--user", "--dry-run", "--json").facts
    daemon, bot = facts["services"]
    assert "agent-service-daemon-" in daemon["name"]
    assert "agent-service-bot-" in bot["name"]
    assert bot["text"].count(" bot\n") == 1
    assert "xoxb-" not in json.dumps(facts)


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_installed_it_runs_and_again_nothing_changes_until_it_is_removed(
    run: Run, systemd: Systemd, company: Path, eventually: Eventually
) -> None:
    assert run("status").code == 1
    first = run("install", "--user")
    assert first.code == 0, first.err
    assert first.out.startswith("installed agent-service-daemon-company-")
    [pid] = systemd.book["pids"].values()
    status = run("status", "--json")
    assert status.code == 0
    assert [(one["program"], one["is_running"], one["pid"]) for one in status.facts["services"]] == [
        ("daemon", True, pid)
    ]

    assert run("install", "--user").out.startswith("unchanged ")
    assert list(systemd.book["pids"].values()) == [pid]

    assert run("restart").out == "restarted: daemon\n"
    [other] = systemd.book["pids"].values()
    assert other != pid

    assert run("uninstall").out == "removed: daemon\n"
    assert systemd.units == []
    assert systemd.book["enabled"] == []
    eventually(lambda: not Path(f"/proc/{other}").exists() or run("status").code == 1)
    assert run("uninstall").out == "removed: nothing was installed\n"


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_a_unit_that_a_person_edited_is_not_overwritten_without_a_word(run: Run, systemd: Systemd) -> None:
    run("install", "--user")
    [unit] = systemd.units
    unit.write_text(unit.read_text() + "# Nice=5 of mine\n")
    refused = run("install", "--user")
    assert refused.code == 1
    assert "edited since it was installed" in refused.err
    assert "--force" in refused.err
    assert "# Nice=5 of mine" in unit.read_text()

    forced = run("install", "--user", "--force")
    assert forced.out.startswith("updated ")
    assert "# Nice=5 of mine" not in unit.read_text()
    assert "# Nice=5 of mine" in unit.with_name(f"{unit.name}.kept").read_text()
    run("uninstall")


def test_restart_without_a_service_says_what_to_do(run: Run, systemd: Systemd) -> None:
    ran = run("restart")
    assert ran.code == 1
    assert "agent-service install" in ran.err


def test_without_a_service_manager_one_line_says_what_else_keeps_programs_running(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    ran = run("install", "--user")
    assert ran.code == 1
    assert "services need systemd or launchd" in ran.err
