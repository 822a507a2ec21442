"""The daemon is killed, the shim is killed, both are: the child runs once, or its loss is noticed and it runs again."""

import contextlib
import json
import marshal
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import daemon
from daemon.processes.attempt import Attempt, turn
from daemon.processes.spawn import EndReason, Processes
from tests.daemon.processes.conftest import Bench, is_gone, read_pid, strays

Eventually = Any
STAND_IN = Path(__file__).with_name("leaving_daemon.py")
PROJECT = Path(daemon.__file__).parents[1]

#: counts its starts, speaks, waits for somebody to open ./go, speaks again, exits 7
CHILD = "echo $$ > pid; echo started >> count; echo before; cat go; echo after; exit 7"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "go")
    return tmp_path


@contextlib.contextmanager
def stand_in(folder: Path, script: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a daemon that can be killed; it is killed at the end in any case."""
    with subprocess.Popen(
        [sys.executable, str(STAND_IN), str(folder), "sh", "-c", script],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def hear(process: "subprocess.Popen[str]") -> list[Any]:
    assert process.stdout is not None
    heard: list[Any] = json.loads(process.stdout.readline())
    return heard


def test_a_child_outlives_a_killed_daemon_and_is_found_by_the_next(folder: Path) -> None:
    with stand_in(folder, CHILD) as first:
        assert hear(first) == ["line", "stdout", "before"]
        first.send_signal(signal.SIGKILL)
        first.wait()
    pid = read_pid(folder / "pid")
    assert pid is not None
    assert not is_gone(pid)
    with stand_in(folder, CHILD) as second:
        assert hear(second)[1:] == ["stdout", "before"]
        (folder / "go").write_text("")
        assert hear(second) == ["line", "stdout", "after"]
        assert hear(second) == ["end", "exited", 7, 1]
    assert (folder / "count").read_text() == "started\n"
    assert (folder / "output.log").read_text() == "before\nafter\n"


def test_a_child_that_ends_while_no_daemon_is_there_keeps_its_result(
    folder: Path, eventually: Eventually
) -> None:
    with stand_in(folder, CHILD) as first:
        assert hear(first) == ["line", "stdout", "before"]
    (folder / "go").write_text("")
    eventually((folder / "runs/job-1/agent/1/exit.json").exists)
    with stand_in(folder, CHILD) as second:
        assert [hear(second)[2] for _ in range(2)] == ["before", "after"]
        assert hear(second) == ["end", "exited", 7, 1]
    assert (folder / "count").read_text() == "started\n"


def test_each_line_is_told_once_or_in_the_moment_of_the_kill_twice(folder: Path) -> None:
    script = "for i in $(seq 5000); do echo $i; done; echo started >> count"
    told: list[str] = []
    for _ in range(5):
        with stand_in(folder, script) as process:
            assert process.stdout is not None
            for _ in range(400):
                what, *facts = hear(process)
                told += [facts[1]] if what == "line" else []
            process.send_signal(signal.SIGKILL)
            rest = [json.loads(line) for line in process.stdout]
            told += [facts[1] for what, *facts in rest if what == "line"]
    with stand_in(folder, script) as process:
        assert process.stdout is not None
        rest = [json.loads(line) for line in process.stdout]
    told += [facts[1] for what, *facts in rest if what == "line"]
    assert [facts[1] for what, *facts in rest if what != "end"] == [str(n) for n in range(1, 5001)]
    assert list(dict.fromkeys(told)) == [str(n) for n in range(1, 5001)]
    assert len(told) <= 5000 + 5
    assert (folder / "count").read_text() == "started\n"
    assert (folder / "output.log").read_text().split() == [str(n) for n in range(1, 5001)]


def test_daemon_and_shim_killed_the_child_is_ended_and_runs_again(
    folder: Path, eventually: Eventually
) -> None:
    """The child dies with its shim; what left the child's session is found by its token."""
    script = (
        f"(setsid sh -c 'echo $$ > escaped; exec sleep 60' &); while [ ! -s escaped ]; do :; done; {CHILD}"
    )
    with stand_in(folder, script) as first:
        assert hear(first) == ["line", "stdout", "before"]
    child, escaped = read_pid(folder / "pid"), read_pid(folder / "escaped")
    assert child is not None
    assert escaped is not None
    os.kill(shim_of(folder), signal.SIGKILL)
    eventually(lambda: is_gone(child))
    assert not is_gone(escaped)
    (folder / "escaped").unlink()
    with stand_in(folder, script) as second:
        assert hear(second) == ["line", "attempt", "[attempt 2: the one before was lost]"]
        assert hear(second) == ["line", "stdout", "before"]
        assert is_gone(escaped)
        (folder / "go").write_text("")
        assert hear(second)[2] == "after"
        assert hear(second)[1] == "service"  # the service ended what the child left running
        assert hear(second) == ["end", "exited", 7, 2]
    assert (folder / "count").read_text() == "started\n" * 2
    assert strays(folder) == []


def test_a_killed_shim_is_noticed_at_once_by_the_daemon_that_waits(
    bench: Bench, eventually: Eventually
) -> None:
    os.mkfifo(bench.folder / "go")
    running = bench.in_thread("sh", "-c", f"sleep 60 & {CHILD}")
    eventually(lambda: bench.lines() == ["before"])
    os.kill(shim_of(bench.folder), signal.SIGKILL)
    eventually(lambda: bench.lines() == ["before", "before"], within_s=5)
    (bench.folder / "go").write_text("")
    end = running.end()
    assert (end.exit_code, end.attempts) == (7, 2)


def test_a_shim_that_is_asked_to_leave_ends_the_child_and_records_nothing(
    bench: Bench, eventually: Eventually
) -> None:
    """The machine goes down: everybody gets SIGTERM, child and shim in any order. The run is lost, not failed."""
    os.mkfifo(bench.folder / "go")
    running = bench.in_thread("sh", "-c", CHILD)
    eventually(lambda: bench.lines() == ["before"])
    child = read_pid(bench.folder / "pid")
    assert child is not None
    os.kill(child, signal.SIGTERM)
    os.kill(shim_of(bench.folder), signal.SIGTERM)
    eventually(lambda: bench.lines("attempt"))
    (bench.folder / "go").write_text("")
    assert running.end().attempts == 2


def test_a_run_that_is_lost_three_times_is_given_up(bench: Bench, eventually: Eventually) -> None:
    running = bench.in_thread("sh", "-c", "echo up; exec sleep 60")
    for number in (1, 2, 3):
        eventually(lambda number=number: bench.lines() == ["up"] * number)
        os.kill(shim_of(bench.folder, number), signal.SIGKILL)
    end = running.end()
    assert (end.reason, end.attempts) == (EndReason.LOST, 3)
    assert end.error == "its shim was killed, or the machine went down"
    assert bench.run("sh", "-c", "echo up").reason is EndReason.LOST


def test_an_attempt_that_never_got_its_order_does_not_count(bench: Bench) -> None:
    """The daemon was killed after it had made the folder, or after it had started the shim: nothing ran."""
    for _ in range(5):
        folder = bench.folder / "runs/job-1/agent"
        with turn(folder):
            attempt = Attempt(folder / "1", "job-1/agent", 1)
            os.close(attempt.make())
        assert bench.processes.sweep(lambda key: True) == []
        end = bench.run("true")
        assert (end.exit_code, end.attempts) == (0, 1)
        bench.processes.forget("job-1/")


def test_a_shim_whose_order_is_cut_off_starts_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = marshal.dumps

    def cut(value: Any) -> bytes:
        return whole(value)[:-20]

    monkeypatch.setattr("daemon.processes.launching.marshal.dumps", cut)
    end = bench.run("touch", str(bench.folder / "ran"))
    assert end.reason is EndReason.LOST
    assert not (bench.folder / "ran").exists()
    assert (bench.folder / "runs/job-1/agent/3/shim.log").read_text() == ""


def test_a_shim_that_falls_over_says_why(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.processes.launching._BEGIN", "raise SystemExit('no such module')")
    end = bench.run("true")
    assert end.reason is EndReason.LOST
    assert end.error == "its shim is gone: no such module"


def test_a_result_that_cannot_be_written_waits_until_it_can(bench: Bench, eventually: Eventually) -> None:
    running = bench.in_thread("sh", "-c", "echo up; while [ ! -e go ]; do sleep 0.01; done; exit 7")
    eventually(lambda: bench.lines() == ["up"])
    obstacle = bench.folder / "runs/job-1/agent/1/exit.json.new"
    obstacle.mkdir()
    child = json.loads((bench.folder / "runs/job-1/agent/1/pid.json").read_text())["child"][0]
    (bench.folder / "go").touch()
    eventually(lambda: is_gone(child))
    assert bench.processes.sweep(lambda key: True) == []
    obstacle.rmdir()
    end = running.end()
    assert (end.exit_code, end.attempts) == (7, 1)


def test_a_disk_that_takes_no_more_loses_lines_and_not_the_child(bench: Bench) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        end = bench.python("for n in range(5000): print(f'{n:09}')")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert end.exit_code == 0
    assert 29_000 < end.dropped_bytes <= 50_000
    assert bench.lines()
    assert set(bench.lines()) <= {f"{n:09}" for n in range(5000)}
    assert bench.lines() == sorted(bench.lines())


def test_the_next_daemon_ends_what_nobody_wants_any_more(folder: Path, eventually: Eventually) -> None:
    with stand_in(folder, CHILD) as first:
        hear(first)
    child = read_pid(folder / "pid")
    assert child is not None
    processes = Processes(folder / "runs")
    assert processes.sweep(lambda key: key == "job-1/agent") == []
    assert not is_gone(child)
    assert processes.sweep(lambda key: False) == ["job-1/agent: ended, nobody waits for it"]
    assert is_gone(child)
    assert processes.sweep(lambda key: False) == []
    with stand_in(folder, CHILD) as second:
        hear(second)
        assert hear(second) == ["end", "stopped", None, 1]


def shim_of(folder: Path, attempt: int = 1) -> int:
    pid: int = json.loads((folder / f"runs/job-1/agent/{attempt}/pid.json").read_text())["shim"][0]
    return pid
