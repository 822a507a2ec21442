"""Housekeeping on real folders, books and repositories: what goes, what stays, and that a second pass finds nothing."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from company.config.records import Retention
from company.store import outbox, questions, sessions
from company.work.job import JobStatus
from company.work.retention import Kind
from daemon.git.clone import Clone, clone_path, open_clone, resolve
from daemon.git.delivery import push, squash
from daemon.git.upkeep import last_used, set_aside
from daemon.git.worktree import add_worktree, commit_all
from daemon.housekeeping.keeping import Housekeeper
from daemon.housekeeping.removing import measure
from daemon.processes.spawn import Processes
from tests.daemon.git.repositories import make_checkout, naive_git
from tests.daemon.housekeeping.conftest import FOLDERS, Books


def retain(books: Books, **settings: object) -> None:
    retention = Retention(**settings)  # type: ignore[arg-type] # the settings' own types
    books.office = replace(
        books.office, config=books.office.config.model_copy(update={"retention": retention})
    )


def test_what_an_ended_job_left_behind_goes_after_an_hour_and_the_rest_by_its_days(
    books: Books, keeper: Housekeeper
) -> None:
    job = books.job()
    books.clock.advance(minutes=59)
    assert keeper.pass_once() == []
    books.clock.advance(minutes=1)
    assert {one.kind for one in keeper.pass_once()} == {Kind.WORKTREES, Kind.RUNS}
    assert books.kept(job) == {"state", "log", "report"}
    books.clock.advance(days=30)
    assert [(one.kind, one.size > 10_000) for one in keeper.pass_once()] == [(Kind.STATE, True)]
    books.clock.advance(days=60)
    assert [one.kind for one in keeper.pass_once()] == [Kind.LOG]
    books.clock.advance(days=3000)
    assert keeper.pass_once() == []
    assert books.kept(job) == {"report"}


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.IN_PROGRESS])
def test_nothing_of_a_job_that_has_not_ended_is_touched(
    books: Books, keeper: Housekeeper, status: JobStatus
) -> None:
    job = books.job(status)
    books.clock.advance(days=5000)
    assert keeper.plan() == keeper.pass_once() == []
    assert books.kept(job) == set(FOLDERS)


def test_a_blocked_job_that_waits_for_an_answer_keeps_all_it_has(books: Books, keeper: Housekeeper) -> None:
    asking, given_up = books.job(JobStatus.BLOCKED), books.job(JobStatus.BLOCKED)
    question = {"id": "q", "session_id": asking, "agent_id": "agent-backend", "question": "Which?"}
    with books.office.store.transaction() as tx:
        questions.ask(tx, question)
    books.clock.advance(days=5000)
    keeper.pass_once()
    assert books.kept(asking) == set(FOLDERS)
    assert books.kept(given_up) == {"report"}


def test_what_nobody_knows_is_left_alone(books: Books, keeper: Housekeeper) -> None:
    stranger = "job-1764061200000-zzzzzzz"
    for place in FOLDERS.values():
        path = books.root / place.format(job=stranger)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    mine = books.root / "state" / "worktrees" / "my-notes"
    mine.mkdir()
    books.clock.advance(days=5000)
    assert keeper.pass_once() == []
    assert books.kept(stranger) == set(FOLDERS)
    assert mine.exists()


def test_a_plan_names_what_would_go_with_its_size_and_changes_nothing(
    books: Books, keeper: Housekeeper
) -> None:
    job = books.job()
    books.clock.advance(days=40)
    planned = keeper.plan()
    assert [(one.kind, one.name) for one in planned] == [
        (Kind.RUNS, job), (Kind.STATE, f"session-{job}"), (Kind.WORKTREES, job),
    ]  # fmt: skip
    assert all(one.size > 10_000 for one in planned)
    assert {one.reason for one in planned} == {"its job ended 40 days ago"}
    assert books.kept(job) == set(FOLDERS)
    assert keeper.pass_once() == planned
    assert keeper.plan() == keeper.pass_once() == []


def test_links_that_an_agent_left_are_removed_and_not_followed(
    books: Books, keeper: Housekeeper, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").touch()
    job, other = books.job(), books.job()
    worktrees = books.root / "state" / "worktrees"
    (worktrees / job / "1-backend" / "out").symlink_to(home)
    (worktrees / other / "1-backend" / "file").unlink()
    (worktrees / other / "1-backend").rmdir()
    (worktrees / other).rmdir()
    (worktrees / other).symlink_to(home)
    (books.root / "state" / f"session-{job}" / "session.json").unlink()
    (books.root / "state" / f"session-{job}").rmdir()
    (books.root / "state" / f"session-{job}").symlink_to(home)
    books.clock.advance(days=40)
    keeper.pass_once()
    assert (home / "thesis.txt").exists()
    assert list(worktrees.iterdir()) == []


def test_what_cannot_be_removed_is_named_and_costs_nothing_else(
    books: Books, keeper: Housekeeper, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    job = books.job()
    worktrees = books.root / "state" / "worktrees"
    worktrees.rename(tmp_path / "elsewhere")
    worktrees.symlink_to(tmp_path / "elsewhere")
    books.clock.advance(days=40)
    with caplog.at_level("INFO", "daemon.housekeeping"):
        keeper.pass_once()
    assert books.kept(job) == {"worktrees", "log", "report"}
    assert f"worktrees {job} stays" in caplog.text
    assert f"removed state session-{job}" in caplog.text


@pytest.fixture
def checkout(tmp_path: Path, books: Books) -> Path:
    return make_checkout(tmp_path / "person" / "app")


def opened(books: Books, checkout: Path, name: str = "app") -> Clone:
    return open_clone(str(checkout), books.root / "state" / "clones", name=name)


def worked(books: Books, clone: Clone, job: str, *, is_pushed: bool) -> str:
    """Let a job leave its branch in the clone."""
    place = books.root / "state" / "worktrees" / job / "1-backend"
    for left in place.iterdir():
        left.unlink()
    worktree = add_worktree(clone, place, f"agent-step/{job}/1-backend", "main")
    (worktree.path / "work.txt").write_text(job)
    head, base = commit_all(worktree, "work", name="a", email="a@b"), resolve(clone, "main")
    assert head is not None
    assert base is not None
    branch = f"agent/{job}"
    at = "2026-11-25T09:00:00.000Z"
    commit = squash(clone, branch, base=base, tree_of=head, message="w", name="a", email="a@b", at=at)
    if is_pushed:
        push(clone, branch, commit)
    return branch


def heads(repository: Path) -> set[str]:
    return set(naive_git(repository, "for-each-ref", "--format=%(refname:short)", "refs/heads").split())


def test_step_branches_that_were_left_go_and_pushed_ones_after_their_days(
    books: Books, keeper: Housekeeper, checkout: Path
) -> None:
    clone = opened(books, checkout)
    job, running = books.job(), books.job(JobStatus.IN_PROGRESS)
    branch = worked(books, clone, job, is_pushed=True)
    other = worked(books, clone, running, is_pushed=True)
    books.clock.advance(hours=2)
    keeper.pass_once()
    assert heads(clone.path) == {branch, other, f"agent-step/{running}/1-backend"}
    assert (books.root / "state" / "worktrees" / running / "1-backend" / "work.txt").exists()
    books.clock.advance(days=90)
    keeper.pass_once()
    assert heads(clone.path) == {other, f"agent-step/{running}/1-backend"}
    assert heads(Path(clone.remote)) == {branch, other}


def test_an_unused_clone_goes_and_is_made_again_when_it_is_needed(
    books: Books, keeper: Housekeeper, checkout: Path
) -> None:
    clone = opened(books, checkout)
    job = books.job()
    branch = worked(books, clone, job, is_pushed=True)
    books.clock.advance(days=31)
    books.age(clone.state_path, days=31)
    [one, *others] = keeper.pass_once()
    assert (one.kind, one.name, one.size > 10_000) == (Kind.CLONE, clone.path.name, True)
    assert {other.kind for other in others} == {Kind.RUNS, Kind.STATE, Kind.WORKTREES}
    assert [path.name for path in (books.root / "state" / "clones").iterdir()] == [clone.beside.name]
    assert [path.name for path in clone.beside.iterdir()] == ["locks"]
    assert resolve(opened(books, checkout), "main")
    assert heads(Path(clone.remote)) == {branch}


def test_a_clone_with_branches_that_are_nowhere_else_stays_for_ever(
    books: Books, keeper: Housekeeper, checkout: Path
) -> None:
    clone = opened(books, checkout)
    worked(books, clone, books.job(), is_pushed=False)
    books.age(clone.state_path, days=900)
    books.clock.advance(days=900)
    retain(books, clones_gb=0.000001, clones_days=1)
    keeper.pass_once()
    keeper.pass_once()
    assert clone.path.exists()


def test_the_longest_unused_clone_makes_room(books: Books, keeper: Housekeeper, checkout: Path) -> None:
    clones = [opened(books, checkout / ".git" / "..", f"app{number}") for number in range(3)]
    assert len({clone.path for clone in clones}) == 3
    for hours, clone in zip((4, 6, 2), clones, strict=True):
        books.age(clone.state_path, hours=hours)
    size = sum(measure(one.path.parent, name) for one in clones for name in (one.path.name, one.beside.name))
    retain(books, clones_gb=(size - 1) / 1e9)
    [gone] = keeper.pass_once()
    assert (gone.kind, gone.name) == (Kind.CLONE, clones[1].path.name)
    assert "not used for 6 hours" in gone.reason


def test_the_clone_of_a_job_that_waits_stays(books: Books, keeper: Housekeeper, checkout: Path) -> None:
    target = str(checkout)
    clone = open_clone(target, books.root / "state" / "clones", name="app")
    books.job(JobStatus.PENDING, target_repo=target)
    assert clone.path == clone_path(target, books.root / "state" / "clones", name="app")
    books.clock.advance(days=400)
    assert keeper.pass_once() == []
    assert clone.path.exists()


def test_a_clone_that_was_opened_while_the_pass_looked_stays(
    books: Books, keeper: Housekeeper, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = opened(books, checkout)
    books.clock.advance(days=400)

    def opened_just_before(one: Clone, used_at: float) -> Path | None:
        os.utime(one.state_path)
        os.utime(one.state_path, (last_used(one) + 1, last_used(one) + 1))
        return set_aside(one, used_at)

    monkeypatch.setattr("daemon.housekeeping.keeping.set_aside", opened_just_before)
    assert [one.kind for one in keeper.plan()] == [Kind.CLONE]
    assert keeper.pass_once() == []
    assert clone.path.exists()


def test_kept_setups_go_by_their_use_and_by_their_room(books: Books, keeper: Housekeeper) -> None:
    cache = books.root / "state" / "setup-cache"
    for name, days in (("a" * 32, 20), ("b" * 32, 3), ("c" * 32, 1), (".half-made", 2)):
        (cache / name).mkdir(parents=True)
        (cache / name / "file").write_bytes(b"x" * 1_000_000)
        books.age(cache / name, days=days)
    (cache / "my-notes").mkdir()
    assert {one.name for one in keeper.pass_once()} == {"a" * 32, "setup-cache/.half-made"}
    retain(books, setups_gb=0.0015)
    assert [one.name for one in keeper.pass_once()] == ["b" * 32]
    assert sorted(path.name for path in cache.iterdir()) == ["c" * 32, "my-notes"]


def test_old_messages_go(books: Books, keeper: Housekeeper) -> None:
    job = books.job()
    with books.office.store.transaction() as tx:
        outbox.say(tx, kind="job", subject_id=job, dedup_key="k", payload={})
    books.clock.advance(days=31)
    keeper.pass_once()
    with books.office.store.reading() as tx:
        assert outbox.of_subject(tx, job) == []


def test_two_passes_at_once_do_what_one_does(books: Books, keeper: Housekeeper) -> None:
    jobs = [books.job() for _ in range(20)]
    books.clock.advance(days=100)
    others = [threading.Thread(target=keeper.pass_once) for _ in range(3)]
    for one in others:
        one.start()
    for one in others:
        one.join()
    assert [books.kept(job) for job in jobs] == [{"report"}] * 20
    assert keeper.plan() == []


def test_a_pass_that_was_ended_in_between_is_finished_by_the_next(books: Books) -> None:
    jobs = [books.job() for _ in range(5)]
    books.clock.advance(days=100)
    processes = Processes(books.root / "state" / "runs")
    leaving = Housekeeper(lambda: books.office, processes)
    leaving.leave()
    assert leaving.pass_once() == []
    assert all(books.kept(job) == set(FOLDERS) for job in jobs)
    Housekeeper(lambda: books.office, processes).pass_once()
    assert [books.kept(job) for job in jobs] == [{"report"}] * 5
    processes.close()


def test_a_job_that_ended_in_the_future_by_a_wrong_clock_stays(books: Books, keeper: Housekeeper) -> None:
    job = books.job()
    with books.office.store.transaction() as tx:
        sessions.annotate(tx, job, completed_at="2099-01-01T00:00:00.000Z")
    books.clock.advance(days=400)
    assert keeper.pass_once() == []
