"""An upgrade while agents are at work: the version before begins a job, this one ends it, once.

The earlier version is a commit of this repository, run by an interpreter of its own. Both are whole processes.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from company.orders import jobs
from company.orders.office import Actor, Role
from company.work.job import JobStatus
from daemon.engine import WORKFLOW_VERSION
from tests.checkout import CHECKOUT
from tests.conftest import Eventually
from tests.faults.earlier_version import EarlierVersion, last_release, migrations_in, previous_commit
from tests.whole_company import SUITE, Company, Start, git

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only, pytest.mark.timeout(300)]

LEAVES_WITHIN_S = 10.0
VERSIONS = ["commit", "release"] if last_release() else ["commit"]
#: says in a file of its own that it began, waits until it is told to go on, then changes a file
AGENT = (
    "import os, pathlib, sys, time\n"
    "home, name = pathlib.Path(os.environ['HOME']), sys.argv[1]\n"
    "with (home / f'{name}.starts').open('a') as file: file.write('x')\n"
    "while not (home / 'go').exists(): time.sleep(0.02)\n"
    "pathlib.Path(f'{name}.txt').write_text('changed\\n')\n"
)
TEST = (
    "import pathlib, unittest\n\n\nclass Changed(unittest.TestCase):\n"
    "    def test_changed(self):\n"
    "        texts = {pathlib.Path(f'{name}.txt').read_text() for name in ('backend', 'frontend')}\n"
    "        self.assertEqual(texts, {'changed\\n'})\n"
)


def home() -> Path:
    return Path(os.environ["HOME"])


def starts(agent: str) -> str:
    path = home() / f"{agent}.starts"
    return path.read_text() if path.exists() else ""


@contextmanager
def daemon(python: Path, code: Path, config: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a version's daemon from another folder than its own; whatever happens it is gone afterwards."""
    log = config.parent / f"{code.name}.terminal"
    with log.open("ab") as output:
        service = subprocess.Popen(
            [python, "-P", "-m", "daemon.cli.main", "--config", config, "up", "--no-bot"],
            cwd=config.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield service
        finally:
            service.kill()
            service.wait()


def once(python: Path, config: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [python, "-P", "-m", "daemon.cli.main", "--config", config, "once"],
        cwd=config.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def two_agents(company: Company) -> Path:
    company.agent("backend")
    company.agent("frontend", works_after=["agent-backend"])
    commands = {name: [sys.executable, "-c", AGENT, name] for name in ("backend", "frontend")}
    files = {"backend.txt": "b\n", "frontend.txt": "f\n", "test_changed.py": TEST}
    bare = company.repository("shop", files, commands=commands)
    company.drop(
        "one.md", f"---\nrepo: shop\nchecks:\n  - name: tests\n    run: {SUITE}\n---\n# Change both\n"
    )
    return bare


def is_shape_changed_in_place(earlier: EarlierVersion) -> bool:
    """Say whether no step leads from its database to ours: before a release schema.sql may change like that."""
    ours = (CHECKOUT / "schema.sql").read_text(encoding="utf-8")
    return earlier.schema() != ours and earlier.migrations() == migrations_in(CHECKOUT)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=["told to leave", "killed"])
@pytest.mark.parametrize("which", VERSIONS)
def test_a_job_that_the_version_before_began_is_finished_once_by_this_one(
    which: str,
    ending: signal.Signals,
    company: Company,
    start: Start,
    eventually: Eventually,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    commit = last_release() if which == "release" else previous_commit()
    earlier = EarlierVersion(commit, tmp_path_factory.mktemp("earlier"))
    bare = two_agents(company)
    config = company.write_config()
    try:
        with daemon(earlier.python, earlier.tree, config) as service:
            eventually(lambda: starts("backend"), within_s=60)
            began = time.monotonic()
            service.send_signal(ending)
            assert service.wait(LEAVES_WITHIN_S) == (0 if ending is signal.SIGTERM else -ending)
            assert time.monotonic() - began < LEAVES_WITHIN_S
    finally:
        (home() / "go").touch()

    ran = once(Path(sys.executable), config)
    if is_shape_changed_in_place(earlier) and "differs from schema.sql" in ran.stderr:
        ran = once(earlier.python, config)  # it was refused and not touched: the version that made it goes on
        assert ran.returncode == 0, (ran.stdout, ran.stderr)
        assert (starts("backend"), starts("frontend")) == ("x", "x")
        return
    assert ran.returncode == 0, (ran.stdout, ran.stderr)

    running = start()
    job = running.job()
    assert job.status is JobStatus.COMPLETED
    assert (starts("backend"), starts("frontend")) == (
        "x",
        "x",
    )  # the first outlived its daemon and was found
    assert company.folders() == {"done": [job.priority_file]}
    assert git(bare, "rev-list", "--count", f"main..{job.branch_name}") == "1"
    assert git(bare, "show", f"{job.branch_name}:backend.txt", f"{job.branch_name}:frontend.txt") == (
        "changed\nchanged"
    )
    workers = [one for one in running.tasks(job.id) if one.agent_id in ("agent-backend", "agent-frontend")]
    assert [running.rewards(one.id) for one in workers] == [[10.0], [10.0]]
    assert len(list((company.root / "reports").glob("*/report.md"))) == 1


def test_a_job_of_another_workflow_version_ends_in_a_clear_word_and_can_be_retried(
    company: Company, start: Start, eventually: Eventually
) -> None:
    two_agents(company)
    config = company.write_config()
    with daemon(Path(sys.executable), CHECKOUT, config) as service:
        eventually(lambda: starts("backend"), within_s=60)
        service.kill()
        service.wait()
    (home() / "go").touch()
    engine = sqlite3.connect(company.root / ".compound-state" / "engine.db")
    with engine:
        engine.execute("UPDATE workflow_status SET application_version = '0'")
    engine.close()

    ran = once(Path(sys.executable), config)
    assert ran.returncode == 4, (ran.stdout, ran.stderr)
    running = start()
    first = running.job()
    assert first.status is JobStatus.FAILED
    assert f"begun by workflow version 0, and this is {WORKFLOW_VERSION}" in (first.outcome or "")
    assert "retry it" in (first.outcome or "")
    jobs.retry(running.daemon.office(), Actor("kim", Role.CEO, "terminal"), first.id)
    eventually(
        lambda: [one.status for one in running.jobs()] == [JobStatus.FAILED, JobStatus.COMPLETED], within_s=60
    )
