"""What a repository's setup makes is kept by its lock files and moved to the next worktree."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from daemon.job.setup_cache import SetupCache

SETUP = (("make", "deps"),)


@pytest.fixture
def cache(tmp_path: Path) -> SetupCache:
    return SetupCache(tmp_path / "cache")


def worktree(tmp_path: Path, name: str, lock: str = "a==1\n") -> Path:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "requirements.txt").write_text(lock)
    return folder


def test_the_key_follows_commands_and_lock_files(cache: SetupCache, tmp_path: Path) -> None:
    one, same, other = (worktree(tmp_path, n, lock) for n, lock in [("1", "a"), ("2", "a"), ("3", "b")])
    assert cache.key(one, SETUP, ()) == cache.key(same, SETUP, ())
    assert cache.key(one, SETUP, ()) != cache.key(other, SETUP, ())
    assert cache.key(one, SETUP, ()) != cache.key(one, (("other",),), ())
    assert cache.key(one, SETUP, ("missing.lock",)) == cache.key(other, SETUP, ("missing.lock",))


def test_what_the_setup_made_is_copied_and_its_own_paths_follow(cache: SetupCache, tmp_path: Path) -> None:
    first, second = worktree(tmp_path, "first"), worktree(tmp_path, "second")
    before = cache.listing(first)
    (first / "node_modules" / "x").mkdir(parents=True)
    (first / "node_modules" / "x" / "index.js").write_text(f"// made in {first}/node_modules")
    (first / "node_modules" / "link").symlink_to(first / "node_modules" / "x")
    key = cache.key(first, SETUP, ())
    assert not cache.restore(key, second)
    assert cache.keep(key, first, before)
    assert cache.restore(key, second)
    assert (second / "node_modules/x/index.js").read_text() == f"// made in {second}/node_modules"
    assert (second / "node_modules/link").readlink() == second / "node_modules" / "x"
    (second / "node_modules/x/index.js").write_text("changed by an agent")
    third = worktree(tmp_path, "third")
    cache.restore(key, third)
    assert (third / "node_modules/x/index.js").read_text() == f"// made in {third}/node_modules"


def test_a_virtual_environment_works_at_its_new_place(cache: SetupCache, tmp_path: Path) -> None:
    first, second = worktree(tmp_path, "first"), worktree(tmp_path, "second")
    before = cache.listing(first)
    venv.create(first / ".venv", with_pip=False)
    site = next((first / ".venv" / "lib").glob("python*/site-packages"))
    (site / "editable.pth").write_text(f"{first}/src\n")
    key = cache.key(first, SETUP, ())
    assert cache.keep(key, first, before)
    cache.restore(key, second)
    (second / "src").mkdir()
    (second / "src" / "mine.py").write_text("print('from the second worktree')")
    ran = subprocess.run(
        [second / ".venv/bin/python", "-c", "import mine, sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == ["from the second worktree", str(second / ".venv")]
    assert sys.prefix != str(second / ".venv")


def test_a_path_inside_a_binary_file_means_the_setup_is_not_kept(cache: SetupCache, tmp_path: Path) -> None:
    first = worktree(tmp_path, "first")
    before = cache.listing(first)
    (first / "built.so").write_bytes(b"\x7fELF\0" + str(first).encode())
    key = cache.key(first, SETUP, ())
    assert not cache.keep(key, first, before)
    assert not cache.restore(key, worktree(tmp_path, "second"))
