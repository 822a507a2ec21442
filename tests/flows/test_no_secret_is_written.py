"""Secrets planted wherever an agent, a check, a setup or a fault can put them, and looked for wherever we write."""

import logging
import os
import re
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from company.redaction import Redactor, secrets_of
from company.service_log import open_service_log
from daemon.job.steps import JobSteps
from tests.checkout import CHECKOUT
from tests.whole_company import Company, Running, Start, git

#: objects of git are compressed, and the work itself: what is in a commit is the review's business, not redaction's
_NOT_OURS = re.compile(r"/(objects|seed|remotes|worktrees)/|/config\.yaml$")

AGENT = r"""
. "$HOME/planted"
echo "stdout $VALUE $SHAPED"; echo "stderr $VALUE" >&2
printf '%s' "${VALUE%??????}"; sleep 0.2; printf '%s\n' "${VALUE#"${VALUE%??????}"}"
sh -c 'true' "$VALUE"
echo x > "file-$VALUE.txt"; echo x > "file-$SHAPED.txt"
said='{"completed": ["%s"], "concerns": ["see https://me:%s@example.com"]}'
printf "$said" "$VALUE" "$URLPASS" > "$AGENT_FEEDBACK_FILE"
git config alias.x "$VALUE"
"""
FAILS = '. "$HOME/planted"; echo "cannot log in with $VALUE and $SHAPED"; exit 3'


@pytest.fixture
def planted() -> dict[str, str]:
    """Made anew for each run, so that no file of the repository holds them."""
    made = {
        "VALUE": f"planted-{secrets.token_hex(12)}",
        "SHAPED": f"ghp_{secrets.token_hex(18)}",
        "URLPASS": f"pw{secrets.token_hex(10)}",
    }
    (Path(os.environ["HOME"]) / "planted").write_text("".join(f"{key}={one}\n" for key, one in made.items()))
    return made


def a_day_s_work(company: Company, planted: dict[str, str], finish: Start) -> Running:
    agent = Path(os.environ["HOME"]) / "agent.sh"
    agent.write_text(AGENT)
    company.agent("backend")
    company.agent("infrastructure")
    company.agent("frontend")
    company.configure(work={"max_iterations": 1})
    company.repository(
        "shop",
        {"a.txt": "a\n"},
        commands={
            "backend": ["sh", str(agent)],
            "infrastructure": ["sh", "-c", FAILS],
            "frontend": [f"/none/{planted['VALUE']}"],
        },
        checks=[{"name": "login", "run": ["sh", "-c", FAILS]}],
        setup=[["sh", "-c", FAILS.replace("exit 3", "exit 0")]],
    )
    company.repository("unset", {"a.txt": "a\n"}, commands={"backend": ["true"]}, setup=[["sh", "-c", FAILS]])
    away = company.root / "seed" / "away"
    away.mkdir()
    git(away, "init", "-q", "-b", "main")
    git(away, "remote", "add", "origin", f"https://me:{planted['URLPASS']}@127.0.0.1:9/x.git")
    git(away, "commit", "-qm", "Begin", "--allow-empty")
    company.entry("away", path=str(away), commands={"backend": ["true"]})
    for repo in ("shop", "unset", "away"):
        company.drop(f"{repo}.md", f"---\nrepo: {repo}\n---\n# Work on {repo}\n")
    environment = {**os.environ, "SHOP_API_KEY": planted["VALUE"]}
    open_service_log(company.root / "logs", Redactor(secrets_of(environment)))
    running = finish(environment=environment)
    error = RuntimeError(f"no way to {planted['VALUE']} {planted['SHAPED']}")
    JobSteps(running.daemon.workplace).end_by(running.jobs()[0].id, "plan", error)
    return running


@pytest.fixture
def service_log(company: Company) -> Iterator[None]:
    """Handlers of the whole process: those of this test are taken away again."""
    loggers = [logging.getLogger(name) for name in ("company", "daemon", "bot")]
    before = [list(one.handlers) for one in loggers]
    yield
    for one, kept in zip(loggers, before, strict=True):
        for handler in [handler for handler in one.handlers if handler not in kept]:
            one.removeHandler(handler)
            handler.close()


@pytest.mark.slow
@pytest.mark.usefixtures("service_log")
def test_no_planted_secret_is_found_anywhere(
    company: Company, planted: dict[str, str], finish: Start
) -> None:
    running = a_day_s_work(company, planted, finish)
    words = list(planted.values())
    assert _found(company.root, words) == []
    shop = next(job for job in running.jobs() if job.title.endswith("shop"))
    assert shop.status == "blocked"
    assert company.state(shop.id, "backend")["feedback"]["completed"] == ["[redacted]"]
    for said in (
        company.log(shop.id), company.report(shop.id), (company.root / "logs" / "service.log").read_text(),
        *_dumps(running, company.root), *(terminal := _terminal(company, shop.id)),
    ):  # fmt: skip
        assert not any(word in said for word in words)
    # The canary: each of these was given a secret and says so; the agent's commit, which is not ours to alter, has it.
    for said in (
        company.log(shop.id),
        company.report(shop.id),
        "".join(terminal),
        "".join(_dumps(running, company.root)),
    ):
        assert "[redacted]" in said
    (company.root / "logs" / "canary").write_text(f"a line with {planted['VALUE']}")
    assert _found(company.root, words) == [f"logs/canary: {planted['VALUE']}"]
    clone = next((company.root / ".compound-state" / "clones").glob("shop-*.git"))
    [commit] = {task.commit_sha for task in running.tasks(shop.id) if task.commit_sha}
    assert planted["VALUE"] in git(clone, "show", "--name-only", "--format=", commit)


def _found(root: Path, words: list[str]) -> list[str]:
    """Look into every file of the company, whatever it is, and at its name."""
    return [
        f"{path.relative_to(root)}: {word}"
        for path in sorted(root.rglob("*"))
        if path.is_file() and not _NOT_OURS.search(str(path))
        for word in words
        if word.encode() in path.read_bytes() or word in path.name
    ]


def _dumps(running: Running, root: Path) -> list[str]:
    """Every row of the books (jobs, tasks, outbox, audit, …) as text, and of the engine's where that is a file."""
    with running.daemon.store.reading() as tx:
        tables = ("sessions", "tasks", "outbox", "audit", "rewards", "metrics", "agents")
        dumped = [str(tx.all(f"SELECT * FROM {name}")) for name in tables]
    engine = root / ".compound-state" / "engine.db"
    return [*dumped, *(["\n".join(sqlite3.connect(engine).iterdump())] if engine.exists() else [])]


def _terminal(company: Company, job_id: str) -> list[str]:
    """What the terminal says of it, as text and as JSON."""
    said = []
    for command in (["jobs"], ["audit"], ["show", job_id], ["logs", job_id]):
        for extra in ([], ["--json"]):
            ran = subprocess.run(
                [sys.executable, "-m", "daemon.cli.main", *command, *extra],
                cwd=company.root,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
            )
            said += [ran.stdout, ran.stderr]
    return said
