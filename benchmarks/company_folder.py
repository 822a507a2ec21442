"""A company in a temporary folder: the shipped config.yaml, one repository, agents that are commands; its daemon."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
READY_S = 30.0
IDENTITY = {
    "GIT_AUTHOR_NAME": "person", "GIT_AUTHOR_EMAIL": "person@example.com",
    "GIT_COMMITTER_NAME": "person", "GIT_COMMITTER_EMAIL": "person@example.com",
}  # fmt: skip


def make_company(
    folder: Path, *, commands: Mapping[str, Sequence[str]] | None = None, **changes: Mapping[str, Any]
) -> Path:
    """Write the shipped config.yaml into ``folder``, with one repository, and return its path.

    ``commands`` are those of the repository by the agent's short id; ``changes`` are keys of sections.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for section, values in changes.items():
        config[section].update(values)
    config["repositories"] = [
        {
            "name": "bench",
            "path": str(_make_repository(folder)),
            "commands": {name: list(argv) for name, argv in (commands or {}).items()},
        }
    ]
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def _make_repository(folder: Path) -> Path:
    """Make a bare repository with 40 files in one commit."""
    seed, bare = folder / "seed", folder / "bench.git"
    for number in range(40):
        file = seed / f"part_{number % 5}" / f"module_{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"def value() -> int:\n    return {number}\n", encoding="utf-8")
    _git(seed, "init", "-q", "-b", "main")
    _git(seed, "add", "-A")
    _git(seed, "commit", "-qm", "Begin")
    _git(folder, "clone", "-q", "--bare", str(seed), str(bare))
    return bare


def _git(cwd: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=cwd, env={**os.environ, **IDENTITY}, check=True, capture_output=True)


@contextmanager
def service(config: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `agent-service up` on a company until it takes work; end it at last."""
    marker = config.parent / "logs" / "service.log"
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon.cli.main", "--config", str(config), "up", "--no-bot"],
        cwd=ROOT,
        env=service_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: marker.exists() and ": up, pid" in marker.read_text(), READY_S, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def service_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AGENT_", "GIT_"))}


def wait_until(
    check: Callable[[], object], within_s: float, process: subprocess.Popen[str] | None = None
) -> None:
    """Look every 10 ms until ``check`` is true. Raises TimeoutError, RuntimeError when ``process`` ended."""
    deadline = time.monotonic() + within_s
    while not check():
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the service ended: {process.stderr.read() if process.stderr else ''}")
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so within {within_s:g} s")
        time.sleep(0.01)


def drop(company: Path, stem: str, text: str) -> float:
    """Rename a whole file into the inbox; return the wall clock just before."""
    draft = company / f".{stem}.draft"
    draft.write_text(text, encoding="utf-8")
    began = time.time()
    draft.rename(company / "priorities" / f"{stem}.md")
    return began


def ended(company: Path, stem: str) -> str | None:
    """Return the id of the job of a dropped file once it is completed. Raises RuntimeError when it ended otherwise."""
    for folder in ("done", "failed", "blocked", "rejected"):
        for path in (company / "priorities" / folder).glob(f"{stem}.*"):
            if folder != "done":
                raise RuntimeError(f"{path} should be in done/: see {company / 'logs'}")
            return path.name.removeprefix(f"{stem}.").removesuffix(".md")
    return None


def rows(company: Path, sql: str, *params: object) -> list[sqlite3.Row]:
    """Ask the company's database, read-only."""
    with sqlite3.connect(f"file:{company}/.compound-state/agent-service.db?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute(sql, params).fetchall()
    connection.close()
    return found
