"""Removing: whole, whatever an agent left there, and nothing outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.housekeeping.removing import measure, remove


@pytest.fixture
def base(tmp_path: Path) -> Path:
    made = tmp_path / "state"
    (made / "worktrees").mkdir(parents=True)
    return made


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Something outside that nothing may touch."""
    outside = tmp_path / "home"
    outside.mkdir()
    (outside / "thesis.txt").write_text("years of work\n")
    return outside


def test_a_folder_goes_whole_and_its_size_is_told(base: Path) -> None:
    tree = base / "worktrees" / "job"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "file").write_bytes(b"x" * 100_000)
    size = measure(base, "worktrees", "job")
    assert size >= 100_000
    assert remove(base, "worktrees", "job") == size
    assert not tree.exists()
    assert (base / "worktrees").is_dir()


def test_nothing_there_is_no_error(base: Path) -> None:
    assert remove(base, "worktrees", "job") == 0
    assert remove(base, "nowhere", "job") == 0
    assert measure(base, "worktrees", "job") == 0


def test_a_file_and_a_link_go_themselves(base: Path, canary: Path) -> None:
    (base / "file").write_text("x")
    (base / "link").symlink_to(canary)
    remove(base, "file")
    remove(base, "link")
    assert sorted(path.name for path in base.iterdir()) == ["worktrees"]
    assert (canary / "thesis.txt").exists()


def test_links_inside_are_not_followed(base: Path, canary: Path) -> None:
    tree = base / "worktrees" / "job"
    (tree / "deep").mkdir(parents=True)
    (tree / "folder").symlink_to(canary)
    (tree / "deep" / "file").symlink_to(canary / "thesis.txt")
    (tree / "loop").symlink_to(tree)
    assert measure(base, "worktrees", "job") < 100_000
    remove(base, "worktrees", "job")
    assert not tree.exists()
    assert (canary / "thesis.txt").read_text() == "years of work\n"


def test_a_folder_between_that_became_a_link_is_refused(base: Path, canary: Path) -> None:
    (canary / "job").mkdir()
    (canary / "job" / "kept").touch()
    (base / "worktrees").rmdir()
    (base / "worktrees").symlink_to(canary)
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        remove(base, "worktrees", "job")
    assert measure(base, "worktrees", "job") == 0
    assert (canary / "job" / "kept").exists()


def test_the_base_itself_may_be_a_link_of_the_operator_s(base: Path, tmp_path: Path) -> None:
    (base / "worktrees" / "job").mkdir()
    link = tmp_path / "state-link"
    link.symlink_to(base)
    remove(link, "worktrees", "job")
    assert not (base / "worktrees" / "job").exists()


@pytest.mark.parametrize("parts", [(), ("..",), ("worktrees", ".."), ("a/b",), ("",), (".",)])
def test_a_place_that_is_none_is_refused(base: Path, parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="not a place"):
        remove(base, *parts)


def test_folders_nested_deeper_than_a_path_can_name_go(base: Path) -> None:
    tree = base / "worktrees" / "job"
    tree.mkdir()
    nest = "import os\nfor _ in range(3000):\n    os.mkdir('d' * 50)\n    os.chdir('d' * 50)\nopen('file', 'w').close()"
    subprocess.run([sys.executable, "-c", nest], cwd=tree, check=True)
    measure(base, "worktrees", "job")
    remove(base, "worktrees", "job")
    assert not tree.exists()


def test_fifos_sockets_and_names_that_are_no_text_go(base: Path) -> None:
    tree = base / "worktrees" / "job"
    tree.mkdir()
    os.mkfifo(tree / "fifo")
    (tree / os.fsdecode(b"not-\xff-text")).mkdir()
    (tree / "new\nline").touch()
    remove(base, "worktrees", "job")
    assert not tree.exists()


def test_folders_without_permissions_go(base: Path) -> None:
    tree = base / "worktrees" / "job"
    (tree / "read-only" / "inner").mkdir(parents=True)
    (tree / "read-only" / "inner" / "file").touch()
    (tree / "closed").mkdir()
    (tree / "closed" / "file").touch()
    (tree / "read-only" / "inner").chmod(0o555)
    (tree / "read-only").chmod(0o555)
    (tree / "closed").chmod(0)
    if os.geteuid() == 0:  # root may do everything: the removal is done by somebody who may not
        for path in (base.parent, base, base / "worktrees", tree, *tree.rglob("*")):
            os.chown(path, 65534, 65534)
        _as_nobody(base)
    else:
        remove(base, "worktrees", "job")
    assert not tree.exists()


def _as_nobody(base: Path) -> None:
    # Python's own folders and the test's may be closed to nobody: all that is needed is opened before.
    pid = os.fork()
    if pid == 0:
        os.chdir(base)
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            remove(Path(), "worktrees", "job")
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_of_a_file_with_a_second_name_only_the_name_goes(base: Path, canary: Path) -> None:
    (canary / "thesis.txt").write_bytes(b"x" * 1_000_000)
    tree = base / "worktrees" / "job"
    tree.mkdir()
    os.link(canary / "thesis.txt", tree / "second-name")
    assert remove(base, "worktrees", "job") < 100_000
    assert (canary / "thesis.txt").stat().st_size == 1_000_000
