"""What there is that may go one day: everything in the company's folders that has an owner we know.

What has no such owner (a folder that a person made, a job that the database does not know) is not even listed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from company.config import Config
from company.errors import GitError
from company.ids import JOB_ID
from company.store import sessions
from company.store.gate import Store
from company.store.upkeep import ended_for_good
from company.work.retention import LEFT_BEHIND_AFTER, Kind, Rules, Thing
from daemon.git.clone import Clone, clone_path
from daemon.git.upkeep import WORKSPACE, Branches, branches, drafts, last_used, stored_clones
from daemon.housekeeping.removing import measure
from daemon.job.preparing import source_of

_DRAFT_AFTER = timedelta(days=1)
_GB = 1_000_000_000
_SETUP = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Found:
    """A thing, and where it is: a place under a folder of the company's, or branches of a clone."""

    thing: Thing
    base: Path
    parts: tuple[str, ...] = ()
    clone: Clone | None = None
    branch: str = ""  #: of the clone

    @property
    def key(self) -> tuple[Kind, str]:
        """What it is known by."""
        return self.thing.kind, self.thing.name


@dataclass(frozen=True)
class Sight:
    """All that was found, and what decides about it."""

    found: tuple[Found, ...]
    ended: dict[str, datetime]  #: of the jobs that own something: those that ended for good, and when


def rules_of(config: Config) -> Rules:
    """Turn config.yaml's words into rules."""
    kept = config.retention

    def days(number: int | None) -> timedelta | None:
        return None if number is None else timedelta(days=number)

    def gigabytes(number: float | None) -> int | None:
        return None if number is None else int(number * _GB)

    left_behind = dict.fromkeys((Kind.WORKTREES, Kind.RUNS, Kind.WORKSPACE, Kind.BRANCHES), LEFT_BEHIND_AFTER)
    return Rules(
        keep_for={
            **left_behind,
            Kind.DRAFT: _DRAFT_AFTER,
            Kind.STATE: days(kept.state_days),
            Kind.LOG: days(kept.logs_days),
            Kind.REPORT: days(kept.reports_days),
            Kind.PUSHED: days(kept.branches_days),
            Kind.CLONE: days(kept.clones_days),
            Kind.SETUP: days(kept.setups_days),
        },
        room={Kind.CLONE: gigabytes(kept.clones_gb), Kind.SETUP: gigabytes(kept.setups_gb)},
    )


def look(config: Config, store: Store) -> Sight:
    """List everything, and ask the books about its owners. Raises StoreError."""
    folders = config.folders
    found = [
        *_of_jobs(Kind.WORKTREES, config.worktrees.parent, ("worktrees",)),
        *_of_jobs(Kind.RUNS, folders.state, ("runs",)),
        *_of_jobs(Kind.STATE, folders.state, (), start="session-"),
        *_of_jobs(Kind.LOG, folders.logs, ("running-jobs",), end=".log"),
        *_of_jobs(Kind.REPORT, folders.reports, ()),
        *_setups(folders.state),
        *(_draft(folders.state, path) for path in drafts(folders.state / "clones")),
    ]
    clones = [(clone, _branches(clone)) for clone in stored_clones(folders.state / "clones")]
    for clone, made in clones:
        found += _of_clone(clone, made)
    owners = {one.thing.job_id for one in found if one.thing.job_id is not None}
    with store.reading() as tx:
        ended = ended_for_good(tx, owners)
        pending, running = sessions.pending_and_running(tx)
    targets = {session.target_repo for session in (*pending, *running) if session.target_repo is not None}
    in_use = {_clone_of(config, target) for target in targets}
    found += [_shared(clone, made, in_use, ended) for clone, made in clones if not _is_workspace(clone)]
    return Sight(tuple(found), {job_id: datetime.fromisoformat(moment) for job_id, moment in ended.items()})


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _of_jobs(
    kind: Kind, base: Path, parts: tuple[str, ...], *, start: str = "", end: str = ""
) -> Iterator[Found]:
    for path in _entries(base.joinpath(*parts)):
        job_id = path.name.removeprefix(start).removesuffix(end)
        if path.name == f"{start}{job_id}{end}" and JOB_ID.fullmatch(job_id):
            yield Found(Thing(kind=kind, name=path.name, job_id=job_id), base, (*parts, path.name))


def _setups(state: Path) -> Iterator[Found]:
    for path in _entries(state / "setup-cache"):
        if path.name.startswith("."):
            yield _draft(state, path)
        elif _SETUP.fullmatch(path.name):
            parts = ("setup-cache", path.name)
            yield Found(
                Thing(kind=Kind.SETUP, name=path.name, size=measure(state, *parts), used_at=_changed(path)),
                state,
                parts,
            )


def _draft(state: Path, path: Path) -> Found:
    parts = path.relative_to(state).parts
    return Found(Thing(kind=Kind.DRAFT, name="/".join(parts), used_at=_changed(path)), state, parts)


def _changed(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except OSError:  # gone meanwhile: then nothing needs to be done about it
        return datetime.max.replace(tzinfo=UTC)


def _is_workspace(clone: Clone) -> bool:
    return clone.path.name.startswith(WORKSPACE)


def _branches(clone: Clone) -> Branches | None:
    """Look at a clone's branches; None where git cannot read it: then all of it stays."""
    try:
        return branches(clone)
    except GitError:
        return None


def _of_clone(clone: Clone, made: Branches | None) -> Iterator[Found]:
    """List what of a clone belongs to single jobs: a workspace whole, branches otherwise."""
    base, name = clone.path.parent, clone.path.name
    job_id = name.removeprefix(WORKSPACE).removesuffix(".git")
    if _is_workspace(clone):
        if JOB_ID.fullmatch(job_id):
            yield Found(Thing(kind=Kind.WORKSPACE, name=name, job_id=job_id), base, (name,), clone)
    elif made is not None:
        for job in sorted(made.of_steps):
            yield Found(Thing(kind=Kind.BRANCHES, name=f"{name}: {job}", job_id=job), base, clone=clone)
        for job, branch in sorted(made.pushed.items()):
            thing = Thing(kind=Kind.PUSHED, name=f"{name}: {branch}", job_id=job)
            yield Found(thing, base, clone=clone, branch=branch)


def _clone_of(config: Config, target: str) -> Path:
    source, name = source_of(config, target)
    return clone_path(source, config.folders.state / "clones", name=name)


def _shared(clone: Clone, made: Branches | None, in_use: set[Path], ended: dict[str, str]) -> Found:
    base, name = clone.path.parent, clone.path.name
    size = measure(base, name) + measure(base, clone.beside.name)
    used_at = datetime.fromtimestamp(last_used(clone), UTC)
    reason = _why_kept(clone, made, in_use, ended)
    return Found(
        Thing(kind=Kind.CLONE, name=name, size=size, used_at=used_at, kept_because=reason),
        base,
        (name,),
        clone,
    )


def _why_kept(clone: Clone, made: Branches | None, in_use: set[Path], ended: dict[str, str]) -> str:
    if made is None:
        return "git cannot read it"
    if clone.path in in_use or any(job_id not in ended for job_id in made.of_steps):
        return "a job that has not ended uses it"
    if made.unpushed:
        return f"it has branches that were never pushed: {', '.join(made.unpushed[:3])}"
    return ""
