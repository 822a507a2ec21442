"""One parent, several programs: started again after a fall, ended together, never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.conftest import Eventually

PARENT = """
import os, sys
from daemon.supervising import Program, Supervisor
programs = [Program(name=name, argv=[sys.executable, "-c", code], is_vital=name == "daemon")
            for name, code in zip(sys.argv[1::2], sys.argv[2::2])]
sys.exit(Supervisor(programs, os.environ).run())
"""
STAYS = "import pathlib, os, time; pathlib.Path({mark!r}).write_text(str(os.getpid())); time.sleep(600)"
ON_A_LEASH = (
    "import pathlib, os, time; from company.leash import hold_leash; hold_leash(os.environ); "
    "pathlib.Path({mark!r}).write_text(str(os.getpid())); time.sleep(600)"
)


def parent(*programs: str) -> "subprocess.Popen[str]":
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, *programs], env=env, text=True, stderr=subprocess.PIPE
    )


def pid_in(path: Path) -> int:
    text = path.read_text() if path.exists() else ""
    return int(text) if text else 0


def test_a_program_that_falls_is_started_again_and_all_end_with_the_parent(
    tmp_path: Path, eventually: Eventually
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with parent("daemon", STAYS.format(mark=str(first)), "bot", STAYS.format(mark=str(second))) as running:
        eventually(lambda: pid_in(first) and pid_in(second), within_s=30)
        fallen = pid_in(second)
        os.kill(fallen, signal.SIGKILL)
        eventually(lambda: pid_in(second) not in (0, fallen), within_s=30)
        left = [pid_in(first), pid_in(second)]
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
        assert running.stderr is not None
        assert "the bot ended by signal 9; started again in 0.5 s" in running.stderr.read()
    assert not any(psutil.pid_exists(pid) for pid in left)


def test_a_known_error_of_the_daemon_ends_all_and_one_of_the_bot_ends_the_bot(
    tmp_path: Path, eventually: Eventually
) -> None:
    mark = tmp_path / "mark"
    with parent("daemon", STAYS.format(mark=str(mark)), "bot", "raise SystemExit(1)") as running:
        assert running.stderr is not None
        assert "the bot has ended and is not started again" in running.stderr.readline()
        eventually(lambda: pid_in(mark), within_s=30)
        assert running.poll() is None
        running.terminate()
        assert running.wait(30) == 0
    with parent("daemon", "raise SystemExit(1)", "bot", STAYS.format(mark=str(mark))) as running:
        assert running.wait(30) == 1


def test_when_the_parent_is_killed_its_programs_leave(tmp_path: Path, eventually: Eventually) -> None:
    mark = tmp_path / "mark"
    with parent("daemon", ON_A_LEASH.format(mark=str(mark))) as running:
        eventually(lambda: pid_in(mark), within_s=30)
        pid = pid_in(mark)
        running.kill()
        eventually(lambda: not psutil.pid_exists(pid) or _is_zombie(pid), within_s=30)


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_nothing_waits_longer_than_it_must(tmp_path: Path, eventually: Eventually) -> None:
    mark = tmp_path / "mark"
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); " + STAYS.format(mark=str(mark))
    with parent("daemon", deaf) as running:
        eventually(lambda: pid_in(mark), within_s=30)
        asked = time.monotonic()
        running.terminate()
        assert running.wait(40) == 0
        assert time.monotonic() - asked < 40
    assert not psutil.pid_exists(pid_in(mark))
