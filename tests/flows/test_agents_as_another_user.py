"""A whole job whose agents, checks and setup run as another user: done as ever, and walled off from the service."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from company.config import ConfigWatch
from company.errors import ConfigError
from company.orders import jobs
from company.orders.permission import actor_for
from daemon.app import Daemon
from daemon.processes.run_as import find_user
from tests.whole_company import Company, Running, Start, git

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can run agents as another user"),
    pytest.mark.sqlite_only,  # the wall is around SQLite's file, and the daemon that is killed opens that
]
PRIORITY = "---\nrepo: shop\n---\n# Do it\n"

#: what an agent tries that is to know or change what is the service's; each says so where it succeeds
LOOKS = r"""
cat {root}/.compound-state/agent-service.db >/dev/null 2>&1 && echo READ-DATABASE
ls {root}/.compound-state >/dev/null 2>&1 && echo READ-STATE
ls {root}/.compound-state-agents/worktrees >/dev/null 2>&1 && echo LISTED-JOBS
ls {root}/reports >/dev/null 2>&1 && echo READ-REPORTS
ls {root}/logs >/dev/null 2>&1 && echo READ-LOGS
cat /proc/$PPID/environ >/dev/null 2>&1 && echo READ-ENVIRONMENT
echo '# More work' 2>/dev/null > {root}/priorities/planted.md && echo ORDERED
touch ../planted 2>/dev/null && echo BESIDE
kill -0 $PPID 2>/dev/null && echo SIGNALLED
"""
AGENT = (
    LOOKS
    + r"""
