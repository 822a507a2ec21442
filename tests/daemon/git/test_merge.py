"""Lines of work come together whole or not at all."""

from pathlib import Path

import pytest

from company.errors import GitError
from daemon.git.clone import Clone, resolve
from daemon.git.merge import Conflict, Merged, Unchanged, integrate_base, merge
from daemon.git.worktree import Worktree, commit_all, head_of
from tests.daemon.git.conftest import Files
from tests.daemon.git.repositories import Place, naive_git


def work(place: Place, clone: Clone, name: str, **files: str) -> str:
    """Let an agent write ``files`` (with '_' for '.') and commit them."""
    worktree = place.worktree(clone, name)
    for file, text in files.items():
        (worktree.path / file.replace("_", ".")).write_text(text)
    made = commit_all(worktree, name, name="A", email="a@b")
    assert made is not None
    return made


@pytest.fixture
def integration(place: Place, clone: Clone) -> Worktree:
    return place.worktree(clone, "integration")


def test_independent_work_is_merged_and_laid_out(
    place: Place, clone: Clone, integration: Worktree, files_of: Files
) -> None:
    one, two = work(place, clone, "one", a_txt="a"), work(place, clone, "two", b_txt="b")
    merged = merge(clone, integration, [one, two], "Bring both", name="N", email="n@e")
    assert isinstance(merged, Merged)
    assert {"a.txt", "b.txt"} <= files_of(clone, merged.commit).keys()
    assert (integration.path / "a.txt").read_text() + (integration.path / "b.txt").read_text() == "ab"
    assert resolve(clone, integration.branch) == merged.commit
    assert naive_git(integration.path, "status", "--porcelain") == ""
    assert naive_git(clone.path, "show", "-s", "--format=%an %ae %s", merged.commit) == "N n@e Bring both"


def test_merging_again_changes_nothing(place: Place, clone: Clone, integration: Worktree) -> None:
    lines = [work(place, clone, "one", a_txt="a"), work(place, clone, "two", b_txt="b")]
    first = merge(clone, integration, lines, "Bring both")
    assert merge(clone, integration, lines, "Bring both") == first


def test_a_branch_may_be_named_instead_of_a_commit(place: Place, clone: Clone, integration: Worktree) -> None:
    made = work(place, clone, "one", a_txt="a")
    assert merge(clone, integration, ["agent-step/job-1/0-one"], "m") == Merged(made)


def test_a_conflict_names_the_files_and_moves_nothing(
    place: Place, clone: Clone, integration: Worktree, tip: str
) -> None:
    one = work(place, clone, "one", README_md="one's", x_txt="x")
    two = work(place, clone, "two", README_md="two's", **{"new\nline": "two"})
    three = work(place, clone, "three", **{"new\nline": "three"})
    conflict = merge(clone, integration, [one, two], "m")
    assert isinstance(conflict, Conflict)
    assert conflict.files == ("README.md",)
    assert "CONFLICT (content)" in conflict.detail
    assert head_of(integration) == tip
    assert not (integration.path / "x.txt").exists()
    clash = merge(clone, integration, [two, three], "m")
    assert isinstance(clash, Conflict)
    assert clash.files == ("new\nline",)


def test_a_file_against_a_folder_and_a_deletion_against_a_change_are_conflicts(
    place: Place, clone: Clone, integration: Worktree
) -> None:
    one = place.worktree(clone, "one")
    (one.path / "README.md").unlink()
    (one.path / "thing").write_text("a file")
    two = place.worktree(clone, "two")
    (two.path / "README.md").write_text("changed")
    (two.path / "thing").mkdir()
    (two.path / "thing" / "x").write_text("in a folder")
    lines = [commit_all(tree, "w", name="A", email="a@b") or "" for tree in (one, two)]
    conflict = merge(clone, integration, lines, "m")
    assert isinstance(conflict, Conflict)
    assert "README.md" in conflict.files
    assert any(name.startswith("thing") for name in conflict.files)


def test_left_overs_of_a_check_do_not_stop_a_merge(place: Place, clone: Clone, integration: Worktree) -> None:
    (integration.path / "README.md").write_text("written by a check")
    (integration.path / "a.txt").write_text("in the way")
    merged = merge(clone, integration, [work(place, clone, "one", a_txt="a", README_md="r")], "m")
    assert isinstance(merged, Merged)
    assert (integration.path / "a.txt").read_text() == "a"
    assert (integration.path / "README.md").read_text() == "r"


def test_what_is_not_there_cannot_be_merged(clone: Clone, integration: Worktree) -> None:
    for name in ("nothing", "--strategy=ours", "f" * 40):
        with pytest.raises(GitError):
            merge(clone, integration, [name], "m")


@pytest.mark.parametrize("of_commit", [True, False])
def test_a_base_that_moved_is_taken_in(
    place: Place, checkout: Path, clone: Clone, files_of: Files, of_commit: bool
) -> None:
    made = work(place, clone, "one", a_txt="a")
    worktree = place.worktree(clone, "one")
    line = made if of_commit else worktree
    assert integrate_base(clone, line, "main") == Unchanged(made)
    (checkout / "base.txt").write_text("moved")
    naive_git(checkout, "add", ".")
    naive_git(checkout, "commit", "-qm", "three")
    clone = place.open(checkout)
    merged = integrate_base(clone, line, "main")
    assert isinstance(merged, Merged)
    assert {"a.txt", "base.txt"} <= files_of(clone, merged.commit).keys()
    assert (worktree.path / "base.txt").exists() is not of_commit
    assert integrate_base(clone, merged.commit, "main") == Unchanged(merged.commit)
    assert head_of(worktree) == (made if of_commit else merged.commit)


def test_a_base_that_conflicts_is_a_conflict(place: Place, checkout: Path, clone: Clone) -> None:
    made = work(place, clone, "one", README_md="mine")
    (checkout / "README.md").write_text("theirs\n")
    naive_git(checkout, "commit", "-qam", "three")
    clone = place.open(checkout)
    conflict = integrate_base(clone, place.worktree(clone, "one", commit=made), "main")
    assert isinstance(conflict, Conflict)
    assert conflict.files == ("README.md",)


def test_a_base_that_was_deleted_is_an_error_with_its_name(
    place: Place, checkout: Path, clone: Clone, tip: str
) -> None:
    with pytest.raises(GitError, match="'gone'") as refused:
        integrate_base(clone, tip, "gone")
    assert refused.value.code == "no_such_commit"
