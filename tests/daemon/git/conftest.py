"""Real repositories: a person's checkout, a bare remote, the service's state folder."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.git.clone import Clone, resolve
from tests.daemon.git.repositories import Canary, Place, make_canary, make_checkout, naive_git
from tests.daemon.git.traps import ATTRIBUTES


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


@pytest.fixture(scope="session")
def armed_pattern(tmp_path_factory: pytest.TempPathFactory, pattern: Path) -> Path:
    """A checkout whose files ask for filters and drivers that nobody defines yet."""
    checkout = Path(shutil.copytree(pattern, tmp_path_factory.mktemp("armed") / "app"))
    (checkout / ".gitattributes").write_text(ATTRIBUTES)
    naive_git(checkout, "add", ".")
    naive_git(checkout, "commit", "-qm", "attributes")
    (checkout / "README.md").write_text("three\n")
    naive_git(checkout, "commit", "-qam", "three")
    return checkout


@pytest.fixture
def armed(tmp_path: Path, armed_pattern: Path) -> Path:
    return Path(shutil.copytree(armed_pattern, tmp_path / "person" / "app"))


@pytest.fixture(scope="session")
def other_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository with a commit that no other has."""
    folder = tmp_path_factory.mktemp("other")
    naive_git(folder, "init", "-q", "-b", "main", "--template=", "work")
    naive_git(folder / "work", "commit", "--allow-empty", "-qm", "elsewhere")
    naive_git(folder, "clone", "-q", "--bare", "--template=", "work", "other.git")
    return folder / "other.git"


@pytest.fixture
def other(tmp_path: Path, other_pattern: Path) -> Path:
    return Path(shutil.copytree(other_pattern, tmp_path / "other.git"))
