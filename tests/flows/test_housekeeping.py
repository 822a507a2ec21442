"""The daemon cleans up behind itself: at its start, in a thread of its own, the engine's notes too."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest

from company.clock import SystemClock
from tests.conftest import SettableClock
from tests.whole_company import Company, Start

Eventually = Callable[..., None]


@pytest.mark.sqlite_only
def test_what_old_jobs_left_is_gone_soon_after_the_start(
    company: Company, start: Start, finish: Start, eventually: Eventually
) -> None:
    company.agent("backend")
    company.repository("notes", {"a.txt": "a\n"}, commands={"backend": ["sed", "-i", "s/a/b/", "a.txt"]})
    company.drop("notes.md", "---\nrepo: notes\n---\n# Change a letter\n")
    first = finish()
    job = first.job()
    assert job.status == "completed"
    first.daemon.close()
    state = company.root / ".compound-state"
    left = state / "worktrees" / job.id / "1-backend"
    left.mkdir(parents=True)
    (left / "node_modules").write_bytes(b"x" * 100_000)
    assert steps_of(company, job.id) > 0

    running = start(clock=SettableClock(SystemClock().now() + timedelta(days=31)))
    eventually(lambda: not (state / "worktrees" / job.id).exists(), within_s=10)
    eventually(lambda: not (state / f"session-{job.id}").exists(), within_s=10)
    eventually(lambda: steps_of(company, job.id) == 0, within_s=10)
    assert running.job().status == "completed"
    assert (company.root / "reports" / job.id / "report.md").exists()
    assert company.log(job.id)
    company.drop("again.md", "---\nrepo: notes\n---\n# Change it again\n")
    running.daemon.drain()
    assert [job.status.value for job in running.jobs()] == ["completed", "completed"]


def steps_of(company: Company, job_id: str) -> int:
    with closing(sqlite3.connect(company.root / ".compound-state" / "engine.db")) as connection:
        tables = ("operation_outputs", "workflow_status", "workflow_input", "workflow_output")
        counts = [
            connection.execute(f"SELECT count(*) FROM {name} WHERE workflow_uuid = ?", [job_id]).fetchone()[0]
            for name in tables
        ]
    return sum(counts)
