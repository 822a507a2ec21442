"""kill -9 of the daemon at each step boundary of a job: after the restart everything is as if nothing had happened."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.page_job import STEPS, describe, outcome
from tests.whole_company import Company, Start


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    return {}


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_changes_nothing(
    company: Company, finish: Start, undisturbed: dict[str, Any], tmp_path: Path, step: str, moment: str
) -> None:
    bare = describe(company)
    killed = subprocess.run(
        [sys.executable, Path(__file__).with_name("killed_daemon.py"), company.write_config(), step, moment],
        cwd=Path(__file__).parents[2],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2]), "HOME": str(tmp_path)},
        timeout=90,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -9, killed.stderr.decode()
    after = outcome(company, finish(), bare)
    expected = undisturbed.setdefault("outcome", after)
    assert after == expected
    mine = [
        p for p in psutil.process_iter(["cmdline", "cwd"]) if str(company.root) in str(p.info["cwd"] or "")
    ]
    assert mine == []


@pytest.mark.slow
def test_the_undisturbed_run_is_the_measure(
    company: Company, finish: Start, undisturbed: dict[str, Any]
) -> None:
    bare = describe(company)
    after = outcome(company, finish(), bare)
    assert after["session"][:3] == ("completed", 0, 2)
    assert after["rewards"].count(("task", "completed", 10.0)) == 7
    assert after["rewards"].count(("task", "failed", -5.0)) == 3
    assert undisturbed.setdefault("outcome", after) == after
