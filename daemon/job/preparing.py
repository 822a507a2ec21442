"""Step 4: the target's clone, a worktree made ready, and how the checks stood before any work."""

from collections.abc import Sequence
from pathlib import Path

from company.config import Config, RepositoryConfig
from company.errors import AgentServiceError
from company.orders.telling import tell_job
from company.store import repositories, sessions
from company.store.sessions import Session
from company.work.job import JobStatus
from company.work.priority import Priority
from company.work.verification import CheckResult
from daemon.git.clone import Clone, default_branch, init_workspace, open_clone, resolve
from daemon.git.control import read_json, write_json
from daemon.git.worktree import Worktree, add_worktree
from daemon.job.checking import run_checks, run_command
from daemon.job.facts import CheckFacts, Ends, ReadyFacts, check_facts
from daemon.job.setup_cache import SetupCache
from daemon.job.workplace import Workplace
from daemon.processes.spawn import EndReason, ProcessEnd


class SetupFailed(AgentServiceError):
    """A ``setup:`` command did not succeed, so no agent could work. ``tail``: the last lines it wrote."""

    mend = "run the command in a fresh clone of the repository, mend it there or in config.yaml, then retry the job"

    def __init__(self, argv: Sequence[str], end: ProcessEnd, tail: Sequence[str]) -> None:
        self.argv, self.end, self.tail = tuple(argv), end, tuple(tail)
        ended = f"exit {end.exit_code}" if end.exit_code is not None else end.reason.value.replace("_", " ")
        words = " / ".join(line for line in (*tail[-3:], end.error) if line.strip())
        super().__init__(f"setup `{' '.join(argv)}` failed ({ended}){f': {words}' if words else ''}")


def prepare(place: Workplace, job_id: str) -> ReadyFacts | Ends:
    """Find the commit to start from, make its setup and take the baseline of its checks."""
    session = place.session(job_id)
    priority = place.priority(session)
    place.enter_phase(job_id, "preparing")
    clone = open_target(place, session, fresh=True)
    base_branch = priority.base or _configured_branch(place, session) or default_branch(clone)
    base_commit = resolve(clone, base_branch)
    if base_commit is None:
        return {
            "ends": JobStatus.FAILED.value,
            "outcome": f"the repository has no branch {base_branch!r} (name the base in the file: `base: …`)",
        }
    branch = priority.branch or f"{place.config.work.branch_prefix}{job_id}"
    if branch == base_branch and session.follows is None:  # a follow-up adds to the branch that was delivered
        return {
            "ends": JobStatus.FAILED.value,
            "outcome": f"the work may not go straight onto its base {base_branch!r} (take `branch:` out of the file, "
            "or name another)",
        }
    setup = setup_commands(place, session, priority)
    checks = checks_of(place, session, priority)
    baseline: list[CheckResult] = []
    if setup or checks:  # else nothing runs on the base, and laying it out would only keep the agents waiting
        worktree = integration(place, job_id, clone, base_commit)
        make_ready(place, job_id, worktree, setup, lock_files(place, session))
        baseline = run_checks(place, job_id, "baseline", checks, worktree.path)
    with place.store.transaction() as tx:
        sessions.set_phase(
            tx, job_id, "working", branch_name=branch, base_branch=base_branch, base_commit=base_commit
        )
        repositories.mark_synced(tx, session.target_repo)
        tell_job(tx, job_id, "working")
    facts: ReadyFacts = {
        "clone": clone.path.name,
        "source": session.target_repo,
        "branch": branch,
        "base_branch": base_branch,
        "base_commit": base_commit,
        "setup": [list(argv) for argv in setup],
        "checks": checks,
        "baseline": [check_facts(check) for check in baseline],
    }
    state = place.state(job_id)
    state.write("session", {**state.read("session"), "phase": "working", **facts})
    return facts


def open_target(place: Workplace, session: Session, *, fresh: bool = False) -> Clone:
    """Open the service's clone of the job's target, a workspace of its own where the job has none.

    ``fresh``: look whether the target has moved, and fetch it then.
    """
    if session.target_repo is None:
        return init_workspace(place.clones() / f"workspace-{session.id}.git")
    source, name = source_of(place.config, session.target_repo)
    timeout_s = place.config.limits.setup_timeout_s
    return open_clone(source, place.clones(), name=name, timeout_s=timeout_s, fresh=fresh)


