"""A worktree holds an agent's work: what becomes a commit, and that every call may come twice."""

import os
import shutil
from pathlib import Path

import pytest

from company.errors import GitError
from daemon.git.clone import Clone, resolve
from daemon.git.delivery import changed_files
from daemon.git.worktree import (
    Worktree,
    add_worktree,
    commit_all,
    head_of,
    prune,
    remove_job,
    remove_worktree,
)
from tests.daemon.git.conftest import Files
from tests.daemon.git.repositories import Place, naive_git


def commit(worktree: Worktree, message: str = "work") -> str | None:
    return commit_all(worktree, message, name="Backend", email="backend@localhost")


def committed(worktree: Worktree, message: str = "work") -> str:
    made = commit(worktree, message)
    assert made is not None
    return made


@pytest.fixture
def worktree(place: Place, clone: Clone) -> Worktree:
    return place.worktree(clone)


def test_new_changed_and_deleted_files_become_one_commit_by_the_given_name(
    worktree: Worktree, tip: str, files_of: Files
) -> None:
    (worktree.path / "new.txt").write_text("new")
    (worktree.path / "README.md").write_text("changed")
    (worktree.path / "src" / "app.py").unlink()
    made = committed(worktree, "Add the new file")
    assert files_of(worktree.clone, made) == {
        ".gitignore": "ignored/",
        "README.md": "changed",
        "new.txt": "new",
    }
    facts = naive_git(worktree.clone.path, "show", "-s", "--format=%an|%ae|%P|%B", made)
    assert facts == f"Backend|backend@localhost|{tip}|Add the new file"
    assert resolve(worktree.clone, worktree.branch) == made == head_of(worktree)


def test_ignored_files_are_left_out_and_nothing_changed_is_no_commit(worktree: Worktree) -> None:
    (worktree.path / "ignored").mkdir()
    (worktree.path / "ignored" / "cache").write_text("x")
    assert commit(worktree) is None


def test_committing_again_gives_the_same_commit_for_the_same_message_only(worktree: Worktree) -> None:
    (worktree.path / "new.txt").write_text("new")
    made = committed(worktree, "one")
    assert commit(worktree, "one") == made
    assert commit(worktree, "two") is None


def test_file_names_with_newlines_spaces_options_and_other_bytes_are_kept(
    worktree: Worktree, tip: str
) -> None:
    for name in (
        b"new\nline",
        b"--all",
        b"-f",
        b" sp ace ",
        b"\xff\xfe",
        b'quo"te',
        b"tab\t",
        "ü".encode(),
        b":(top)x",
    ):
        Path(os.fsdecode(os.fsencode(worktree.path) + b"/" + name)).write_text("x")
    made = committed(worktree)
    names = {"new\nline", "--all", "-f", " sp ace ", "\\xff\\xfe", 'quo"te', "tab\t", "ü", ":(top)x"}
    assert set(changed_files(worktree.clone, tip, made)) == names


