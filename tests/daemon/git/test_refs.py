"""Branches read without a process, and our own pushes told from what others do at the source."""

from pathlib import Path

import pytest

from daemon.git.clone import Clone, resolve
from daemon.git.delivery import push
from daemon.git.refs import is_moved_by, ref_value, signature
from daemon.git.source import Folder, folder_at
from tests.daemon.git.repositories import Place, naive_git


def folder(path: Path) -> Folder:
    found = folder_at(path)
    assert found is not None
    return found


def test_a_branch_reads_the_same_loose_packed_and_packed_then_moved(checkout: Path) -> None:
    git = checkout / ".git"
    first = naive_git(checkout, "rev-parse", "main")
    assert ref_value(git, "refs/heads/main") == first
    naive_git(checkout, "pack-refs", "--all")
    assert not (git / "refs" / "heads" / "main").exists()
    assert ref_value(git, "refs/heads/main") == first
    naive_git(checkout, "commit", "--allow-empty", "-qm", "three")
    assert ref_value(git, "refs/heads/main") == naive_git(checkout, "rev-parse", "main") != first
    assert ref_value(git, "refs/heads/mai") is None
    assert ref_value(git, "refs/heads") is None


def test_a_name_asked_for_again_needs_no_process_and_follows_its_branch(
    clone: Clone, tip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = naive_git(clone.path, "rev-parse", f"{tip}^")
    for commit in (older, tip):
        naive_git(clone.path, "update-ref", "refs/heads/topic", commit)
        assert resolve(clone, "topic") == commit
    naive_git(clone.path, "update-ref", "refs/heads/topic", older)
    monkeypatch.setenv("PATH", "")
    assert resolve(clone, "topic") == older
    assert resolve(clone, "main") == tip


def test_an_annotated_tag_means_its_commit_each_time(place: Place, checkout: Path) -> None:
    naive_git(checkout, "tag", "-a", "-m", "release", "v1")
    clone = place.open(checkout)
    for _ in range(2):
        assert resolve(clone, "v1") == naive_git(checkout, "rev-parse", "v1^{commit}")


def test_our_own_push_leaves_nothing_to_fetch(
    place: Place, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = place.open(bare)
    older = naive_git(bare, "rev-parse", "main^")
    for commit in (older, "main"):  # the branch appears, and moves
        push(clone, "agent/job-1", commit)
    with monkeypatch.context() as without_git:
        without_git.setenv("PATH", "")
        place.open(bare)
    assert resolve(clone, "main") == naive_git(bare, "rev-parse", "main")


def test_what_others_did_beside_our_push_is_fetched(place: Place, bare: Path, checkout: Path) -> None:
    clone = place.open(bare)
    naive_git(checkout, "commit", "--allow-empty", "-qm", "theirs")
    naive_git(checkout, "push", "-q", str(bare), "main", "main:refs/heads/agent/job-2")
    push(clone, "agent/job-1", "main")
    for name in ("main", "agent/job-2"):
        assert resolve(place.open(bare), name) == naive_git(checkout, "rev-parse", "main")


def test_a_signature_that_differs_by_anything_else_is_not_our_push(bare: Path, checkout: Path) -> None:
    commit = naive_git(bare, "rev-parse", "main")
    before = signature(folder(bare))
    naive_git(bare, "update-ref", "refs/heads/ours", commit)
    ours = signature(folder(bare))

    def is_ours(after: str, named: str = commit) -> bool:
        return is_moved_by(folder(bare), "ours", named, before=before, after=after)

    assert is_ours(ours)
    assert not is_ours(ours, naive_git(bare, "rev-parse", "main^"))
    assert not is_ours(before)
    for more in (("update-ref", "refs/tags/x", commit), ("symbolic-ref", "HEAD", "refs/heads/ours")):
        naive_git(bare, *more)
        assert not is_ours(signature(folder(bare)))
    naive_git(bare, "pack-refs", "--all")
    assert not is_ours(signature(folder(bare)))
