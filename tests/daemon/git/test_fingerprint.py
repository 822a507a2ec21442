"""What agents planted is named, what they may do is not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.git.clone import Clone
from daemon.git.fingerprint import fingerprint
from daemon.git.worktree import Worktree, commit_all
from tests.daemon.git.repositories import Place, naive_git


@pytest.fixture
def worktree(place: Place, clone: Clone) -> Worktree:
    return place.worktree(clone)


def named(worktree: Worktree, change: Callable[[], object]) -> list[str]:
    before = fingerprint(worktree)
    change()
    return [line.partition(" while the agent ran")[0] for line in before.changes(fingerprint(worktree))]


def test_ordinary_work_is_not_named(worktree: Worktree, place: Place) -> None:
    def work() -> None:
        (worktree.path / "new.txt").write_text("x")
        naive_git(worktree.path, "add", ".")
        naive_git(worktree.path, "status")
        naive_git(worktree.path, "stash")
        naive_git(worktree.path, "stash", "pop")
        commit_all(worktree, "w", name="A", email="a@b")
        place.worktree(worktree.clone, "frontend")

    assert named(worktree, work) == []


def test_an_agents_own_commit_is_named(worktree: Worktree) -> None:
    (line,) = named(worktree, lambda: naive_git(worktree.path, "commit", "--allow-empty", "-qm", "x"))
    assert line == (
        "the worktree's .git: refs/heads/agent-step/job-1/0-backend "
        "(commits or branches of the agent's own) was changed"
    )


@pytest.mark.parametrize(
    "path",
    [
        "hooks/post-commit",
        "info/attributes",
        "config.worktree",
        "objects/info/alternates",
        "commondir",
        "refs/replace/" + "a" * 40,
        "hooks/new\nline",
    ],
)
def test_what_is_planted_in_the_shared_repository_is_named(worktree: Worktree, path: str) -> None:
    target = worktree.clone.path / path

    def plant() -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("planted")

    lines = named(worktree, plant)
    assert f"the service's clone: {path} was planted" in lines


def test_what_is_planted_in_the_persons_checkout_is_named(worktree: Worktree, checkout: Path) -> None:
    hooks = checkout / ".git" / "hooks"
    (hooks / "pre-commit").write_text("#!/bin/sh\n")
    assert named(worktree, lambda: (hooks / "pre-commit").chmod(0o755)) == [
        f"the repository {checkout}: hooks/pre-commit was changed"
    ]
    assert named(worktree, lambda: naive_git(checkout, "config", "alias.st", "!x")) == [
        f"the repository {checkout}: config was changed"
    ]


def test_what_is_planted_in_a_persons_bare_remote_is_named(place: Place, checkout: Path, bare: Path) -> None:
    naive_git(checkout, "remote", "add", "origin", str(bare))
    worktree = place.worktree(place.open(checkout))
    shutil.rmtree(bare / "hooks", ignore_errors=True)
    (bare / "hooks").mkdir()
    assert named(worktree, lambda: (bare / "hooks" / "post-receive").write_text("#!/bin/sh\n")) == [
        f"its remote {bare}: hooks/post-receive was planted"
    ]


def test_a_hook_that_is_a_link_or_a_pipe_is_named_without_being_opened(worktree: Worktree) -> None:
    import os

    hooks = worktree.clone.path / "hooks"

    def plant() -> None:
        hooks.mkdir()
        (hooks / "post-commit").symlink_to("/dev/zero")
        os.mkfifo(hooks / "pre-commit")

    assert named(worktree, plant) == [
        "the service's clone: hooks was planted",
        "the service's clone: hooks/post-commit was planted",
        "the service's clone: hooks/pre-commit was planted",
    ]
