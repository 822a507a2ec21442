"""Real repositories: a person's checkout, a bare remote, the service's state folder."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.git.clone import Clone, resolve
from tests.daemon.git.repositories import Canary, Place, make_canary, make_checkout, naive_git


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "state")


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    return make_canary(tmp_path / "canary.sh")


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout made once, to be copied: making one takes eight processes."""
    return make_checkout(tmp_path_factory.mktemp("pattern") / "app")


@pytest.fixture
def checkout(tmp_path: Path, pattern: Path) -> Path:
    return Path(shutil.copytree(pattern, tmp_path / "person" / "app"))


@pytest.fixture
def bare(tmp_path: Path, checkout: Path) -> Path:
    """A bare remote with the checkout's commits."""
    path = tmp_path / "server" / "app.git"
    naive_git(tmp_path, "clone", "-q", "--bare", str(checkout), str(path))
    return path


@pytest.fixture
def clone(place: Place, checkout: Path) -> Clone:
    return place.open(checkout)


@pytest.fixture
def tip(clone: Clone) -> str:
    commit = resolve(clone, "main")
    assert commit is not None
    return commit


Files = Callable[[Clone, str], dict[str, str]]


@pytest.fixture
def files_of() -> Files:
    """Read a commit's files: path -> content."""

    def read(clone: Clone, commit: str) -> dict[str, str]:
        names = naive_git(clone.path, "ls-tree", "-r", "-z", "--name-only", commit).split("\0")
        return {name: naive_git(clone.path, "show", f"{commit}:{name}") for name in names if name}

    return read