def source_of(config: Config, target: str) -> tuple[str, str]:
    """Return where a target is cloned from, and what its clone is called."""
    repository = config.repository(target)
    if repository is not None:
        return repository.source(config.root), repository.name
    return target, target.rstrip("/").rpartition("/")[2].removesuffix(".git")


def integration(place: Workplace, job_id: str, clone: Clone, commit: str) -> Worktree:
    """Put the job's integration worktree at ``commit``."""
    return add_worktree(
        clone,
        place.worktree_path(job_id, "integration"),
        f"agent-step/{job_id}/integration",
        commit,
        is_apart=place.lodging.run_as is not None,
    )


def setup_commands(place: Workplace, session: Session, priority: Priority) -> tuple[tuple[str, ...], ...]:
    """Return the file's own setup commands, else the repository's."""
    repository = repository_of(place, session)
    return priority.setup or (repository.setup if repository else ())


def checks_of(place: Workplace, session: Session, priority: Priority) -> list[CheckFacts]:
    """Return the repository's checks and the file's own; a check of the file's replaces one of the same name."""
    repository = repository_of(place, session)
    checks: dict[str, CheckFacts] = {
        check.name: {"name": check.name, "argv": list(check.run), "is_named": False}
        for check in (repository.checks if repository else ())
    }
    for check in priority.checks:
        checks[check.name] = {"name": check.name, "argv": list(check.argv), "is_named": True}
    return list(checks.values())


def lock_files(place: Workplace, session: Session) -> tuple[str, ...]:
    """Return the files whose content decides whether a setup can be taken from the cache."""
    repository = repository_of(place, session)
    return repository.lock_files if repository else ()


def repository_of(place: Workplace, session: Session) -> RepositoryConfig | None:
    """Return what config.yaml says of the job's target."""
    return place.config.repository(session.target_repo) if session.target_repo else None


def _configured_branch(place: Workplace, session: Session) -> str | None:
    repository = repository_of(place, session)
    return repository.default_branch if repository else None


def make_ready(
    place: Workplace,
    job_id: str,
    worktree: Worktree,
    setup: tuple[tuple[str, ...], ...],
    locks: tuple[str, ...],
) -> None:
    """Run the setup commands in ``worktree``, or take what they make from the cache. Raises SetupFailed.

    How it stood before is written down beside it: whoever repeats this after a crash finds half a setup there, or an
    agent's work, and could not tell them from what git laid out.
    """
    if not setup:
        return
    path = worktree.path
    cache = SetupCache(place.config.folders.state / "setup-cache")
    note = path.with_name(f".{path.name}.setup.json")
    begun = read_json(note)
    if begun is None or begun["inode"] != path.stat().st_ino:
        place.processes.forget(f"{job_id}/setup-{path.name}-")
        begun = {
            "inode": path.stat().st_ino,
            "key": cache.key(path, setup, locks),
            "before": sorted(cache.listing(path)),
            "is_ready": False,
        }
        write_json(note, begun)
    if begun["is_ready"]:
        return
    if cache.restore(begun["key"], path):
        place.log(job_id).say("setup", f"{path.name}: from the cache ({begun['key'][:12]})")
    else:
        for number, argv in enumerate(setup):
            _run_setup(place, job_id, path, number, argv)
        cache.keep(begun["key"], path, frozenset(begun["before"]))
    write_json(note, {**begun, "is_ready": True})


def _run_setup(place: Workplace, job_id: str, cwd: Path, number: int, argv: tuple[str, ...]) -> None:
    place.log(job_id).say("setup", f"{cwd.name}: {' '.join(argv)}")
    tail: list[str] = []
    end = run_command(
        place,
        job_id,
        f"setup-{cwd.name}-{number}",
        argv,
        cwd,
        timeout_s=place.config.limits.setup_timeout_s,
        tail=tail,
        who="setup",
    )
    if end.reason is not EndReason.EXITED or end.exit_code != 0:
        raise SetupFailed(argv, end, tail)
