"""A file system that can only be read: said in clear words, waited out, and gone on with by itself."""

import os
import sys
from pathlib import Path

import pytest

from tests.conftest import Eventually
from tests.faults.own_mounts import mount, unmount, with_own_mounts
from tests.faults.test_full_disk import command
from tests.whole_company import Company, Start

pytestmark = pytest.mark.sqlite_only

#: says that it began and waits for a word; what it writes is in a file system that can be written again then
WAIT_AND_WRITE = (
    "import os, pathlib\n"
    "home = pathlib.Path(os.environ['HOME'])\n"
    "with (home / 'began').open('a') as file: file.write('.')\n"
    "(home / 'go').open().read()\n"
    "pathlib.Path('a.txt').write_text('changed\\n')\n"
    "(home / 'ended').touch()\n"
)


def home() -> Path:
    return Path(os.environ["HOME"])


def make_read_only(folder: Path) -> None:
    """Mount ``folder`` over itself, for reading: what is opened from now on cannot be written."""
    mount("--bind", str(folder), str(folder))
    mount("-o", "remount,bind,ro", str(folder))


def waiting_company(company: Company) -> None:
    company.agent("backend")
    company.repository("site", {"a.txt": "a\n"}, commands={"backend": [sys.executable, "-c", WAIT_AND_WRITE]})
    company.write_config()
    os.mkfifo(home() / "go")


@with_own_mounts
def test_what_runs_is_kept_what_comes_waits_and_all_goes_on_when_it_can_be_written(
    company: Company, start: Start, eventually: Eventually
) -> None:
    waiting_company(company)
    running = start()
    company.drop("site.md", "---\nrepo: site\n---\n# Change it\n")
    (home() / "more.md").write_text("---\nrepo: site\n---\n# Change it again\n")
    eventually((home() / "began").exists, within_s=20)
    make_read_only(company.root)

    for words in (["drop", str(home() / "more.md")], ["pause"]):
        refused = command(company, *words)
        assert (refused.returncode, refused.stderr.lower().count("read-only")) == (1, 1), refused.stderr
        assert " → " in refused.stderr
    doctor = command(company, "doctor")
    assert f"the disk of {company.root}/priorities can only be read" in doctor.stdout
    assert doctor.returncode == 1

    (home() / "go").open("w").close()
    [job] = running.jobs()
    eventually((home() / "ended").exists, within_s=20)  # and what follows it finds nowhere to write
    assert running.jobs()[0].status == "in_progress"
    assert running.rewards(job.id) == []

    unmount(company.root)
    company.drop("more.md", (home() / "more.md").read_text())
    eventually(lambda: len(running.jobs()) == 2, within_s=30)
    (home() / "go").open("w").close()
    running.daemon.drain()
    assert [one.status for one in running.jobs()] == ["completed", "completed"]
    assert [one.iteration_count for one in running.jobs()] == [1, 1]


@with_own_mounts
def test_a_service_that_is_started_there_says_so_in_one_line(company: Company) -> None:
    waiting_company(company)
    make_read_only(company.root)
    started = command(company, "up", "--no-bot")
    assert started.returncode == 1
    assert started.stderr.count("\n") == 1, started.stderr
    assert "ead-only" in started.stderr
    assert " → " in started.stderr
