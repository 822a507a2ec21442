"""Fifty kills at random moments, of daemons and of shims, under load: nothing lost, nothing doubled, no orphan."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import daemon
from tests.daemon.processes.conftest import strays

KEYS = 6
KILLS = 50


def begin(folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("kill_soak.py")), str(folder), str(KEYS)],
        env={**os.environ, "PYTHONPATH": str(Path(daemon.__file__).parents[1])},
    )


def kill_a_shim(folder: Path, chance: random.Random) -> bool:
    records = sorted(folder.glob("runs/*/agent/*/pid.json"))
    live = [path for path in records if not (path.parent / "exit.json").exists()]
    # A run is given up after three attempts: leave the last one alone, so that every run can end well.
    live = [path for path in live if path.parent.name != "3"]
    if not live:
        return False
    pid = json.loads(chance.choice(live).read_text())["shim"][0]
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_fifty_kills_lose_double_and_orphan_nothing(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    pause = threading.Event()
    shims_killed = 0
    for _ in range(KILLS):
        process = begin(tmp_path)
        pause.wait(chance.uniform(0.0, 0.8))
        if chance.random() < 0.2:
            shims_killed += kill_a_shim(tmp_path, chance)
        process.kill()
        process.wait()
    assert begin(tmp_path).wait(timeout=60) == 0
    ends = [json.loads(line) for line in (tmp_path / "ends").read_text().splitlines()]
    last = {number: facts for number, *facts in ends}
    assert sorted(last) == list(range(KEYS))
    for number, (reason, exit_code, attempts) in last.items():
        assert (reason, exit_code) == ("exited", 7)
        begun = (tmp_path / f"begun-{number}").read_text().count("begin")
        assert begun <= attempts
        assert (tmp_path / f"ended-{number}").read_text() == "end\n"
    assert not (tmp_path / "doubled").exists()
    assert sum(attempts for _, _, attempts in last.values()) <= KEYS + shims_killed
    assert strays(tmp_path) == []
