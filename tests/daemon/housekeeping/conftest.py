"""A company that has been at work: real jobs in its books, real folders of theirs, and time that can pass."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from company.config import Config, load_config, shipped
from company.ids import new_job_id
from company.orders.office import Office
from company.store import sessions
from company.store.gate import Store
from company.store.seeding import seed
from company.work.job import JobStatus
from daemon.housekeeping.keeping import Housekeeper
from daemon.processes.spawn import Processes
from tests.conftest import SettableClock

FOLDERS = {
    "worktrees": "state/worktrees/{job}/1-backend/file",
    "runs": "state/runs/{job}/1-backend/1/index",
    "state": "state/session-{job}/session.json",
    "log": "logs/running-jobs/{job}.log",
    "report": "reports/{job}/report.md",
}


class Books:
    """The company's rows and folders, as jobs leave them."""

    def __init__(self, office: Office, clock: SettableClock) -> None:
        self.office, self.clock = office, clock
        self.root = office.config.root

    def job(self, status: JobStatus = JobStatus.COMPLETED, **columns: object) -> str:
        """Make a job with this status, now, and the folders it has."""
        job_id = new_job_id(self.clock.now())
        row = {
            "id": job_id, "team_id": "team-engineering", "title": "Something", "priority_file": f"x.{job_id}.md",
            "priority_text": "# Something\n", "start_key": job_id, "requested_by": "me", **columns,
        }  # fmt: skip
        with self.office.store.transaction() as tx:
            sessions.insert_pending(tx, row)
            if status is not JobStatus.PENDING:
                sessions.move(tx, job_id, JobStatus.IN_PROGRESS)
            if status not in (JobStatus.PENDING, JobStatus.IN_PROGRESS):
                sessions.move(tx, job_id, status)
        for place in FOLDERS.values():
            path = self.root / place.format(job=job_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * 10_000)
        return job_id

    def kept(self, job_id: str) -> set[str]:
        """Return what of a job is still there."""
        return {kind for kind, place in FOLDERS.items() if (self.root / place.format(job=job_id)).exists()}

    def age(self, path: Path, **span: float) -> None:
        """Let a file have been used so long ago."""
        moment = (self.clock.now() - timedelta(**span)).timestamp()
        os.utime(path, (moment, moment))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    root = tmp_path / "company"
    root.mkdir()
    text = shipped("config.yaml").read_text(encoding="utf-8")
    (root / "config.yaml").write_text(text.replace("state: .compound-state", "state: state"))
    return load_config(root / "config.yaml", {})


@pytest.fixture
def books(store: Store, config: Config, clock: SettableClock) -> Books:
    with store.transaction() as tx:
        seed(tx, config)
    return Books(Office(store, config, clock), clock)


@pytest.fixture
def keeper(books: Books) -> Iterator[Housekeeper]:
    processes = Processes(books.root / "state" / "runs")
    made = Housekeeper(lambda: books.office, processes)
    yield made
    made.close()
    processes.close()
