"""The scripts and the lock file as they stand."""

import shutil
import subprocess
import tomllib
from urllib.parse import urlsplit

import pytest

from tests.checkout import CHECKOUT, MACHINE, find_uv

SCRIPTS = ("start", "check", ".ci/run", ".ci/environment.sh")


def test_the_scripts_are_what_shellcheck_calls_clean() -> None:
    program = shutil.which("shellcheck", path=MACHINE["PATH"])
    if program is None:
        pytest.skip("shellcheck is not installed (Debian, Ubuntu: apt-get install shellcheck)")
    ran = subprocess.run([program, "-x", *SCRIPTS], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ran.stdout == ""


@pytest.mark.parametrize("script", ["start", "check", ".ci/run"])
def test_a_clone_can_run_the_scripts(script: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert listed.stdout.startswith("100755 ")


def test_the_lock_names_no_host_but_the_public_index() -> None:
    lock = tomllib.loads((CHECKOUT / "uv.lock").read_text())
    hosts = set()
    for package in lock["package"]:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        hosts |= {urlsplit(file["url"]).hostname for file in files}
        hosts |= {urlsplit(url).hostname for key, url in package["source"].items() if key != "editable"}
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_the_lock_says_what_pyproject_asks_for() -> None:
    ran = subprocess.run(
        [find_uv(), "lock", "--check", "--offline"],
        cwd=CHECKOUT,
        env={**MACHINE, "VIRTUAL_ENV": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