set -e
id -un > who.txt
git status --short > status.txt && git log --oneline > log.txt
test -w "$HOME" && test -w "$TMPDIR" && echo ok > "$HOME/x" && echo ok > "$TMPDIR/x"
test -s "$AGENT_BRIEF_FILE" && test -e ready.txt
printf '{{"completed": ["looked about"], "concerns": ["nothing"]}}' > "$AGENT_FEEDBACK_FILE"
git config core.fsmonitor 'touch {root}/open/EXECUTED'
mkdir -p deep/er && echo work > deep/er/file.txt
"""
)


@pytest.fixture
def company(database_url: str) -> Iterator[Company]:
    """In a folder that another user can get to; pytest's own are the user's alone."""
    root = Path(tempfile.mkdtemp(prefix="agent-user-"))
    root.chmod(0o755)
    (root / "open").mkdir()
    (root / "open").chmod(0o777)
    made = Company(root)
    made.configure(database={"url": database_url}, work={"agent_user": "nobody"})
    made.agent("backend")
    yield made
    shutil.rmtree(root)


def test_a_job_is_done_and_the_service_is_out_of_its_reach(company: Company, finish: Start) -> None:
    script = AGENT.format(root=company.root)
    bare = company.repository(
        "shop",
        {"a.txt": "a\n", ".gitignore": "ready.txt\n"},
        commands={"backend": ["sh", "-c", script]},
        checks=[
            {"name": "who", "run": ["sh", "-c", 'test "$(id -un)" = nobody && test -w . && echo x > c.txt']}
        ],
        setup=[["sh", "-c", 'test "$(id -un)" = nobody && echo made > ready.txt']],
    )
    company.drop("one.md", PRIORITY)
    running = finish()
    job = running.job()
    assert job.status == "completed", (job.outcome, company.log(job.id))
    branch = f"agent/{job.id}"
    assert git(bare, "show", f"{branch}:who.txt") == "nobody"
    assert git(bare, "show", f"{branch}:deep/er/file.txt") == "work"
    assert "Begin" in git(bare, "show", f"{branch}:log.txt")
    log = company.log(job.id)
    for word in (
        "READ-DATABASE", "READ-STATE", "LISTED-JOBS", "READ-REPORTS", "READ-LOGS", "READ-ENVIRONMENT", "ORDERED",
        "BESIDE", "SIGNALLED",
    ):  # fmt: skip
        assert word not in log
    assert not (company.root / "open" / "EXECUTED").exists()
    assert "the worktree's .git: config was changed" in company.report(job.id)
    assert company.state(job.id, "backend")["feedback"]["completed"] == ["looked about"]
    assert list((company.root / ".compound-state-agents" / "worktrees").iterdir()) == []


def test_the_same_looks_succeed_without_an_agent_user(company: Company, finish: Start) -> None:
    """The canary: it is the wall that keeps them out, not the looks that are blind."""
    company.configure(work={"agent_user": ""})
    script = LOOKS.format(root=company.root) + "echo x > work.txt"
    company.repository("shop", {"a.txt": "a\n"}, commands={"backend": ["sh", "-c", script]})
    company.drop("one.md", PRIORITY)
    running = finish()
    log = company.log(running.jobs()[0].id)
    assert "READ-DATABASE" in log
    assert "READ-STATE" in log
    assert "ORDERED" in log
    assert "BESIDE" in log


def test_the_second_setup_comes_from_the_cache_and_is_the_user_s(company: Company, finish: Start) -> None:
    count = company.root / "open" / "setups"
    setup = f"echo once >> {count}; mkdir -p lib && echo made > lib/ready.txt"
    company.repository(
        "shop",
        {"a.txt": "a\n", ".gitignore": "lib\n"},
        commands={"backend": ["sh", "-c", "echo mine >> lib/ready.txt && echo x > work.txt"]},
        setup=[["sh", "-c", setup]],
    )
    company.drop("one.md", PRIORITY)
    running = finish()
    job = running.job()
    assert job.status == "completed", (job.outcome, company.log(job.id))
    assert count.read_text() == "once\n"


def test_a_stop_reaches_an_agent_and_its_folders_are_removed(
    company: Company, start: Start, eventually: Callable[..., None]
) -> None:
    company.repository(
        "shop",
        {"a.txt": "a\n"},
        commands={"backend": ["sh", "-c", f"echo $$ > {company.root}/open/pid; exec sleep 600"]},
    )
    company.drop("one.md", PRIORITY)
    running: Running = start()
    pid_file = company.root / "open" / "pid"
    eventually(lambda: pid_file.exists() and pid_file.read_text().strip(), within_s=30)
    pid = int(pid_file.read_text())
    assert Path(f"/proc/{pid}").stat().st_uid == find_user("nobody").uid
    office = running.daemon.office()
    jobs.stop(office, actor_for(office.config, "test", "terminal"), running.job().id)
    eventually(lambda: running.job().status == "stopped", within_s=30)
    assert not Path(f"/proc/{pid}").exists()
    worktrees = company.root / ".compound-state-agents" / "worktrees"
    eventually(lambda: list(worktrees.iterdir()) == [], within_s=30)


def test_an_agent_outlives_a_killed_daemon_and_is_joined_by_the_next(
    company: Company, start: Start, eventually: Callable[..., None]
) -> None:
    folder = company.root / "open"
    wait = f"echo $$ >> {folder}/pid; while [ ! -e {folder}/go ]; do sleep 0.05; done; echo x > work.txt"
    bare = company.repository("shop", {"a.txt": "a\n"}, commands={"backend": ["sh", "-c", wait]})
    company.drop("one.md", PRIORITY)
    program = (
        "import os, sys, pathlib, threading\n"
        "from company.config import ConfigWatch\n"
        "from daemon.app import Daemon\n"
        "Daemon(ConfigWatch(pathlib.Path(sys.argv[1]), os.environ)).start()\n"
        "threading.Event().wait()\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", program, company.write_config()], cwd=Path(__file__).parents[2]
    )
    eventually((folder / "pid").exists, within_s=60)
    first.kill()
    first.wait()
    running = start()
    (folder / "go").touch()
    eventually(lambda: running.job().status == "completed", within_s=60)
    assert len((folder / "pid").read_text().split()) == 1
    assert git(bare, "show", f"agent/{running.job().id}:work.txt") == "x"


def refused(company: Company) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        Daemon(ConfigWatch(company.write_config(), os.environ))
    return error.value


def test_a_start_with_a_user_that_is_none_refuses_with_the_mend(company: Company) -> None:
    company.configure(work={"agent_user": "no-such-user"})
    assert refused(company).mend == "make the user: useradd --system --create-home no-such-user"


def test_a_start_refuses_where_the_user_could_not_get_to_its_work(company: Company) -> None:
    company.root.chmod(0o700)
    error = refused(company)
    assert f"nobody cannot get into {company.root}" in str(error)
    assert error.mend.startswith(f"chmod o+x {company.root}")


@pytest.mark.parametrize("inner", ["", "backlog"])
def test_a_start_refuses_where_agents_could_give_orders(company: Company, inner: str) -> None:
    inbox = company.root / "priorities" / inner
    inbox.mkdir(parents=True)
    inbox.chmod(0o777)
    error: Any = refused(company)
    assert f"nobody may write into {inbox}" in str(error)
