"""Agents that reach outside of their worktree: each way of it is seen, named, and changes nothing of the outcome."""

import sys
from pathlib import Path

from company.store.sessions import Session
from tests.whole_company import Company, Running, Start, git

COMMIT = "git -c user.name=a -c user.email=a@b commit -qm mine"


def run_one(
    company: Company, finish: Start, script: str, *, checkout: bool = False
) -> tuple[Running, Session, Path]:
    company.agent("backend")
    company.configure(work={"max_iterations": 1})
    check = [
        {
            "name": "clean",
            "run": [sys.executable, "-c", "import os, sys; sys.exit(os.path.exists('planted'))"],
        }
    ]
    bare = company.repository(
        "shop", {"a.txt": "a\n"}, commands={"backend": ["sh", "-c", script]}, checks=check
    )
    if checkout:
        git(company.root, "clone", "-q", str(bare), "checkout")
        company.configure_list(
            "repositories",
            [
                {
                    "name": "shop",
                    "path": str(company.root / "checkout"),
                    "commands": {"backend": ["sh", "-c", script]},
                }
            ],
        )
    company.drop("one.md", "---\nrepo: shop\n---\n# Do it\n")
    running = finish()
    return running, next(job for job in running.jobs() if job.title == "Do it"), bare


def noticed(company: Company, job: Session, words: str) -> bool:
    """Report and JSON state say the same."""
    lines: list[str] = company.state(job.id, "session")["noticed"]
    said = any(words in line for line in lines)
    assert (words in company.report(job.id)) is said
    return said


def test_a_run_that_stays_at_home_is_not_named(company: Company, finish: Start) -> None:
    _, job, _ = run_one(company, finish, "echo b > b.txt; git add -A; git stash -q; git stash pop -q")
    assert job.status == "completed"
    assert company.state(job.id, "session")["noticed"] == []


def test_a_commit_of_its_own_is_named_and_folded_into_ours(company: Company, finish: Start) -> None:
    _, job, bare = run_one(company, finish, f"echo b > b.txt; git add -A; {COMMIT}")
    assert job.status == "completed"
    assert noticed(company, job, "commits or branches of the agent's own")
    assert git(bare, "log", "-1", "--format=%an", f"agent/{job.id}") == "Agent Service"


def test_a_push_of_its_own_is_a_finding_and_delivers_nothing(company: Company, finish: Start) -> None:
    """The canary: the push itself succeeds, so whoever looks at the worktree only takes the run for a good one."""
    remote = company.root / "remotes" / "shop.git"
    script = f"echo b > b.txt; git add -A; {COMMIT}; git push -q {remote} HEAD:refs/heads/sneaked"
    _, job, bare = run_one(company, finish, script)
    assert git(bare, "show", "sneaked:b.txt") == "b"
    assert job.status == "blocked"
    assert noticed(company, job, "it pushed refs/heads/sneaked")
    assert "only the service delivers" in company.report(job.id).partition("## What was noticed")[0]
    assert git(bare, "branch", "--list", "agent/*") == ""


def test_what_it_writes_into_the_integration_worktree_is_named_and_undone(
    company: Company, finish: Start
) -> None:
    """The canary is the check, which is red as long as the planted file stands."""
    script = "echo b > b.txt; echo x > ../integration/planted; echo x > ../beside"
    _, job, bare = run_one(company, finish, script)
    assert job.status == "completed", job.outcome
    assert noticed(company, job, "the integration worktree: planted was changed")
    assert noticed(company, job, "beside was planted beside its worktree")
    assert git(bare, "ls-tree", "--name-only", f"agent/{job.id}").split() == ["a.txt", "b.txt"]


def test_what_changes_in_the_person_s_checkout_is_named(company: Company, finish: Start) -> None:
    script = f"echo b > b.txt; echo changed > {company.root}/checkout/a.txt"
    _, job, _ = run_one(company, finish, script, checkout=True)
    assert (company.root / "checkout" / "a.txt").read_text() == "changed\n"
    assert noticed(company, job, f"the checkout {company.root / 'checkout'}: a.txt was changed")


def test_a_file_in_the_inbox_is_named(company: Company, finish: Start) -> None:
    script = f"test -e b.txt || {{ echo b > b.txt; echo '# More' > {company.root}/priorities/more.md; sleep 0.2; }}"
    _, job, _ = run_one(company, finish, script)
    assert noticed(company, job, "was dropped while the agent ran, by it or by somebody else")


def test_what_it_plants_for_the_shared_clone_is_named(company: Company, finish: Start) -> None:
    script = (
        "echo b > b.txt; clone=$(dirname $(cat .git/objects/info/alternates));"
        f"printf '#!/bin/sh\\ntouch {company.root}/EXECUTED\\n' > post; chmod +x post; mkdir -p $clone/hooks;"
        "mv post $clone/hooks/reference-transaction; : > $clone/used"
    )
    _, job, _ = run_one(company, finish, script)
    assert noticed(company, job, "the service's clone: hooks/reference-transaction was planted")
    assert not (company.root / "EXECUTED").exists()
    # The canary: plain git runs it.
    [clone] = list((company.root / ".compound-state" / "clones").glob("*.git"))
    git(clone, "update-ref", "refs/heads/x", f"agent/{job.id}")
    assert (company.root / "EXECUTED").exists()
