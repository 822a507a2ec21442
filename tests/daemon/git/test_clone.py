"""Where a clone comes from, when it is fetched, and that the person's checkout is only ever read."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from company.errors import GitError
from daemon.git.clone import Clone, default_branch, init_workspace, resolve
from daemon.git.delivery import push, remote_commit
from daemon.git.merge import integrate_base
from daemon.git.worktree import commit_all
from tests.daemon.git.repositories import Place, make_checkout, naive_git, tree_hash


def head_of(repository: Path, name: str = "HEAD") -> str:
    return naive_git(repository, "rev-parse", name)


def make_untidy(checkout: Path) -> None:
    """Leave in a checkout what people have in theirs: a stash, dirty, staged and untracked files, hooks, settings."""
    (checkout / "README.md").write_text("stashed\n")
    naive_git(checkout, "stash")
    (checkout / "README.md").write_text("dirty\n")
    (checkout / "staged.txt").write_text("staged\n")
    naive_git(checkout, "add", "staged.txt")
    (checkout / "untracked.txt").write_text("mine\n")
    naive_git(checkout, "branch", "feature/x")
    naive_git(checkout, "tag", "v1")
    naive_git(checkout, "config", "user.name", "Person")
    (checkout / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\nexit 1\n")


def test_a_checkout_without_origin_is_read_and_pushes_go_to_a_remote_of_the_service(
    place: Place, checkout: Path
) -> None:
    clone = place.open(checkout)
    assert clone.upstream == str(checkout)
    assert clone.remote == str(place.state / "remotes" / "app.git")
    assert resolve(clone, "main") == head_of(checkout)
    assert default_branch(clone) == "main"


def test_a_company_that_was_moved_pushes_to_its_remote_where_that_is_now(
    place: Place, checkout: Path, tmp_path: Path
) -> None:
    place.open(checkout)
    place.state.rename(tmp_path / "moved")
    moved = replace(place, state=tmp_path / "moved").open(checkout)
    assert moved.remote == str(tmp_path / "moved" / "remotes" / "app.git")


def test_a_checkout_with_origin_is_fetched_from_and_pushed_to_its_origin(
    place: Place, checkout: Path, bare: Path
) -> None:
    naive_git(checkout, "remote", "add", "origin", str(bare))
    naive_git(checkout, "commit", "--allow-empty", "-qm", "not pushed yet")
    clone = place.open(checkout)
    assert (clone.upstream, clone.remote) == (str(bare), str(bare))
    assert resolve(clone, "main") == head_of(bare) != head_of(checkout)


def test_an_origin_given_by_a_relative_path_is_found_from_the_checkout(
    place: Place, checkout: Path, bare: Path
) -> None:
    naive_git(checkout, "remote", "add", "origin", os.path.relpath(bare, checkout))
    assert Path(place.open(checkout).upstream).resolve() == bare


def test_a_push_url_of_its_own_is_where_pushes_go(
    place: Place, checkout: Path, bare: Path, tmp_path: Path
) -> None:
    fork = tmp_path / "fork.git"
    naive_git(tmp_path, "init", "-q", "--bare", str(fork))
    naive_git(checkout, "remote", "add", "origin", str(bare))
    naive_git(checkout, "remote", "set-url", "--push", "origin", str(fork))
    clone = place.open(checkout)
    push(clone, "agent/job-1", "main")
    assert head_of(fork, "agent/job-1") == head_of(bare)
    assert naive_git(bare, "branch", "--list", "agent/*") == ""


def test_a_bare_repository_is_fetched_from_and_pushed_to(place: Place, bare: Path) -> None:
    clone = place.open(bare)
    assert (clone.upstream, clone.remote) == (str(bare), str(bare))
    assert push(clone, "agent/job-1", "main").remote == str(bare)
    assert remote_commit(clone, "agent/job-1") == head_of(bare)


def test_a_file_url_is_the_folder_it_names(place: Place, bare: Path) -> None:
    clone = place.open(f"file://{bare}")
    assert resolve(clone, "main") == head_of(bare)


def test_a_linked_worktree_of_a_person_is_a_source_too(place: Place, checkout: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    naive_git(checkout, "worktree", "add", "-q", "-b", "topic", str(linked))
    clone = place.open(linked)
    assert default_branch(clone) == "topic"
    assert resolve(clone, "main") == head_of(checkout)


def test_two_sources_of_one_name_do_not_mix(place: Place, checkout: Path, tmp_path: Path) -> None:
    other = make_checkout(tmp_path / "other" / "app")
    naive_git(other, "commit", "--allow-empty", "-qm", "other")
    first, second = place.open(checkout), place.open(other)
    assert first.path != second.path
    assert first.remote != second.remote
    assert (resolve(first, "main"), resolve(second, "main")) == (head_of(checkout), head_of(other))


def test_a_moved_source_is_fetched_when_asked_and_not_before(place: Place, checkout: Path) -> None:
    clone = place.open(checkout)
    before = resolve(clone, "main")
    naive_git(checkout, "commit", "--allow-empty", "-qm", "three")
    assert resolve(place.open(checkout, fresh=False), "main") == before
    assert resolve(place.open(checkout), "main") == head_of(checkout)


@pytest.mark.parametrize("how", ["loose", "packed", "branch", "tag", "detached"])
def test_every_kind_of_movement_of_the_source_is_noticed(place: Place, checkout: Path, how: str) -> None:
    clone = place.open(checkout)
    if how == "packed":
        naive_git(checkout, "pack-refs", "--all")
        place.open(checkout)
    if how in ("loose", "packed"):
        naive_git(checkout, "commit", "--allow-empty", "-qm", "three")
    if how == "packed":
        naive_git(checkout, "pack-refs", "--all")
    if how == "branch":
        naive_git(checkout, "branch", "feature/deep/x")
    if how == "tag":
        naive_git(checkout, "tag", "v9")
    if how == "detached":
        naive_git(checkout, "checkout", "-q", "--detach", "HEAD~1")
    clone = place.open(checkout)
    wanted = {"branch": "feature/deep/x", "tag": "v9"}.get(how, "main")
    assert resolve(clone, wanted) == head_of(checkout, wanted)
    assert default_branch(clone) == "main"


def test_fetching_takes_branches_the_source_dropped_and_none_of_the_jobs(
    place: Place, checkout: Path
) -> None:
    naive_git(checkout, "branch", "topic")
    clone = place.open(checkout)
    worktree = place.worktree(clone)
    (worktree.path / "new.txt").write_text("x")
    commit = commit_all(worktree, "work", name="A", email="a@b")
    naive_git(checkout, "branch", "-D", "topic")
    naive_git(
        checkout, "branch", "topic/deeper"
    )  # stands where 'topic' stood: a fetch that does not prune fails
    clone = place.open(checkout)
    assert resolve(clone, "topic") is None
    assert resolve(clone, "topic/deeper") is not None
    assert resolve(clone, "agent-step/job-1/0-backend") == commit


def test_a_changed_origin_is_noticed(place: Place, checkout: Path, bare: Path) -> None:
    first = place.open(checkout)
    naive_git(checkout, "remote", "add", "origin", str(bare))
    second = place.open(checkout)
    assert (first.remote, second.remote) == (str(place.state / "remotes" / "app.git"), str(bare))


def test_a_shallow_source_can_be_worked_on(place: Place, checkout: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    naive_git(tmp_path, "clone", "-q", "--depth=1", f"file://{checkout}", str(shallow))
    naive_git(shallow, "remote", "remove", "origin")
    clone = place.open(shallow)
    worktree = place.worktree(clone)
    (worktree.path / "new.txt").write_text("x")
    commit = commit_all(worktree, "work", name="A", email="a@b")
    assert commit is not None
    push(clone, "agent/job-1", commit)
    assert remote_commit(clone, "agent/job-1") == commit


def test_the_checkout_is_the_same_to_the_byte_whatever_the_service_does(place: Place, checkout: Path) -> None:
    make_untidy(checkout)
    before = tree_hash(checkout)
    clone = place.open(checkout)
    worktree = place.worktree(clone)
    assert tree_hash(checkout) == before
    (worktree.path / "new.txt").write_text("x")
    commit = commit_all(worktree, "work", name="A", email="a@b")
    assert commit is not None
    push(clone, "agent/job-1", commit)
    (clone.state_path).unlink()  # so that it is fetched again
    integrate_base(place.open(checkout), worktree, "feature/x")
    assert tree_hash(checkout) == before


def test_opening_twice_fetches_nothing_and_starts_no_process(
    place: Place, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = place.open(checkout)
    monkeypatch.setenv("PATH", "/nowhere")  # there is no git any more
    assert place.open(checkout) == clone


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("ext::sh -c 'touch canary'", "unsafe_url"),
        ("--upload-pack=touch canary", "unsafe_url"),
        ("https://-oProxyCommand=x/y", "unsafe_url"),
        ("ssh://-oProxyCommand=touch/x", "unsafe_url"),
        ("fd::17", "unsafe_url"),
        ("https://host/pa th", "unsafe_url"),
        ("gopher://host/x", "unsafe_url"),
        ("", "unsafe_url"),
        ("/nowhere/at/all", "not_a_repository"),
    ],
)
def test_an_address_that_is_none_is_refused_with_a_mend(place: Place, source: str, code: str) -> None:
    with pytest.raises(GitError) as refused:
        place.open(source)
    assert refused.value.code == code
    assert refused.value.mend
    assert "timed out" not in str(refused.value)  # git was never asked


def test_a_source_without_commits_is_refused_with_a_mend(place: Place, tmp_path: Path) -> None:
    naive_git(tmp_path, "init", "-q", "empty")
    with pytest.raises(GitError, match="has no commits yet") as refused:
        place.open(tmp_path / "empty")
    assert refused.value.code == "no_commits"
    assert "git commit --allow-empty" in refused.value.mend
    naive_git(tmp_path / "empty", "commit", "--allow-empty", "-qm", "start")
    assert resolve(place.open(tmp_path / "empty"), "HEAD~0") is None
    assert default_branch(place.open(tmp_path / "empty"))


def test_an_origin_that_is_gone_is_named(place: Place, checkout: Path, tmp_path: Path) -> None:
    naive_git(checkout, "remote", "add", "origin", str(tmp_path / "gone.git"))
    with pytest.raises(GitError, match=r"gone\.git") as refused:
        place.open(checkout)
    assert refused.value.code == "remote_missing"
    assert "set-url" in refused.value.mend


def test_a_repository_in_a_format_we_cannot_read_is_refused(place: Place, tmp_path: Path) -> None:
    naive_git(tmp_path, "init", "-q", "--object-format=sha256", "new")
    naive_git(tmp_path / "new", "commit", "--allow-empty", "-qm", "start")
    with pytest.raises(GitError, match="sha256") as refused:
        place.open(tmp_path / "new")
    assert refused.value.code == "unsupported"


def test_a_detached_head_with_no_usual_branch_asks_for_a_base(place: Place, checkout: Path) -> None:
    naive_git(checkout, "checkout", "-q", "--detach")
    naive_git(checkout, "branch", "-m", "main", "one")
    naive_git(checkout, "branch", "two")
    with pytest.raises(GitError, match="no branch") as refused:
        default_branch(place.open(checkout))
    assert refused.value.code == "no_default_branch"


def test_what_is_no_name_resolves_to_nothing(clone: Clone, tip: str) -> None:
    assert resolve(clone, tip) == tip
    assert resolve(clone, tip[:10]) == tip
    for name in ("", "nothing", "main~1", "main..main", "@{-1}", "--all", ":/two", "main\nmain", "0" * 40):
        assert resolve(clone, name) is None


def test_a_workspace_begins_with_one_empty_commit_and_opens_twice_the_same(place: Place) -> None:
    path = place.state / "clones" / "workspace-job-1.git"
    first, second = init_workspace(path), init_workspace(path)
    assert first == second
    worktree = place.worktree(first)
    assert [entry.name for entry in worktree.path.iterdir()] == [".git"]
    (worktree.path / "post.md").write_text("words")
    commit = commit_all(worktree, "work", name="A", email="a@b")
    assert commit is not None
    with pytest.raises(GitError, match="no remote"):
        push(first, "agent/job-1", commit)
