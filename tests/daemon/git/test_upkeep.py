"""The service's own repositories: what may leave them goes, what is nowhere else stays."""

import os
import time
from pathlib import Path

import pytest

from company.errors import GitError
from daemon.git.clone import Clone, init_workspace, open_clone, resolve
from daemon.git.delivery import push, squash
from daemon.git.locking import locked
from daemon.git.upkeep import branches, drafts, forget_branch, last_used, pack, set_aside, stored_clones
from daemon.git.worktree import commit_all, remove_job
from tests.daemon.git.repositories import Place, naive_git

JOB, OTHER = "job-1764061200000-aaaaaaa", "job-1764061200000-bbbbbbb"


def work(place: Place, clone: Clone, job: str, text: str = "work\n") -> str:
    """Do a job's work, and leave its branch in the clone."""
    worktree = place.worktree(clone, job=job)
    (worktree.path / "work.txt").write_text(text)
    head = commit_all(worktree, "work", name="Backend", email="backend@localhost")
    base = resolve(clone, "main")
    assert head is not None
    assert base is not None
    return squash(
        clone, f"agent/{job}", base=base, tree_of=head, message="work", name="a", email="a@b",
        at="2026-11-25T09:00:00.000Z",
    )  # fmt: skip


def objects_in(repository: Path) -> int:
    return sum(1 for path in (repository / "objects").rglob("*") if path.is_file())


def test_branches_are_known_by_job_and_by_whether_they_were_pushed(place: Place, clone: Clone) -> None:
    push(clone, f"agent/{JOB}", work(place, clone, JOB))
    work(place, clone, OTHER)
    found = branches(clone)
    assert found.of_steps == {JOB, OTHER}
    assert found.pushed == {JOB: f"agent/{JOB}"}
    assert found.unpushed == (f"agent/{OTHER}",)


def test_a_branch_that_went_on_after_its_push_is_unpushed(place: Place, clone: Clone) -> None:
    push(clone, f"agent/{JOB}", work(place, clone, JOB))
    remove_job(clone, JOB)
    work(place, clone, JOB, "more\n")
    assert branches(clone).unpushed == (f"agent/{JOB}",)


def test_a_worktree_without_a_branch_is_known_as_its_job_s(place: Place, clone: Clone) -> None:
    worktree = place.worktree(clone, job=JOB)
    naive_git(clone.path, "update-ref", "-d", f"refs/heads/{worktree.branch}")
    assert branches(clone).of_steps == {JOB}
    remove_job(clone, JOB)
    assert branches(clone).of_steps == frozenset()


def test_a_pushed_branch_can_be_forgotten_and_stays_on_the_remote(place: Place, clone: Clone) -> None:
    commit = work(place, clone, JOB)
    push(clone, f"agent/{JOB}", commit)
    forget_branch(clone, f"agent/{JOB}")
    remove_job(clone, JOB)
    assert branches(clone).pushed == {}
    assert resolve(clone, f"agent/{JOB}") is None
    assert naive_git(Path(clone.remote), "rev-parse", f"agent/{JOB}") == commit


def test_a_clone_that_was_set_aside_is_made_anew_when_it_is_needed(
    place: Place, clone: Clone, tip: str
) -> None:
    aside = set_aside(clone, time.time() + 60)
    assert aside is not None
    assert (aside / "objects").is_dir()
    assert list(drafts(clone.path.parent)) == [aside]
    assert list(stored_clones(clone.path.parent)) == []
    again = open_clone(clone.source, clone.path.parent, name="app", fresh=False)
    assert again == clone
    assert resolve(again, "main") == tip


def test_a_clone_that_was_opened_meanwhile_is_left_alone(place: Place, clone: Clone, tip: str) -> None:
    assert set_aside(clone, last_used(clone) - 1) is None
    assert list(stored_clones(clone.path.parent)) == [clone]
    assert resolve(clone, "main") == tip


def test_opening_a_clone_is_a_use_of_it(place: Place, clone: Clone) -> None:
    os.utime(clone.state_path, (1, 1))
    assert last_used(clone) == 1
    open_clone(clone.source, clone.path.parent, name="app", fresh=False)
    assert time.time() - last_used(clone) < 60


def test_a_setting_aside_that_was_cut_short_is_finished(place: Place, clone: Clone, tip: str) -> None:
    clone.state_path.rename(clone.state_path.with_name("state.going.json"))
    [stored] = stored_clones(clone.path.parent)
    assert (stored.path, stored.source) == (clone.path, "")
    assert set_aside(stored, time.time() + 60) is not None
    assert resolve(open_clone(clone.source, clone.path.parent, name="app"), "main") == tip


def test_a_clone_at_work_is_not_waited_for_long(
    place: Place, clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.git.upkeep._LOCK_TIMEOUT_S", 0.05)
    with locked(clone.beside / "locks" / "clone", 5), pytest.raises(GitError) as refused:
        set_aside(clone, time.time() + 60)
    assert refused.value.code == "busy"
    assert list(stored_clones(clone.path.parent)) == [clone]


def test_a_loose_clone_is_packed_and_keeps_what_is_named(place: Place, clone: Clone, tip: str) -> None:
    kept = work(place, clone, JOB)
    tree = naive_git(clone.path, "rev-parse", f"{kept}^{{tree}}")
    lost = naive_git(clone.path, "commit-tree", "-m", "nobody names it", tree)
    young = naive_git(clone.path, "commit-tree", "-m", "just made", tree)
    os.utime(clone.path / "objects" / lost[:2] / lost[2:], (1, 1))
    assert pack(clone) == ()
    for number in range(10):
        (clone.path / "objects" / "17").mkdir(exist_ok=True)
        (clone.path / "objects" / "17" / f"{number:038x}").write_bytes(b"")
        os.utime(clone.path / "objects" / "17" / f"{number:038x}", (1, 1))
    before = objects_in(clone.path)
    assert pack(clone) == (clone.path.name,)
    assert objects_in(clone.path) < before
    assert resolve(clone, "main") == tip
    assert naive_git(clone.path, "cat-file", "-t", kept) == "commit"
    assert naive_git(clone.path, "cat-file", "-t", young) == "commit"
    assert naive_git(clone.path, "cat-file", "-t", lost, check=False) == ""
    assert (clone.path / "objects").is_dir()
    assert not (clone.control() / "packed-refs").is_dir()
    assert naive_git(clone.path, "fsck", "--connectivity-only", "--no-dangling") == ""


def test_the_service_s_own_remote_is_packed_too(place: Place, clone: Clone) -> None:
    push(clone, f"agent/{JOB}", work(place, clone, JOB))
    remote = Path(clone.remote)
    (remote / "objects" / "17").mkdir(exist_ok=True)
    for number in range(10):
        (remote / "objects" / "17" / f"{number:038x}").write_bytes(b"")
        os.utime(remote / "objects" / "17" / f"{number:038x}", (1, 1))
    assert pack(clone) == (remote.name,)
    assert naive_git(remote, "rev-parse", f"agent/{JOB}")


def test_workspaces_are_among_the_clones(place: Place) -> None:
    made = init_workspace(place.state / "clones" / f"workspace-{JOB}.git")
    assert list(stored_clones(place.state / "clones")) == [made]
    assert branches(made).unpushed == ()


def test_a_link_among_the_clones_is_nobody_s_clone(place: Place, clone: Clone, bare: Path) -> None:
    (clone.path.parent / "planted.git").symlink_to(bare)
    assert list(stored_clones(clone.path.parent)) == [clone]
    assert list(stored_clones(place.state / "nowhere")) == []
