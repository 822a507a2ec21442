"""What a killed test run leaves at work is ended by the next one, and nothing else is."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.conftest import Eventually
from tests.orphans import OWNER, end_orphans

RUN = """
import os, sys
from pathlib import Path
from company.redaction import Redactor
from daemon.processes.spawn import ProcessSpec, Processes
from tests.orphans import note_owner

folder = Path(sys.argv[1])
note_owner(folder)
code = f"import os, pathlib, time; pathlib.Path({str(folder / 'pid')!r}).write_text(str(os.getpid())); time.sleep(600)"
processes = Processes(folder / "runs", redactor=Redactor(()))
processes.run(
    ProcessSpec(
        key="job/agent", argv=(sys.executable, "-c", code), cwd=folder, env=dict(os.environ),
        output_path=folder / "out.log", wall_timeout_s=600, idle_timeout_s=None,
        output_limit_bytes=100_000, memory_limit_bytes=None,
    ),
    lambda stream, line: None,
)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="where a shim ends all it started")
def test_the_shims_of_a_run_that_was_killed_are_ended_and_no_others(
    tmp_path: Path, eventually: Eventually
) -> None:
    run = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)])
    try:
        written = tmp_path / "pid"
        eventually(lambda: written.exists() and written.read_text(), within_s=60)
        child = psutil.Process(int(written.read_text()))
        assert (tmp_path / OWNER).is_file()
        end_orphans()
        assert child.is_running()
    finally:
        run.kill()
        run.wait()
    assert child.is_running()
    assert end_orphans() >= 1
    eventually(lambda: not child.is_running(), within_s=30)
