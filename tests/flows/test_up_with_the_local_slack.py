"""`agent-service up` without any token: daemon, bot and the local Slack under one parent, and the sample told there."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from bot.local_slack.credentials import credentials_of
from company.config import shipped
from tests.bot.slack_stand_in import ADA, BOT_USER, CLEO, SlackStandIn
from tests.conftest import Eventually

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_the_first_start_shows_the_sample_in_the_local_slack_and_one_signal_ends_all(
    tmp_path: Path, eventually: Eventually
) -> None:
    config = company_with_a_shop(tmp_path / "company")
    screen = tmp_path / "screen.txt"
    with screen.open("w") as file:
        up = subprocess.Popen(
            [sys.executable, "-m", "daemon.cli.main", "--config", str(config), "up"],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: "Talk to it in the local Slack" in screen.read_text(encoding="utf-8"), 90)
        slack = stand_in(screen.read_text(encoding="utf-8"), config.parent, eventually)
        slack.wait_until_connected()
        card = slack.wait_for_message(ADA, lambda one: "Exact prices" in str(one) and "job_logs" in str(one))
        eventually(lambda: "completed" in str(slack.message(card)), 60)
        assert slack.command(ADA, "#general", "/jobs")["acknowledged"]
        eventually(lambda: "Exact prices" in str(slack.ephemerals(ADA)))
        said = slack.say(ADA, "#company", f"<@{BOT_USER}> write it down [repo:shop]")
        done = slack.wait_for_message("#company", lambda one: "job_stop" in str(one), thread=said["ts"])
        eventually(lambda: "completed" in str(slack.message(done)), 60)
        eventually(lambda: "made.txt" in str(slack.thread(said)))
        slack.command(CLEO, "#general", "/agents fire Backend")
        slack.command(CLEO, "#general", "/agents pause")
        eventually(lambda: "🔒" in str(slack.ephemerals(CLEO)))
        programs = psutil.Process(up.pid).children(recursive=True)
        assert len(programs) >= 3
    finally:
        up.send_signal(signal.SIGINT)
        assert up.wait(30) == 0
    _, alive = psutil.wait_procs(programs, timeout=10)
    assert not alive, alive


def company_with_a_shop(folder: Path) -> Path:
    """Make a company with the sample, and a repository whose one agent writes a file; return its config.yaml."""
    folder.mkdir()
    seed, bare = folder / "seed", folder / "shop.git"
    seed.mkdir()
    (seed / "README.md").write_text("A shop.\n", encoding="utf-8")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for argv in (("init", "-q", "-b", "main"), ("add", "-A"), (*who, "commit", "-qm", "Begin")):
        subprocess.run(["git", *argv], cwd=seed, check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(seed), str(bare)], check=True)
    known = yaml.safe_load(shipped("config.yaml").read_text(encoding="utf-8"))
    known["slack"]["local_port"] = 0
    writes = ["{python}", "-c", "import time; time.sleep(1); open('made.txt', 'w').write('made')"]
    known["repositories"].append({"name": "shop", "path": str(bare), "commands": {"backend": writes}})
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(known, sort_keys=False), encoding="utf-8")
    return path


def stand_in(screen: str, folder: Path, eventually: Eventually) -> SlackStandIn:
    """Return the people of the local Slack whose address the service printed."""
    address: Any = re.search(r"(http://127\.0\.0\.1:\d+)/\?key=(\S+)", screen)
    assert address is not None, screen
    credentials = credentials_of(folder / ".compound-state" / "local-slack", {})
    assert credentials.page_key == address[2]
    return SlackStandIn(address[1], credentials, eventually, address[0], lambda: None)