def test_a_link_out_of_the_folder_is_committed_as_a_link(worktree: Worktree, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (worktree.path / "link").symlink_to(tmp_path / "secret")
    made = committed(worktree)
    assert naive_git(worktree.clone.path, "ls-tree", made, "link").startswith("120000")
    assert "secret" not in naive_git(worktree.clone.path, "show", f"{made}:link").replace(
        str(tmp_path / "secret"), ""
    )


def test_a_folder_turned_into_a_link_takes_its_files_away(
    worktree: Worktree, tmp_path: Path, files_of: Files
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "app.py").write_text("not ours")
    shutil.rmtree(worktree.path / "src")
    (worktree.path / "src").symlink_to(outside)
    assert "src/app.py" not in files_of(worktree.clone, committed(worktree))


def test_an_agents_own_commits_are_folded_into_ours_and_move_no_branch(
    worktree: Worktree, tip: str, files_of: Files
) -> None:
    (worktree.path / "a.txt").write_text("a")
    naive_git(worktree.path, "add", ".")
    naive_git(worktree.path, "commit", "-qm", "an agent's own")
    naive_git(worktree.path, "checkout", "-qb", "elsewhere")
    (worktree.path / "b.txt").write_text("b")
    assert resolve(worktree.clone, worktree.branch) == tip
    made = committed(worktree)
    assert {"a.txt", "b.txt"} <= files_of(worktree.clone, made).keys()
    assert naive_git(worktree.clone.path, "rev-parse", f"{made}^") == tip
    assert resolve(worktree.clone, "elsewhere") is None


def test_an_agent_sees_a_usual_clean_repository(worktree: Worktree, tip: str) -> None:
    assert naive_git(worktree.path, "status", "--porcelain", "--branch") == f"## {worktree.branch}"
    assert naive_git(worktree.path, "rev-parse", "HEAD") == tip
    assert naive_git(worktree.path, "log", "--format=%s") == "two\none"
    assert naive_git(worktree.path, "remote") == ""


@pytest.mark.parametrize("has_commit", [False, True])
def test_a_repository_made_inside_the_worktree_is_taken_in_as_files(
    worktree: Worktree, files_of: Files, has_commit: bool
) -> None:
    inner = worktree.path / "site"
    deeper = inner / "vendor" / "li\nb"
    for folder in (inner, deeper):
        folder.mkdir(parents=True)
        naive_git(folder, "init", "-q")
        (folder / "page.html").write_text("page")
        if has_commit:
            naive_git(folder, "add", "page.html")
            naive_git(folder, "commit", "-qm", "generated")
    made = committed(worktree)
    assert {"site/page.html", "site/vendor/li\nb/page.html"} <= files_of(worktree.clone, made).keys()
    assert "160000" not in naive_git(worktree.clone.path, "ls-tree", "-r", made)


def test_a_submodule_is_never_fetched_and_its_link_stays(place: Place, checkout: Path, bare: Path) -> None:
    naive_git(checkout, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(bare), "lib")
    naive_git(checkout, "commit", "-qm", "with a submodule")
    worktree = place.worktree(place.open(checkout))
    assert list((worktree.path / "lib").iterdir()) == []
    assert commit(worktree) is None
    naive_git(worktree.path / "lib", "init", "-q")  # an agent puts something else there
    (worktree.path / "lib" / "x").write_text("x")
    naive_git(worktree.path / "lib", "add", "x")
    naive_git(worktree.path / "lib", "commit", "-qm", "x")
    (worktree.path / "own.txt").write_text("x")
    made = committed(worktree)
    link = naive_git(checkout, "rev-parse", "HEAD:lib")
    assert naive_git(worktree.clone.path, "rev-parse", f"{made}:lib") == link
    assert commit(worktree, "again") is None


def test_the_same_worktree_again_keeps_the_work_in_it(worktree: Worktree, place: Place) -> None:
    (worktree.path / "half.txt").write_text("done so far")
    assert place.worktree(worktree.clone) == worktree
    assert (worktree.path / "half.txt").read_text() == "done so far"
    made = committed(worktree)
    assert place.worktree(worktree.clone) == worktree
    assert head_of(worktree) == made


def test_another_commit_lays_the_worktree_out_anew_and_keeps_ignored_files(
    worktree: Worktree, place: Place, tip: str
) -> None:
    (worktree.path / "ignored").mkdir()
    (worktree.path / "ignored" / "cache").write_text("warm")
    (worktree.path / "left.txt").write_text("left over")
    (worktree.path / "README.md").write_text("left over")
    naive_git(worktree.path, "init", "-q", "left-repository")
    before = naive_git(worktree.clone.path, "rev-parse", f"{tip}^")
    place.worktree(worktree.clone, commit=before)
    assert (worktree.path / "README.md").read_text() == "one\n"
    assert (worktree.path / "ignored" / "cache").read_text() == "warm"
    assert {entry.name for entry in worktree.path.iterdir()} == {
        ".git",
        ".gitignore",
        "README.md",
        "ignored",
        "src",
    }
    assert naive_git(worktree.path, "status", "--porcelain") == ""


def test_a_worktree_whose_folder_was_deleted_is_made_anew(worktree: Worktree, place: Place) -> None:
    shutil.rmtree(worktree.path)
    with pytest.raises(GitError) as refused:
        commit(worktree)
    assert refused.value.code == "no_worktree"
    place.worktree(worktree.clone)
    assert (worktree.path / "README.md").read_text() == "two\n"
    assert commit(worktree) is None


def test_a_damaged_index_and_a_stale_lock_of_a_killed_git_do_no_harm(
    worktree: Worktree, place: Place, tip: str
) -> None:
    (index,) = worktree.clone.beside.glob("worktrees/*/index")
    index.with_name("index.lock").write_text("")
    (worktree.path / "new.txt").write_text("x")
    assert commit(worktree)
    index.write_bytes(b"DIRCgarbage")
    index.with_name("index.lock").write_text("")
    place.worktree(worktree.clone, commit=f"{naive_git(worktree.clone.path, 'rev-parse', f'{tip}^')}")
    assert (worktree.path / "README.md").read_text() == "one\n"


def test_what_is_not_ours_is_left_alone(place: Place, clone: Clone, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "work.txt").write_text("precious")
    (tmp_path / "link").symlink_to(theirs)
    for path in (theirs, tmp_path / "link", theirs / "work.txt"):
        with pytest.raises(GitError, match="left alone") as refused:
            add_worktree(clone, path, "agent/job-1", "main")
        assert refused.value.code == "not_ours"
    assert (theirs / "work.txt").read_text() == "precious"


def test_a_worktree_replaced_by_a_link_is_not_followed(worktree: Worktree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    shutil.rmtree(worktree.path)
    worktree.path.symlink_to(outside)
    with pytest.raises(GitError) as refused:
        commit(worktree)
    assert refused.value.code == "no_worktree"
    remove_worktree(worktree)
    assert (outside / "secret").exists()
    assert not worktree.path.is_symlink()


@pytest.mark.parametrize(
    "branch", ["-f", "--all", "a..b", "a b", "x.lock", "refs/heads/x", "", "a\nb", "HEAD", "@", "/x"]
)
def test_a_branch_name_that_git_refuses_or_takes_for_an_option_is_refused(
    place: Place, clone: Clone, branch: str
) -> None:
    with pytest.raises(GitError) as refused:
        add_worktree(clone, place.state / "worktrees" / "x", branch, "main")
    assert refused.value.code == "bad_branch"


def test_a_branch_that_cannot_stand_beside_another_is_refused_in_clear_words(
    place: Place, worktree: Worktree
) -> None:
    with pytest.raises(GitError, match="exclude each other") as refused:
        add_worktree(worktree.clone, place.state / "worktrees" / "x", "agent-step/job-1", "main")
    assert refused.value.code == "bad_branch"


def test_an_unknown_base_is_named(place: Place, clone: Clone) -> None:
    with pytest.raises(GitError, match="'release/9'") as refused:
        place.worktree(clone, commit="release/9")
    assert refused.value.code == "no_such_commit"


def test_removing_a_worktree_twice_is_removing_it_once_and_keeps_its_branch(worktree: Worktree) -> None:
    (worktree.path / "new.txt").write_text("x")
    made = committed(worktree)
    remove_worktree(worktree)
    remove_worktree(worktree)
    assert not worktree.path.exists()
    assert resolve(worktree.clone, worktree.branch) == made


def test_a_job_takes_its_worktrees_and_step_branches_with_it_and_nobody_elses(
    place: Place, clone: Clone
) -> None:
    mine = [place.worktree(clone, name) for name in ("backend", "frontend")]
    other = place.worktree(clone, job="job-11")
    integration = add_worktree(clone, place.state / "worktrees" / "job-1" / "all", "fix/login", "main")
    add_worktree(clone, place.state / "elsewhere", "agent/job-1", "main")
    for _ in range(2):
        remove_job(clone, "job-1")
    assert not any(one.path.exists() for one in (*mine, integration))
    assert not (place.state / "elsewhere").exists()
    assert resolve(clone, mine[0].branch) is None
    assert resolve(clone, "fix/login") == resolve(clone, "agent/job-1") == resolve(clone, "main")
    assert other.path.exists()
    assert resolve(clone, other.branch)


def test_entries_of_folders_that_are_gone_are_pruned(place: Place, worktree: Worktree) -> None:
    kept = place.worktree(worktree.clone, "frontend")
    shutil.rmtree(worktree.path)
    assert prune(worktree.clone) == (worktree.path,)
    assert prune(worktree.clone) == ()
    assert head_of(kept)


def test_a_branch_moved_behind_our_back_is_put_where_the_record_says(worktree: Worktree, tip: str) -> None:
    older = naive_git(worktree.clone.path, "rev-parse", f"{tip}^")
    naive_git(worktree.clone.path, "update-ref", f"refs/heads/{worktree.branch}", older)
    (worktree.path / "new.txt").write_text("x")
    made = committed(worktree)
    assert naive_git(worktree.clone.path, "rev-parse", f"{made}^") == tip
    assert resolve(worktree.clone, worktree.branch) == made


def test_a_worktree_that_was_moved_with_everything_keeps_its_work(
    place: Place, clone: Clone, tmp_path: Path
) -> None:
    worktree = place.worktree(clone)
    (worktree.path / "new.txt").write_text("not committed yet")
    head = head_of(worktree)
    there = worktree.path.parent.parent.with_name("moved")
    worktree.path.parent.parent.rename(there)
    path = there / worktree.path.parent.name / worktree.path.name

    moved = add_worktree(clone, path, worktree.branch, head)
    assert (path / "new.txt").read_text() == "not committed yet"
    assert naive_git(path, "status", "--porcelain") == "?? new.txt"  # the agent's own git works there, too
    assert naive_git(clone.path, "show", f"{committed(moved)}:new.txt") == "not committed yet"
    assert [one.name for one in (clone.beside / "worktrees").iterdir()] != []
    remove_worktree(moved)
    assert list((clone.beside / "worktrees").iterdir()) == []


def test_a_strangers_folder_is_not_taken_for_one_that_was_moved(place: Place, clone: Clone) -> None:
    worktree = place.worktree(clone)  # it is where it was
    path = worktree.path.parent.parent.with_name("other") / worktree.path.parent.name / worktree.path.name
    path.mkdir(parents=True)
    (path / "mine.txt").write_text("mine")
    with pytest.raises(GitError) as refused:
        add_worktree(clone, path, worktree.branch, head_of(worktree))
    assert refused.value.code == "not_ours"
    assert (path / "mine.txt").read_text() == "mine"
