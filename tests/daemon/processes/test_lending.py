"""A folder lent to another user is that one's; taken back, nobody can move anything in it. No link leads out."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.housekeeping.removing import remove
from daemon.processes.lending import lend, make_passage, take_back
from daemon.processes.record import RunAs
from daemon.processes.run_as import can_enter, can_write, find_user

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to another user")


@pytest.fixture
def nobody() -> RunAs:
    return find_user("nobody")


@pytest.fixture
def base() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lending-"))
    folder.chmod(0o755)
    yield folder
    remove(folder.parent, folder.name)


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def test_all_of_it_is_the_user_s_and_ours_again(base: Path, nobody: RunAs) -> None:
    tree = base / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "file").write_text("x")
    lend(tree, nobody)
    assert owners(tree) == {nobody.uid}
    take_back(tree)
    assert {path.stat().st_uid for path in (tree, tree / "a", tree / "a" / "b")} == {0}
    assert not can_enter(nobody, tree)
    lend(tree, nobody)
    assert owners(tree) == {nobody.uid}


def test_neither_links_nor_other_names_of_files_lead_out(base: Path, nobody: RunAs) -> None:
    """The canary is given away by ``chown -R`` in the second naming, by ``os.chown`` of each path in the first."""
    canary = base / "canary"
    canary.mkdir()
    (canary / "file").write_text("x")
    (canary / "password").write_text("x")
    tree = base / "tree"
    tree.mkdir()
    (tree / "folder").symlink_to(canary)
    (tree / "file").symlink_to(canary / "file")
    (tree / "password").hardlink_to(canary / "password")
    lend(tree, nobody)
    assert (tree / "file").lstat().st_uid == nobody.uid
    assert owners(canary) == {0}
    subprocess.run(["chown", "-R", str(nobody.uid), str(tree)], check=True)
    assert owners(canary) == {0, nobody.uid}


def test_a_tree_that_is_lent_is_left_alone(base: Path, nobody: RunAs) -> None:
    tree = base / "tree"
    tree.mkdir()
    lend(tree, nobody)
    (tree / "later").write_text("x")
    lend(tree, nobody)
    assert (tree / "later").stat().st_uid == 0


def test_who_holds_a_folder_open_writes_no_more_when_it_is_taken_back(base: Path, nobody: RunAs) -> None:
    tree = base / "tree"
    (tree / "inner").mkdir(parents=True)
    lend(tree, nobody)
    program = "echo ready; read line; echo x > late && echo WROTE; echo done"
    process = subprocess.Popen(
        ["sh", "-c", program],
        cwd=tree / "inner",
        user=nobody.uid,
        group=nobody.gid,
        extra_groups=(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    take_back(tree)
    said, _ = process.communicate("\n")
    assert said == "done\n"


def test_a_very_deep_tree_holds_nobody_up(base: Path, nobody: RunAs) -> None:
    tree = base / "tree"
    tree.mkdir()
    descriptor = os.open(tree, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    lend(tree, nobody)
    take_back(tree)
    assert tree.stat().st_uid == 0


def test_nothing_there_is_nothing_to_take_back(base: Path) -> None:
    take_back(base / "none")


def test_a_passage_can_be_gone_through_and_not_looked_into(base: Path, nobody: RunAs) -> None:
    make_passage(base / "way", base / "way" / "in" / "here")
    (base / "way" / "in" / "here").chmod(0o700)
    assert can_enter(nobody, base / "way" / "in")
    assert not can_enter(nobody, base / "way" / "in" / "here")
    assert not can_write(nobody, base / "way" / "in")
