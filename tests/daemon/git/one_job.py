"""A job's use of git from beginning to end, to be run at once with others, or killed anywhere and run again.

As a program: ``python -m tests.daemon.git.one_job crowd SOURCE STATE FIRST COUNT`` does ``COUNT`` jobs at once;
``… crash SOURCE STATE POINTS`` kills a job at each of the points (of which there are as many as it prints), lets a
second run finish it, and prints what is wrong then.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.git import agent_git, bare, command, control
from daemon.git.clone import open_clone, resolve
from daemon.git.delivery import changed_files, push, remote_commit, squash
from daemon.git.merge import Merged, merge
from daemon.git.worktree import add_worktree, commit_all, remove_job

AT = "2026-11-25T09:00:00.000Z"


@dataclass(frozen=True)
class Outcome:
    """What a job ended in."""

    delivered: str
    files: tuple[str, ...]
    commits_of_agents: int
    left_over: tuple[str, ...]


def do_job(source: Path, state: Path, job_id: str) -> Outcome:
    """Two agents on one repository: clone, worktrees, commits, merge, delivery, tidying."""
    clone = open_clone(str(source), state / "clones", name="app")
    base = resolve(clone, "main")
    assert base is not None
    commits = []
    for name in ("backend", "frontend"):
        path = state / "worktrees" / job_id / name
        worktree = add_worktree(clone, path, f"agent-step/{job_id}/0-{name}", base)
        (worktree.path / f"{job_id}-{name}.txt").write_text(name)
        commit = commit_all(worktree, f"{job_id} {name}", name="A", email="a@b")
        assert commit is not None, f"{name}'s work is not in a commit"
        commits.append(commit)
    integration = state / "worktrees" / job_id / "integration"
    merged = merge(
        clone, add_worktree(clone, integration, f"agent-step/{job_id}/all", base), commits, "Merge"
    )
    assert isinstance(merged, Merged)
    count = command.run_git(
        ("rev-list", "--no-merges", "--count", f"{base}..{merged.commit}"), git_dir=clone.control()
    )
    delivered = squash(
        clone,
        f"agent/{job_id}",
        base=base,
        tree_of=merged.commit,
        message=job_id,
        name="A",
        email="a@b",
        at=AT,
    )
    push(clone, f"agent/{job_id}", delivered)
    assert remote_commit(clone, f"agent/{job_id}") == delivered == resolve(clone, f"agent/{job_id}")
    remove_job(clone, job_id)
    left = command.run_git(
        ("for-each-ref", f"refs/heads/agent-step/{job_id}/"), git_dir=clone.control()
    ).stdout
    return Outcome(
        delivered,
        changed_files(clone, base, delivered),
        int(count.stdout),
        tuple(sorted({*left.split(), *(entry.name for entry in (state / "worktrees" / job_id).glob("*"))})),
    )


def crowd(source: Path, state: Path, first: int, count: int) -> list[dict[str, Any]]:
    """Do ``count`` jobs at once; return their outcomes, or what they failed with."""

    def one(number: int) -> dict[str, Any]:
        try:
            return vars(do_job(source, state, f"job-{number}"))
        except Exception as error:
            return {"failed": f"job-{number}: {error!r}"}

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(first, first + count)))


class Fatal:
    """Counts the moments at which something is about to change outside, and dies at the chosen one.

    A moment is the start of a git process (``during``: git lives on, its parent is dead) or a write of a file.
    """

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def moment(self) -> None:
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def changing(*args: Any, **options: Any) -> Any:
            self.moment()
            result = change(*args, **options)
            self.moment()
            return result

        return changing

    def arm(self) -> None:
        command._Call._start = self.around(command._Call._start)  # type: ignore[method-assign]  # the point of it
        agent_git.make = self.around(agent_git.make)
        bare.make_bare = self.around(bare.make_bare)
        control.write_whole = self.around(control.write_whole)


def in_child(work: Callable[[], None]) -> int:
    """Do ``work`` in a forked process and return its wait status."""
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def count_moments(source: Path, state: Path) -> int:
    """Return how many moments an undisturbed job has."""
    reader, writer = os.pipe()

    def work() -> None:
        fatal = Fatal(0)
        fatal.arm()
        do_job(source, state, "job-0")
        os.write(writer, str(fatal.count).encode())

    assert in_child(work) == 0
    os.close(writer)
    return int(os.read(reader, 100))


def crash(source: Path, state: Path, every: int) -> Iterator[dict[str, Any]]:
    """Kill a job at each ``every``-th moment and run it again; yield each outcome that is not the undisturbed one."""
    moments = count_moments(source, state / "count")
    yield {"moments": moments}
    for at in range(1, moments + 1, every):
        place = state / str(at)

        def work(at: int = at, place: Path = place) -> None:
            Fatal(at).arm()
            do_job(source, place, "job-1")

        status = in_child(work)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        try:
            outcome = vars(do_job(source, place, "job-1"))
        except Exception as error:
            outcome = {"failed": repr(error)}
        yield {"at": at, "killed": killed, **outcome}


def main(argv: list[str]) -> None:
    what, source, state, *numbers = argv
    if what == "crowd":
        first, count = map(int, numbers)
        found = crowd(Path(source), Path(state), first, count)
    else:
        found = list(crash(Path(source), Path(state), int(numbers[0])))
    sys.stdout.write(json.dumps(found))


def start(*argv: str | Path | int) -> "subprocess.Popen[str]":
    """Start this module as a program."""
    root = Path(__file__).parents[3]
    words = [sys.executable, "-W", "error", "-m", "tests.daemon.git.one_job", *map(str, argv)]
    return subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


if __name__ == "__main__":
    main(sys.argv[1:])
