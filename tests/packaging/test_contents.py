"""What is in the wheel and in the source distribution."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT, checkout_files

#: what the running product reads that lies outside its packages in a clone: place there -> place in the wheel
SHIPPED = {
    "config.yaml": "company/shipped/config.yaml",
    "schema.sql": "company/shipped/schema.sql",
    "docs/priority-files.md": "company/shipped/docs/priority-files.md",
    "docs/recipes.md": "company/shipped/docs/recipes.md",
    "docs/runners.md": "company/shipped/docs/runners.md",
    "docs/security.md": "company/shipped/docs/security.md",
    "docs/operations.md": "company/shipped/docs/operations.md",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both, built without a network: the backend is in this environment."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", folder],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    return folder


def test_the_wheel_holds_the_packages_whole_what_they_read_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    packages = {name for name in checkout_files() if name.startswith(("bot/", "company/", "daemon/"))}
    assert names == packages | set(SHIPPED.values())


def test_what_is_shipped_is_what_stands_in_the_clone(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        for here, there in SHIPPED.items():
            assert wheel.read(there) == (CHECKOUT / here).read_bytes()


def test_the_wheel_brings_the_command_and_its_licence(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        about = {name.split("/", 1)[1]: name for name in wheel.namelist() if ".dist-info/" in name}
        assert "agent-service = daemon.cli.main:main" in wheel.read(about["entry_points.txt"]).decode()
    assert "licenses/LICENSE" in about


def test_the_source_distribution_holds_every_file_of_the_checkout(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as source:
        names = {member.name.split("/", 1)[1] for member in source.getmembers() if member.isfile()}
    assert names == checkout_files() | {"PKG-INFO"}
