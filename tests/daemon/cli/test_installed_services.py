"""Installed services at work: daemon and bot apart, with the unit's environment and nothing of a terminal."""

import os
import signal
from pathlib import Path

import pytest

from tests.bot.slack_stand_in import ADA, SlackStandIn
from tests.conftest import Eventually
from tests.daemon.cli.conftest import Run, Systemd
from tests.daemon.cli.test_doctor import configure, findings
from tests.whole_company import git

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only]

#: an agent CLI as installers put it into a home folder: on no PATH of a service manager, and needing what is beside it
AGENT_CLI = "#!/bin/sh\nhelper-of-agent-cli > made.txt\n"


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def repository_at(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text("a\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Begin")
    return folder


def test_a_service_finds_an_agent_cli_that_no_service_managers_path_names(
    run: Run, company: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path(os.environ["HOME"]) / ".local" / "bin"
    write_program(place / "agent-cli", AGENT_CLI)
    write_program(place / "helper-of-agent-cli", "#!/bin/sh\necho made\n")
    shop = repository_at(company.parent / "shop")
    configure(
        company,
        f"repositories:\n  - name: shop\n    path: {shop}\n    commands: {{backend: [agent-cli]}}\n",
    )
    monkeypatch.setenv("PATH", f"{systemd.folder / 'bin'}:/usr/bin:/bin")
    installed = run("install", "--user")
    assert installed.code == 0, installed.err
    assert f"agent-cli was found in {place}" in installed.err
    try:
        assert findings(run)["service daemon, its PATH"]["text"] == "finds agent-cli"
        (company.parent / "make.md").write_text("---\nrepo: shop\n---\n# Make it\n")
        done = run("drop", company.parent / "make.md", "--wait")
        assert done.code == 0, (done.out, done.err)
        (place / "agent-cli").unlink()
        assert findings(run)["service daemon, its PATH"]["state"] == "broken"
    finally:
        assert run("uninstall").code == 0


def test_daemon_and_bot_are_services_of_their_own(
    run: Run, company: Path, systemd: Systemd, local_slack: SlackStandIn, eventually: Eventually
) -> None:
    configure(company, f"slack:\n  base_url: {local_slack.api_url}\n")
    secrets = company / ".compound-state" / "service.env"
    secrets.parent.mkdir(exist_ok=True)
    secrets.write_text(f"SLACK_BOT_TOKEN={local_slack.bot_token}\nSLACK_APP_TOKEN={local_slack.app_token}\n")
    secrets.chmod(0o600)
    installed = run("install", "--user", "--json")
    assert installed.code == 0, installed.err
    assert [one["action"] for one in installed.facts["services"]] == ["installed", "installed"]
    assert local_slack.bot_token not in "".join(unit.read_text() for unit in systemd.units)
    try:
        local_slack.wait_until_connected()
        assert local_slack.command(ADA, "#company", "/agents help")["acknowledged"]
        pids = dict(systemd.book["pids"])
        assert len(set(pids.values())) == 2

        [bot] = [pid for name, pid in pids.items() if "-bot-" in name]
        os.kill(bot, signal.SIGTERM)  # the daemon knows nothing of it
        eventually(lambda: run("status").code == 1, within_s=30)
        states = {one["program"]: one["is_running"] for one in run("status", "--json").facts["services"]}
        assert states == {"daemon": True, "bot": False}
        assert findings(run)["service bot"]["state"] == "broken"

        assert run("restart").out == "restarted: daemon, bot\n"
        assert run("status").code == 0
        assert not set(systemd.book["pids"].values()) & set(pids.values())
        local_slack.wait_until_connected()
        assert "up, pid" in run("logs").out
        assert run("logs", "--bot", "--json").facts["lines"]
    finally:
        assert run("uninstall").out == "removed: daemon, bot\n"
    assert systemd.units == []
