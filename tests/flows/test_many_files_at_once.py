"""A hundred files at once: every one is done, nothing is mixed up, and no limit is passed at any moment."""

import json
import sys
import threading
from collections import Counter

import pytest

from daemon.app import Daemon
from tests.whole_company import Company, Start, git

JOBS = 100
JOBS_AT_ONCE = 4
JOBS_PER_REPOSITORY = 2
REPOSITORIES = ("north", "south", "east")

ADD_A_FILE = "import os, pathlib; pathlib.Path(os.environ['AGENT_JOB'] + '.txt').write_text('done\\n')"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_files_become_a_hundred_finished_jobs(company: Company, finish: Start) -> None:
    company.configure(limits={"jobs_at_once": JOBS_AT_ONCE, "jobs_per_repository": JOBS_PER_REPOSITORY})
    company.agent("backend")
    bare = {
        name: company.repository(
            name,
            {"readme.txt": f"{name}\n"},
            commands={"backend": [sys.executable, "-c", ADD_A_FILE]},
            checks=[{"name": "readme", "run": ["test", "-f", "readme.txt"]}],
        )
        for name in REPOSITORIES
    }
    for number in range(JOBS):
        company.drop(
            f"job-{number}.md", f"---\nrepo: {REPOSITORIES[number % 3]}\n---\n# Job number {number}\n"
        )
    passed: list[str] = []
    looked = Counter[str]()
    daemons: list[Daemon] = []

    def look(job_id: str, step: str, moment: str) -> None:
        with daemons[0].store.reading() as tx:
            rows = tx.all("SELECT target_repo FROM sessions WHERE status = 'in_progress'")
        counts = Counter(row["target_repo"] for row in rows)
        looked["times"] += 1
        if len(rows) > JOBS_AT_ONCE or max(counts.values(), default=0) > JOBS_PER_REPOSITORY:
            passed.append(f"{step}: {dict(counts)}")

    def remember(daemon: Daemon) -> None:
        daemons.append(daemon)

    running = finish(within_s=500, on_step=look, on_made=remember)
    jobs = running.jobs()
    assert Counter(job.status.value for job in jobs) == {"completed": JOBS}, [j.outcome for j in jobs]
    assert passed == []
    assert looked["times"] > JOBS * 10
    branches = [job.branch_name for job in jobs]
    assert len(set(branches)) == JOBS
    for name, remote in bare.items():
        mine = {job.branch_name for job in jobs if job.target_repo == name}
        assert set(git(remote, "branch", "--format=%(refname:short)").split()) == {"main", *mine}
        for job in jobs:
            if job.target_repo == name:
                files = git(remote, "diff", "--name-only", "main", job.branch_name or "").split()
                assert files == [f"{job.id}.txt"]
    states = sorted((company.root / ".compound-state").glob("session-*/*.json"))
    assert len(states) == JOBS * 5
    for state in states:
        assert json.loads(state.read_text())["job"] in state.parent.name
    assert len(company.folders()["done"]) == JOBS
    assert threading.active_count() < 100


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_five_hundred_files_at_once_are_all_taken(company: Company, start: Start, eventually: object) -> None:
    company.agent("backend")
    company.repository("north", {"a.txt": "a\n"}, commands={"backend": ["true"]})
    running = start()
    with running.daemon.store.transaction() as tx:
        tx.insert("pauses", {"scope": "all", "reason": "", "paused_by": "test", "paused_at": tx.now_iso})
    for number in range(500):
        company.drop(f"n{number}.md", f"---\nrepo: north\n---\n# Number {number}\n")
    assert callable(eventually)
    eventually(lambda: len(running.jobs()) == 500, within_s=120)
    assert Counter(job.status.value for job in running.jobs()) == {"pending": 500}
    eventually(lambda: len(company.folders().get("queued", [])) == 500, within_s=60)
    assert company.folders().get("priorities") is None
