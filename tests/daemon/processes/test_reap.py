"""What is found by its token, and what is left alone."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from daemon.processes.attempt import Attempt, turn
from daemon.processes.family import descendants, signal_exactly, start_time
from daemon.processes.reap import TOKEN_NAME, ProcessTable, ProcTable, PsutilTable, Stray, kill_marked
from tests.daemon.processes.conftest import Bench, is_gone, read_pid

Eventually = Any

TABLES: dict[str, ProcessTable] = {"proc": ProcTable(), "psutil": PsutilTable()}


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest) -> ProcessTable:
    return TABLES[request.param]


@pytest.fixture
def sleeper(request: pytest.FixtureRequest) -> Any:
    """Start a process with a token; every one is ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(token: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(["sleep", "60"], env={"PATH": os.environ["PATH"], TOKEN_NAME: token})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_process_is_found_by_the_beginning_of_its_token(
    table: ProcessTable, sleeper: Any, eventually: Eventually
) -> None:
    process = sleeper("test-inst/job-1/a/1")
    eventually(lambda: [one.pid for one in table.marked("test-inst/")] == [process.pid])
    assert table.marked("test-inst/job-1/a/1")[0].token == "test-inst/job-1/a/1"
    assert table.marked("test-other/") == []


def test_only_the_exact_token_is_killed(table: ProcessTable, sleeper: Any, eventually: Eventually) -> None:
    mine, other = sleeper("test-inst/job-1/a/1"), sleeper("test-inst/job-1/a/12")
    eventually(lambda: len(table.marked("test-inst/")) == 2)
    assert kill_marked(table, "test-inst/job-1/a/1") == 1
    assert mine.wait(5) == -signal.SIGKILL
    assert other.poll() is None


def test_a_process_that_started_at_another_time_is_another(table: ProcessTable, sleeper: Any) -> None:
    process = sleeper("test-inst/job-1/a/1")
    assert not table.kill(Stray(process.pid, 1.0, "test-inst/job-1/a/1"))
    assert process.poll() is None


def test_a_process_that_is_gone_is_not_signalled(table: ProcessTable, sleeper: Any) -> None:
    process = sleeper("test-inst/job-1/a/1")
    process.kill()
    process.wait()
    assert not table.kill(Stray(process.pid, 1.0, "test-inst/job-1/a/1"))


def test_a_signal_needs_pid_and_start_time(sleeper: Any) -> None:
    process = sleeper("test-inst/job-1/a/1")
    started = start_time(process.pid)
    assert started is not None
    assert not signal_exactly((process.pid, started + 1), signal.SIGKILL)
    assert process.poll() is None
    assert signal_exactly((process.pid, started), signal.SIGKILL)
    assert process.wait(5) == -signal.SIGKILL
    assert not signal_exactly((process.pid, started), signal.SIGKILL)


def test_a_signal_needs_pid_and_start_time_where_there_are_no_pidfds(
    sleeper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    test_a_signal_needs_pid_and_start_time(sleeper)


def test_descendants_are_those_below(sleeper: Any) -> None:
    process = sleeper("test-inst/job-1/a/1")
    assert process.pid in [pid for pid, _ in descendants(os.getpid())]
    assert descendants(process.pid) == []


def test_a_stray_whose_run_is_over_or_unknown_is_swept(bench: Bench, sleeper: Any) -> None:
    bench.run("true")
    installation = bench.processes.installation
    over = sleeper(f"{installation}/job-1/agent/1")
    unknown = sleeper(f"{installation}/job-9/agent/1")
    odd = sleeper(f"{installation}/job-1")
    stranger = sleeper("another-installation/job-1/agent/1")
    said = bench.processes.sweep(lambda key: True)
    assert len(said) == 3
    assert f"process {over.pid} of job-1/agent/1: ended, its run is over" in said
    assert {one.wait(5) for one in (over, unknown, odd)} == {-signal.SIGKILL}
    assert stranger.poll() is None


def test_a_live_run_is_not_swept(bench: Bench, eventually: Eventually) -> None:
    running = bench.in_thread("sh", "-c", "echo $$ > pid; exec sleep 60")
    eventually(lambda: read_pid(bench.folder / "pid"))
    assert bench.processes.sweep(lambda key: True) == []
    bench.processes.stop("")
    assert running.end().attempts == 1


def test_what_a_killed_shim_left_is_swept_when_no_daemon_waits(bench: Bench, eventually: Eventually) -> None:
    folder = bench.folder / "runs/job-1/agent"
    with turn(folder):
        attempt = Attempt(folder / "1", "job-1/agent", 1)
        os.close(attempt.make())
        (attempt.folder / "pid.json").write_text('{"shim": [1, 1], "child": [2, 2]}')
    orphan = subprocess.Popen(
        ["sleep", "60"],
        env={TOKEN_NAME: f"{bench.processes.installation}/job-1/agent/1", "PATH": "/usr/bin:/bin"},
    )
    eventually(lambda: ProcTable().marked(f"{bench.processes.installation}/"))
    assert bench.processes.sweep(lambda key: True) == ["job-1/agent: its shim was gone, 1 processes ended"]
    assert orphan.wait(5) == -signal.SIGKILL
    assert bench.run("true").attempts == 2


def test_looking_at_the_lock_never_disturbs_a_starting_shim(bench: Bench) -> None:
    """engine.md: 6 of 100 starts lost the lock under tight probing, where the shim itself took it."""
    import threading

    is_over = threading.Event()

    def probe() -> None:
        while not is_over.is_set():
            for path in Path(bench.folder / "runs").glob("job-1/*/1"):
                Attempt(path, f"job-1/{path.parent.name}", 1).is_live()

    prober = threading.Thread(target=probe)
    prober.start()
    try:
        ends = [bench.run("true", key=f"job-1/{number}") for number in range(30)]
    finally:
        is_over.set()
        prober.join()
    assert {(end.exit_code, end.attempts) for end in ends} == {(0, 1)}


def test_the_child_does_not_hold_the_lock_of_its_shim(bench: Bench, eventually: Eventually) -> None:
    """Else an escaped grandchild would look like a live run for ever."""
    running = bench.in_thread("sh", "-c", "(setsid sh -c 'echo $$ > pid; exec sleep 60' &); sleep 60")
    eventually(lambda: read_pid(bench.folder / "pid"))
    pid = read_pid(bench.folder / "pid")
    assert pid is not None
    links = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
    assert not [link for link in links if "runs" in link]
    bench.processes.stop("")
    running.end()
    assert is_gone(pid)
