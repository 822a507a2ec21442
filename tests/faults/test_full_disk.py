"""A disk that fills up: new work is refused in clear words, running work waits, and goes on by itself."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.own_mounts import SmallDisk, with_own_mounts
from tests.faults.page_job import STEPS, describe, outcome
from tests.whole_company import Company, Start

Eventually = Callable[..., None]

pytestmark = pytest.mark.sqlite_only

#: says that it began, waits for a word, and writes: everything it needs but the worktree lies on another disk
WAIT_AND_WRITE = (
    "import os, pathlib\n"
    "home = pathlib.Path(os.environ['HOME'])\n"
    "with (home / 'began').open('a') as file: file.write('.')\n"
    "(home / 'go').open().read()\n"
    "pathlib.Path('a.txt').write_text('x' * 100_000)\n"
)


def waiting_company(company: Company) -> SmallDisk:
    disk = SmallDisk(company.root, 64)
    company.configure(limits={"disk_reserve_mb": 16})
    company.agent("backend")
    company.repository("site", {"a.txt": "a\n"}, commands={"backend": [sys.executable, "-c", WAIT_AND_WRITE]})
    company.write_config()
    os.mkfifo(home() / "go")
    return disk


def home() -> Path:
    return Path(os.environ["HOME"])


def command(company: Company, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "daemon.cli.main", "--config", str(company.root / "config.yaml")]
    return subprocess.run(
        [*program, *arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@with_own_mounts
def test_what_runs_is_kept_what_comes_is_refused_and_all_goes_on_when_there_is_room(
    company: Company, start: Start, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    disk = waiting_company(company)
    running = start()
    company.drop("site.md", "---\nrepo: site\n---\n# Write a lot\n")
    (home() / "more.md").write_text("---\nrepo: site\n---\n# Even more\n")
    draft = company.root / "later.draft"
    draft.write_text("---\nrepo: site\nrunner: command\n---\n# Come later\n")
    eventually((home() / "began").exists, within_s=20)
    disk.fill()
    draft.rename(company.root / "priorities" / "later.md")

    refused = command(company, "drop", str(home() / "more.md"))
    words = "agent-service: No space left on device → free space on the disk and try again\n"
    assert (refused.returncode, refused.stderr) == (1, words)
    paused = command(company, "pause")
    assert (paused.returncode, paused.stderr) == (
        1,
        "agent-service: the database is full: database or disk is full → nothing was written; free space on its disk "
        "and try again\n",
    )
    doctor = command(company, "doctor")
    assert "0 MB are free on the disk" in doctor.stdout
    assert doctor.returncode == 1

    (home() / "go").open("w").close()  # the agent writes, finds no room, and fails
    eventually(lambda: "may start" in caplog.text, within_s=10)
    [job] = running.jobs()
    assert (job.status, running.rewards(job.id)) == ("in_progress", [])
    disk.free()
    eventually(lambda: (home() / "began").read_text() == "..", within_s=20)  # it is not blamed, but run again
    (home() / "go").open("w").close()
    eventually(lambda: len(running.jobs()) == 2, within_s=40)
    eventually(lambda: (home() / "began").read_text() == "...", within_s=20)
    (home() / "go").open("w").close()
    running.daemon.drain()
    assert [job.status for job in running.jobs()] == ["completed", "completed"]
    assert [job.iteration_count for job in running.jobs()] == [1, 1]
    assert running.rewards(job.id) == []
    assert company.folders() == {"done": sorted(job.priority_file for job in running.jobs())}


@pytest.mark.slow
@pytest.mark.timeout(300)
@with_own_mounts
def test_a_disk_that_is_full_at_each_step_changes_nothing_but_the_time(
    company: Company, finish: Start
) -> None:
    disk = SmallDisk(company.root, 64)
    company.configure(limits={"disk_reserve_mb": 16})
    bare = describe(company)
    filled = []

    def fill(_job_id: str, name: str, moment: str) -> None:
        if moment == "before":
            filled.append(name)
            disk.fill()
            threading.Timer(1.0, disk.free).start()

    running = finish(within_s=240, on_step=fill)
    after = outcome(company, running, bare)
    assert set(filled) >= set(STEPS)
    assert after["session"][:3] == ("completed", 0, 2)
    assert after["rewards"].count(("task", "completed", 10.0)) == 7
    assert after["rewards"].count(("task", "failed", -5.0)) == 3
    assert (after["commits"], after["folders"], after["worktrees"]) == ("1", {"done": 1}, [])
