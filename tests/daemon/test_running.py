"""The service as a process: it always comes to its end, and its exit code says which."""

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.cli.making import make_company

pytestmark = pytest.mark.sqlite_only

FAULTY = """
import sys
from pathlib import Path
from daemon.running import run

def greet(daemon, sample):
    raise RuntimeError("no greeting today")

run(Path(sys.argv[1]), once=True, on_ready=greet)
"""


def test_once_does_its_work_though_nobody_reads_what_it_says(tmp_path: Path) -> None:
    config = make_company(tmp_path / "company")
    with subprocess.Popen(
        [sys.executable, "-m", "daemon.cli.main", "--config", str(config), "once"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as service:
        assert service.stdout
        assert service.stdout.readline()
        service.stdout.close()  # as `| head -1` does
        assert service.wait(timeout=60) == 0
    assert list((tmp_path / "company" / "priorities" / "done").glob("exact-prices.*.md"))


def test_a_fault_of_the_service_ends_once_with_its_own_exit_code_and_stands_in_the_log(
    tmp_path: Path,
) -> None:
    config = make_company(tmp_path / "company")
    ran = subprocess.run(
        [sys.executable, "-c", FAULTY, str(config)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 3
    assert "no greeting today" in (tmp_path / "company" / "logs" / "service.log").read_text()
