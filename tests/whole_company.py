"""A whole company in a temporary folder: real configuration, repositories, daemon, processes; nothing is doubled."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from company.config import ConfigWatch
from company.store import outbox, sessions, tasks
from company.store.outbox import Word
from company.store.sessions import Session
from company.store.tasks import Task
from daemon.app import Daemon

SUITE = [sys.executable, "-m", "unittest", "-q"]


def git(cwd: Path, *argv: str) -> str:
    """Call git as a person would, in an empty HOME."""
    identity = {
        "GIT_AUTHOR_NAME": "person", "GIT_AUTHOR_EMAIL": "person@example.com",
        "GIT_COMMITTER_NAME": "person", "GIT_COMMITTER_EMAIL": "person@example.com",
    }  # fmt: skip
    ran = subprocess.run(
        ["git", *argv], cwd=cwd, env={**os.environ, **identity}, capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


class Company:
    """One company folder and what tests do with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._config: dict[str, Any] = {
            "company": {"name": "Test Company", "time_zone": "Europe/Berlin"},
            "intake": {"settle_s": 0.05, "rescan_s": 5},
            "teams": [
                {"id": "team-engineering", "name": "Engineering", "domain": "engineering"},
                {"id": "team-marketing", "name": "Marketing", "domain": "marketing"},
            ],
            "agents": [],
            "repositories": [],
            "evaluation": {"schedule": ""},
        }
        for name, duty in [
            ("orchestrator", "plan"),
            ("verification", "verify"),
            ("senior-reviewer", "review"),
        ]:
            self.agent(name, duty=duty)

    def configure(self, **sections: dict[str, Any]) -> None:
        """Set keys of sections of config.yaml."""
        for section, values in sections.items():
            self._config.setdefault(section, {}).update(values)

    def configure_list(self, section: str, values: list[dict[str, Any]]) -> None:
        """Set a section of config.yaml that is a list."""
        self._config[section] = values

    def agent(self, name: str, *, team: str = "team-engineering", duty: str = "work", **fields: Any) -> None:
        """Add an agent to config.yaml."""
        self._config["agents"].append(
            {
                "id": f"agent-{name}",
                "team": team,
                "name": name.title(),
                "role": "Someone",
                "duty": duty,
                **fields,
            }
        )

    def repository(
        self,
        name: str,
        files: dict[str, str],
        *,
        commands: dict[str, list[str]],
        checks: list[dict[str, Any]] | None = None,
        **fields: Any,
    ) -> Path:
        """Make a bare repository with one commit, and its entry in config.yaml; return the bare repository."""
        seed = self.root / "seed" / name
        seed.mkdir(parents=True)
        for path, text in files.items():
            (seed / path).parent.mkdir(parents=True, exist_ok=True)
            (seed / path).write_text(text)
        git(seed, "init", "-q", "-b", "main")
        git(seed, "add", "-A")
        git(seed, "commit", "-qm", "Begin")
        bare = self.root / "remotes" / f"{name}.git"
        bare.parent.mkdir(exist_ok=True)
        git(self.root, "clone", "-q", "--bare", str(seed), str(bare))
        self.entry(name, path=str(bare), commands=commands, checks=checks or [], **fields)
        return bare

    def entry(self, name: str, **fields: Any) -> None:
        """Add a repository's entry to config.yaml."""
        self._config["repositories"].append({"name": name, **fields})

    def write_config(self) -> Path:
        """Write config.yaml as it stands."""
        path = self.root / "config.yaml"
        path.write_text(yaml.safe_dump(self._config, sort_keys=False))
        return path

    def drop(self, name: str, text: str) -> Path:
        """Put a file in the inbox the way editors do: whole."""
        inbox = self.root / "priorities"
        inbox.mkdir(exist_ok=True)
        draft = self.root / f".{name}.draft"
        draft.write_text(text)
        return draft.rename(inbox / name)

    def folders(self) -> dict[str, list[str]]:
        """Return what lies in priorities/ and its folders, READMEs left out."""
        found: dict[str, list[str]] = {}
        for path in sorted((self.root / "priorities").rglob("*")):
            if path.is_file() and path.name != "README.md":
                found.setdefault(path.parent.name, []).append(path.name)
        return found

    def state(self, job_id: str, name: str) -> dict[str, Any]:
        """Read a JSON state file."""
        path = self.root / ".compound-state" / f"session-{job_id}" / f"{name}.json"
        facts: dict[str, Any] = json.loads(path.read_text())
        return facts

    def log(self, job_id: str) -> str:
        """Read a job's log."""
        return (self.root / "logs" / "running-jobs" / f"{job_id}.log").read_text()

    def report(self, job_id: str) -> str:
        """Read a job's report."""
        return (self.root / "reports" / job_id / "report.md").read_text()


class Running:
    """A daemon at work in this process."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon

    def jobs(self) -> list[Session]:
        """Return all jobs, oldest first."""
        with self.daemon.store.reading() as tx:
            return sessions.list_sessions(tx, limit=1000)[::-1]

    def job(self) -> Session:
        """Return the only job."""
        [job] = self.jobs()
        return job

    def tasks(self, job_id: str) -> list[Task]:
        """Return a job's tasks."""
        with self.daemon.store.reading() as tx:
            return tasks.of_session(tx, job_id)

    def words(self, subject_id: str) -> list[Word]:
        """Return what waits to be told of a subject, oldest first."""
        with self.daemon.store.reading() as tx:
            return outbox.of_subject(tx, subject_id)

    def rewards(self, entity_id: str) -> list[float]:
        """Return what an entity earned, row by row."""
        with self.daemon.store.reading() as tx:
            rows = tx.all("SELECT reward_value FROM rewards WHERE entity_id = :id ORDER BY id", id=entity_id)
        return [row["reward_value"] for row in rows]


@pytest.fixture
def company(tmp_path: Path, database_url: str) -> Company:
    made = Company(tmp_path)
    made.configure(database={"url": database_url})
    return made


Start = Callable[..., Running]


@pytest.fixture
def start(company: Company) -> Iterator[Start]:
    """Start the company's daemon in this process; it is closed when the test ends."""
    started: list[Daemon] = []

    def begin(on_made: Callable[[Daemon], None] = lambda _: None, **options: Any) -> Running:
        daemon = Daemon(ConfigWatch(company.write_config(), os.environ), **options)
        on_made(daemon)
        started.append(daemon)
        daemon.start()
        return Running(daemon)

    yield begin
    for daemon in started:
        daemon.close()


@pytest.fixture
def finish(start: Start) -> Start:
    """Start the daemon and let it work until nothing is left to do."""

    def run(within_s: float = 60, **options: Any) -> Running:
        running = start(**options)
        ended = threading.Event()

        def drain() -> None:
            running.daemon.drain()
            ended.set()

        watcher = threading.Thread(target=drain)
        watcher.start()
        assert ended.wait(within_s), (
            f"still at work after {within_s} s: {[(j.id, j.phase) for j in running.jobs()]}"
        )
        watcher.join()
        return running

    return run
