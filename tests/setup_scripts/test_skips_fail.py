"""A skipped test fails the run in CI, and nowhere else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import CHECKOUT

SKIPPED = """
import pytest
def test_one(): pass
def test_other(): pytest.skip("this machine has no moon")
"""
MODULE = """
import pytest
pytest.skip("this machine has no sun", allow_module_level=True)
"""
XFAIL = """
import pytest
@pytest.mark.xfail(reason="known")
def test_one(): raise AssertionError
"""


def run_suite(folder: Path, text: str, *options: str, ci: str) -> subprocess.CompletedProcess[str]:
    """Run a suite of one file, with the plugin."""
    (folder / "test_it.py").write_text(text)
    argv = [sys.executable, "-m", "pytest", "-p", "tests.skips_fail", "-ra", "-c", os.devnull, *options]
    env = {**os.environ, "CI": ci, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(
        [*argv, str(folder)], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_a_skip_fails_the_run_in_ci_and_says_its_reason(tmp_path: Path, options: tuple[str, ...]) -> None:
    ran = run_suite(tmp_path, SKIPPED, *options, ci="true")
    assert ran.returncode == 1
    assert "in CI nothing may be skipped" in ran.stdout
    assert "this machine has no moon" in ran.stdout


def test_a_module_that_skips_itself_fails_the_run_too(tmp_path: Path) -> None:
    assert run_suite(tmp_path, MODULE, ci="true").returncode == 1


def test_elsewhere_a_skip_is_a_skip(tmp_path: Path) -> None:
    assert run_suite(tmp_path, SKIPPED, ci="").returncode == 0


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert run_suite(tmp_path, XFAIL, ci="true").returncode == 0
