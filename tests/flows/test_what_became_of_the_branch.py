"""A delivered branch is followed: merged in any way it earns its reward once; untouched or rejected it earns none."""

from pathlib import Path

import pytest

from daemon.job.following import Following
from tests.whole_company import Company, Running, Start, git


@pytest.fixture
def delivered(company: Company, finish: Start) -> tuple[Running, Path, Path]:
    """A job that was delivered, its remote, and a person's clone of it."""
    company.agent("backend")
    bare = company.repository(
        "one", {"a.txt": "a\n", "b.txt": "b\n"}, commands={"backend": ["sed", "-i", "s/a/z/", "a.txt"]}
    )
    company.drop("one.md", "---\nrepo: one\n---\n# Change a letter\n")
    running = finish()
    git(company.root, "clone", "-q", str(bare), "person")
    return running, bare, company.root / "person"


def follow(running: Running) -> list[str]:
    return Following(running.daemon.workplace).look()


def test_a_branch_that_nobody_merged_earns_nothing(delivered: tuple[Running, Path, Path]) -> None:
    running, _, _ = delivered
    assert follow(running) == []
    assert running.rewards(running.job().id) == []


@pytest.mark.parametrize("way", ["merge", "squash", "rebase"])
def test_a_merge_of_any_kind_is_rewarded_once(delivered: tuple[Running, Path, Path], way: str) -> None:
    running, _, person = delivered
    job = running.job()
    (person / "b.txt").write_text("moved on\n")
    git(person, "commit", "-qam", "Move on")
    if way == "merge":
        git(person, "merge", "-q", "--no-edit", f"origin/{job.branch_name}")
    elif way == "squash":
        git(person, "merge", "-q", "--squash", f"origin/{job.branch_name}")
        git(person, "commit", "-qm", "Squashed")
    else:
        git(person, "cherry-pick", f"origin/{job.branch_name}")
    (person / "c.txt").write_text("later work\n")
    git(person, "add", "-A")
    git(person, "commit", "-qm", "Later")
    git(person, "push", "-q")
    assert follow(running) == [job.id]
    assert follow(running) == []
    assert running.rewards(job.id) == [25]
    assert running.job().pr_state == "merged"
