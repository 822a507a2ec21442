"""A company on another machine or in another folder: from a copy, or from a backup made while it worked."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT
from tests.conftest import Eventually
from tests.whole_company import Company, git

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only, pytest.mark.timeout(300)]

#: counts its starts, waits until it is told to go on, then changes a file
AGENT = (
    "import os, pathlib, time\n"
    "home = pathlib.Path(os.environ['HOME'])\n"
    "with (home / 'starts').open('a') as file: file.write('x')\n"
    "while not (home / 'go').exists(): time.sleep(0.02)\n"
    "pathlib.Path('a.txt').write_text('changed\\n')\n"
)
MADE_AGAIN = ("clones", "worktrees", "setup-cache", "runs")  # as docs/operations.md leaves them out


def home() -> Path:
    return Path(os.environ["HOME"])


@contextmanager
def daemon(config: Path) -> Iterator["subprocess.Popen[bytes]"]:
    service = subprocess.Popen(
        [sys.executable, "-m", "daemon.cli.main", "--config", str(config), "up", "--no-bot"],
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield service
    finally:
        service.kill()
        service.wait()


@pytest.fixture
def old(tmp_path: Path) -> Company:
    """A company whose repository's remote is on a machine of its own."""
    root = tmp_path / "old"
    root.mkdir()
    made = Company(root)
    made.agent("backend")
    bare = made.repository("shop", {"a.txt": "a\n"}, commands={"backend": [sys.executable, "-c", AGENT]})
    shutil.move(bare, tmp_path / "shop.git")
    made.configure_list("repositories", [])
    made.entry(
        "shop",
        path=str(tmp_path / "shop.git"),
        commands={"backend": [sys.executable, "-c", AGENT]},
        checks=[],
    )
    return made


def command(config: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "daemon.cli.main", "--config", str(config), *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def once(config: Path) -> "subprocess.CompletedProcess[str]":
    return command(config, "once")


def finished_once(config: Path, remote: Path) -> None:
    ran = once(config)
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    [branch] = git(remote, "branch", "--list", "agent/*", "--format=%(refname:short)").split()
    assert git(remote, "rev-list", "--count", f"main..{branch}") == "1"
    assert git(remote, "show", f"{branch}:a.txt") == "changed"


def test_a_company_that_is_moved_with_a_job_in_flight_finishes_it_where_it_is(
    old: Company, tmp_path: Path, eventually: Eventually
) -> None:
    old.drop("one.md", "---\nrepo: shop\n---\n# Change it\n")
    with daemon(old.write_config()) as service:
        eventually((home() / "starts").exists, within_s=60)
        service.send_signal(signal.SIGTERM)
        service.wait(10)
    (home() / "go").touch()
    old.root.rename(tmp_path / "new")
    finished_once(tmp_path / "new" / "config.yaml", tmp_path / "shop.git")


def back_up(company: Path, to: Path) -> None:
    """Do what docs/operations.md says, while the service runs."""
    state = company / ".compound-state"
    to.mkdir()
    for name in ("agent-service.db", "engine.db"):
        with (
            closing(sqlite3.connect(state / name)) as source,
            closing(sqlite3.connect(to / name)) as target,
        ):
            source.backup(target)
    left_out = shutil.ignore_patterns(*MADE_AGAIN, "*.db", "*.db-wal", "*.db-shm", "seed")
    shutil.copytree(company, to / "company", ignore=left_out, symlinks=True)
    for name in ("agent-service.db", "engine.db"):
        shutil.move(to / name, to / "company" / ".compound-state" / name)


@pytest.mark.parametrize("where", ["the same folder", "another folder"])
def test_a_backup_made_while_agents_worked_is_restored_and_finishes_their_job(
    where: str, old: Company, tmp_path: Path, eventually: Eventually
) -> None:
    old.drop("one.md", "---\nrepo: shop\n---\n# Change it\n")
    with daemon(old.write_config()) as service:
        eventually((home() / "starts").exists, within_s=60)
        back_up(old.root, tmp_path / "backup")
        (home() / "go").touch()
        eventually(lambda: list((old.root / "priorities" / "done").glob("*.md")), within_s=60)
        service.send_signal(signal.SIGTERM)
        service.wait(10)
    # All of it is lost, and with it what was delivered after the backup.
    git(
        tmp_path / "shop.git",
        "branch",
        "-D",
        *git(tmp_path / "shop.git", "branch", "--list", "agent/*").split(),
    )
    shutil.rmtree(old.root)
    place = old.root if where == "the same folder" else tmp_path / "new"
    (tmp_path / "backup" / "company").rename(place)
    finished_once(place / "config.yaml", tmp_path / "shop.git")
    assert (
        home() / "starts"
    ).read_text() == "xx"  # the agent is started again: its process is not in a backup


def test_a_restored_job_whose_work_was_in_a_clone_alone_fails_in_words_and_can_be_retried(
    old: Company, tmp_path: Path, eventually: Eventually
) -> None:
    old.agent("frontend", works_after=["agent-backend"])
    old.configure_list("repositories", [])
    writes = [sys.executable, "-c", "open('b.txt', 'w').write('b')"]
    waits = [sys.executable, "-c", AGENT]
    old.entry(
        "shop", path=str(tmp_path / "shop.git"), commands={"backend": writes, "frontend": waits}, checks=[]
    )
    old.drop("one.md", "---\nrepo: shop\n---\n# Change it\n")
    with daemon(old.write_config()):
        eventually((home() / "starts").exists, within_s=60)  # the first agent's work is merged by now
        back_up(old.root, tmp_path / "backup")
    (home() / "go").touch()
    shutil.rmtree(old.root)
    config = tmp_path / "backup" / "company" / "config.yaml"
    ran = once(config)
    assert ran.returncode == 4, (ran.stdout, ran.stderr)
    job = json.loads(command(config, "jobs", "--json").stdout)["jobs"][0]
    assert job["status"] == "failed"
    assert "is not in the service's clone any more" in job["outcome"], job["outcome"]
    assert command(config, "retry", "last").returncode == 0
    finished_once(config, tmp_path / "shop.git")
