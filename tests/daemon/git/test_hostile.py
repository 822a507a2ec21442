"""Whatever a repository or an agent planted: git as anyone runs it executes it, and our calls do not.

Each case plants a command that leaves a mark, shows that plain git leaves it, and then lets the service do all it does
with a repository.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from company.errors import GitError
from daemon.git.clone import Clone, open_clone
from daemon.git.command import run_git
from daemon.git.delivery import changed_files, diff_text, push, remote_commit, squash, write_patch
from daemon.git.fingerprint import fingerprint
from daemon.git.merge import Merged, integrate_base, merge
from daemon.git.worktree import Worktree, commit_all, remove_job
from tests.daemon.git.repositories import Canary, Place, naive_git
from tests.daemon.git.traps import GROUPS, TRAPS, Cage, hook, setting


@pytest.fixture(params=GROUPS)
def cage(request: pytest.FixtureRequest, tmp_path: Path) -> Cage:
    return Cage(tmp_path, request.param)


@pytest.mark.parametrize("name", sorted(TRAPS))
def test_plain_git_walks_into_every_trap(name: str, armed: Path, other: Path, canary: Canary) -> None:
    TRAPS[name].plant(armed / ".git", canary)
    canary.hush()
    TRAPS[name].naive(armed, other)
    assert canary.sings


def everything(
    place: Place, source: Path, work_on: Callable[[Worktree], None] = lambda worktree: None
) -> Clone:
    """Do all that the service does with a repository: two agents, merge, base that moved, delivery, tidying."""
    clone = place.open(source)
    lines = []
    for name in ("one", "two"):
        worktree = place.worktree(clone, name)
        work_on(worktree)
        (worktree.path / f"{name}.txt").write_text(name)
        lines.append(commit_all(worktree, name, name="A", email="a@b") or "")
    integration = place.worktree(clone, "integration")
    merged = merge(clone, integration, lines, "both")
    assert isinstance(merged, Merged)
    clone = place.open(source)
    integrate_base(clone, integration, "main")
    made = squash(
        clone,
        "agent/job-1",
        base="main",
        tree_of=merged.commit,
        message="m",
        name="A",
        email="a@b",
        at="2026-11-25T09:00:00Z",
    )
    assert set(changed_files(clone, "main", made)) >= {"one.txt", "two.txt"}
    assert "one.txt" in diff_text(clone, "main", made, 10_000)
    write_patch(clone, "main", made, place.state / "p.patch")
    push(clone, "agent/job-1", made)
    assert remote_commit(clone, "agent/job-1") == made
    remove_job(clone, "job-1")
    return clone


def test_nothing_planted_in_the_source_is_executed(cage: Cage, place: Place, armed: Path) -> None:
    cage.arm(armed / ".git")
    cage.hush()
    everything(place, armed)
    assert cage.singing() == []


def test_nothing_planted_in_the_clone_is_executed_and_it_is_named(
    cage: Cage, place: Place, armed: Path
) -> None:
    clone = place.open(armed)
    before = fingerprint(clone)
    cage.arm(clone.path)
    cage.arm(Path(clone.remote))
    cage.hush()
    naive_git(armed, "commit", "--allow-empty", "-qm", "so that there is something to fetch")
    everything(place, armed)
    assert cage.singing() == []
    named = before.changes(fingerprint(clone))
    assert any(line.startswith("the service's clone: config was changed") for line in named)
    assert any(line.startswith("its remote") for line in named)


def test_nothing_an_agent_planted_in_its_own_git_is_executed_and_it_is_named(
    cage: Cage, place: Place, armed: Path
) -> None:
    named = []

    def plant(worktree: Worktree) -> None:
        before = fingerprint(worktree)
        cage.arm(worktree.path / ".git")
        cage.hush()
        named.append(
            any(".git: config was changed" in line for line in before.changes(fingerprint(worktree)))
        )

    everything(place, armed, plant)
    assert cage.singing() == []
    assert named == [True, True]


@pytest.mark.parametrize("how", ["file", "link", "folder", "gone", "commondir"])
def test_a_git_swapped_for_a_hostile_one_is_not_followed_and_is_named(
    how: str, place: Place, checkout: Path, canary: Canary, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    naive_git(tmp_path, "clone", "-q", str(checkout), str(hostile))
    setting("core.fsmonitor")(hostile / ".git", canary)
    hook("pre-commit")(hostile / ".git", canary)
    sang = []

    def swap(worktree: Worktree) -> None:
        git = worktree.path / ".git"
        before = fingerprint(worktree)
        if how == "commondir":
            (git / "commondir").write_text(f"{hostile / '.git'}\n")
        else:
            shutil.rmtree(git)
        if how == "file":
            git.write_text(f"gitdir: {hostile / '.git'}\n")
        elif how == "link":
            git.symlink_to(hostile / ".git")
        elif how == "folder":
            shutil.copytree(hostile / ".git", git)
        assert before.changes(fingerprint(worktree))
        canary.hush()
        naive_git(worktree.path, "status", check=False)
        sang.append(canary.sings)
        canary.hush()

    everything(place, checkout, swap)
    assert not canary.sings
    assert all(sang) or how == "gone"


def test_a_hostile_submodule_is_neither_fetched_nor_looked_into(
    place: Place, checkout: Path, bare: Path, canary: Canary
) -> None:
    naive_git(checkout, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(bare), "lib")
    naive_git(checkout, "config", "-f", ".gitmodules", "submodule.lib.update", f"!{canary.program}")
    naive_git(checkout, "config", "-f", ".gitmodules", "submodule.lib.url", f"ext::{canary.program}")
    naive_git(checkout, "commit", "-qam", "with a submodule")
    setting("core.fsmonitor")(checkout / ".git" / "modules" / "lib", canary)
    naive_git(checkout, "status", "--ignore-submodules=none")
    assert canary.sings
    canary.hush()

    def plant(worktree: Worktree) -> None:
        naive_git(worktree.path / "lib", "init", "-q")
        naive_git(worktree.path / "lib", "commit", "--allow-empty", "-qm", "x")
        setting("core.fsmonitor")(worktree.path / "lib" / ".git", canary)
        hook("post-index-change")(worktree.path / "lib" / ".git", canary)
        canary.hush()

    everything(place, checkout, plant)
    assert not canary.sings


def test_a_hostile_repository_inside_the_worktree_is_not_looked_into(
    place: Place, checkout: Path, canary: Canary
) -> None:
    def plant(worktree: Worktree) -> None:
        inner = worktree.path / f"inner-{worktree.path.name}"
        inner.mkdir()
        naive_git(inner, "init", "-q")
        naive_git(inner, "commit", "--allow-empty", "-qm", "x")
        (inner / "file").write_text("x")
        setting("core.fsmonitor")(inner / ".git", canary)
        canary.hush()

    everything(place, checkout, plant)
    assert not canary.sings


def test_replaced_objects_are_not_believed(place: Place, clone: Clone, tip: str) -> None:
    older = naive_git(clone.path, "rev-parse", f"{tip}^")
    naive_git(clone.path, "replace", tip, older)
    assert naive_git(clone.path, "show", f"{tip}:README.md") == "one"
    assert (place.worktree(clone, commit=tip).path / "README.md").read_text() == "two\n"
    assert any("refs/replace" in name for name in fingerprint(clone).places)


def test_objects_borrowed_by_a_planted_alternate_are_named(clone: Clone, checkout: Path) -> None:
    before = fingerprint(clone)
    (clone.path / "objects" / "info" / "alternates").write_text(f"{checkout / '.git' / 'objects'}\n")
    (line,) = before.changes(fingerprint(clone))
    assert "objects/info/alternates was planted" in line


def test_a_control_directory_that_was_tampered_with_is_put_right(
    place: Place, checkout: Path, canary: Canary
) -> None:
    clone = place.open(checkout)
    worktree = place.worktree(clone)
    for control in (clone.beside / "clone", *(clone.beside / "worktrees").iterdir()):
        hook("reference-transaction")(control, canary)
        (control / "config").write_text(
            f"[core]\n\tfsmonitor = {canary.program}\n\thooksPath = {control}/hooks\n"
        )
        (control / "commondir").write_text("/tmp")
        (control / "info").mkdir()
        (control / "info" / "attributes").write_text("* filter=evil\n")
        (control / "refs").unlink()
        (control / "refs").symlink_to(checkout / ".git" / "refs")
    before = naive_git(checkout, "for-each-ref")
    (worktree.path / "new.txt").write_text("x")
    made = commit_all(worktree, "w", name="A", email="a@b")
    assert made
    assert not canary.sings
    assert naive_git(checkout, "for-each-ref") == before
    assert naive_git(clone.path, "rev-parse", worktree.branch) == made


def test_the_environment_of_whoever_started_the_service_has_no_say(
    place: Place, checkout: Path, canary: Canary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "hostile-home"
    (home / ".config" / "git").mkdir(parents=True)
    settings = f"[core]\n\tfsmonitor = {canary.program}\n\tattributesFile = {home}/attributes\n"
    settings += f'[filter "e"]\n\tclean = {canary.program}\n'
    for file in (home / ".gitconfig", home / ".config" / "git" / "config"):
        file.write_text(settings)
    for file in (home / "attributes", home / ".config" / "git" / "attributes"):
        file.write_text("* filter=e\n")
    for name, value in {
        "HOME": str(home),
        "GIT_DIR": str(tmp_path),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects"),
        "GIT_EXTERNAL_DIFF": str(canary.program),
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor'='{canary.program}'",
        "GIT_EXEC_PATH": str(tmp_path),
        "GIT_TEMPLATE_DIR": str(tmp_path),
        "PAGER": str(canary.program),
        "EDITOR": str(canary.program),
    }.items():
        monkeypatch.setenv(name, value)
    everything(place, checkout)
    assert not canary.sings
    assert not (tmp_path / "index").exists()


def test_transports_that_run_a_command_are_not_spoken(clone: Clone, canary: Canary) -> None:
    address = f"ext::{canary.program}"
    naive_git(clone.path, "-c", "protocol.ext.allow=always", "ls-remote", address, check=False)
    assert canary.sings
    canary.hush()
    with pytest.raises(GitError) as refused:
        run_git(("ls-remote", address), git_dir=clone.control(), network=True)
    assert refused.value.code == "unsafe_url"
    assert not canary.sings


def test_an_origin_that_is_a_command_is_refused(place: Place, checkout: Path, canary: Canary) -> None:
    naive_git(checkout, "remote", "add", "origin", f"ext::{canary.program}")
    with pytest.raises(GitError) as refused:
        place.open(checkout)
    assert refused.value.code == "unsafe_url"
    naive_git(checkout, "remote", "set-url", "origin", str(checkout))
    naive_git(checkout, "remote", "set-url", "--push", "origin", f"ext::{canary.program}")
    with pytest.raises(GitError) as refused:
        push(place.open(checkout), "agent/job-1", "main")
    assert refused.value.code == "unsafe_url"
    assert not canary.sings


def test_names_that_differ_in_case_only_are_kept_apart_where_the_disk_can(
    place: Place, checkout: Path, tmp_path: Path
) -> None:
    (checkout / "Readme.md").write_text("another\n")
    if len(list(checkout.glob("[Rr]*"))) == 1:
        pytest.skip("this file system does not tell README.md from Readme.md")
    naive_git(checkout, "add", ".")
    naive_git(checkout, "commit", "-qm", "collide")
    worktree = place.worktree(open_clone(str(checkout), place.state / "clones", name="app"))
    assert (worktree.path / "README.md").read_text() != (worktree.path / "Readme.md").read_text()
    assert commit_all(worktree, "w", name="A", email="a@b") is None
