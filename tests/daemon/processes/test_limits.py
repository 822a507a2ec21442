"""What a process may not exceed: time, silence, memory, and space on the disk."""

import time
from typing import Any

import pytest

from daemon.processes.output import LINE_MAX
from daemon.processes.spawn import EndReason
from tests.daemon.processes.conftest import Bench, is_gone, read_pid

STUBBORN = "trap '' TERM INT HUP"


def test_a_process_past_its_time_is_ended(bench: Bench) -> None:
    end = bench.run("sleep", "60", wall_timeout_s=0.2)
    assert end.reason is EndReason.WALL_TIMEOUT
    assert end.error == "longer than 0.2 s"
    assert 0.2 <= end.duration_s < 10


def test_a_process_past_its_time_that_ignores_sigterm_is_killed(bench: Bench) -> None:
    end = bench.run("sh", "-c", f"{STUBBORN}; while :; do sleep 0.1; done", wall_timeout_s=0.1)
    assert end.reason is EndReason.WALL_TIMEOUT
    assert end.duration_s < 10


def test_a_silent_process_is_ended(bench: Bench) -> None:
    end = bench.run("sh", "-c", "echo begin; sleep 60", idle_timeout_s=0.3)
    assert end.reason is EndReason.IDLE_TIMEOUT
    assert end.error == "silent for 0.3 s"
    assert bench.lines() == ["begin"]


def test_a_process_that_speaks_is_not_idle(bench: Bench) -> None:
    script = "for i in 1 2 3 4; do printf . >&2; sleep 1; done"
    assert bench.run("sh", "-c", script, idle_timeout_s=3.0).reason is EndReason.EXITED


def test_a_process_that_takes_too_much_memory_is_ended(bench: Bench) -> None:
    program = "import time; block = bytearray(300 << 20); print('taken', flush=True); time.sleep(60)"
    end = bench.python(program, memory_limit_bytes=100 << 20)
    assert end.reason is EndReason.MEMORY_LIMIT
    assert end.error.endswith("MiB used, 100 MiB allowed")
    assert end.duration_s < 30


def test_the_memory_of_descendants_counts(bench: Bench, eventually: Any) -> None:
    grandchild = "import time; block = bytearray(90 << 20); time.sleep(60)"
    script = f"""
for i in 1 2; do setsid python3 -I -S -c '{grandchild}' & done; echo $! > {bench.folder}/pid; wait"""
    end = bench.run("sh", "-c", script, memory_limit_bytes=120 << 20)
    assert end.reason is EndReason.MEMORY_LIMIT
    pid = read_pid(bench.folder / "pid")
    assert pid is not None
    assert is_gone(pid)


def test_memory_within_the_limit_is_left_alone(bench: Bench) -> None:
    program = "import time; block = bytearray(50 << 20); time.sleep(1.2)"
    assert bench.python(program, memory_limit_bytes=200 << 20).reason is EndReason.EXITED


def test_a_line_of_nine_megabytes_is_cut_and_nothing_else_is_lost(bench: Bench) -> None:
    end = bench.python("print('a' * 9_000_000); print('after')")
    assert end.exit_code == 0
    long, after = bench.lines()
    assert after == "after"
    assert long == "a" * LINE_MAX + " [cut: 9000000 bytes in all]"


def test_bytes_that_are_not_utf8_are_replaced(bench: Bench) -> None:
    bench.python(r"import sys; sys.stdout.buffer.write(b'caf\xe9 \xff\xfe ok \xc3\xa9\n\x00\n')")
    assert bench.lines() == ["caf\ufffd \ufffd\ufffd ok é", "\x00"]
    assert "ok é" in bench.output()


def test_a_last_line_without_an_end_is_kept(bench: Bench) -> None:
    bench.run("printf", "no newline")
    assert bench.lines() == ["no newline"]
    assert bench.output() == "no newline\n"


def test_too_much_output_keeps_its_beginning_and_its_end(bench: Bench) -> None:
    end = bench.run("sh", "-c", "seq 1000000; echo the end", output_limit_bytes=100_000)
    assert end.exit_code == 0
    assert end.dropped_bytes > 6_000_000
    assert bench.lines()[:3] == ["1", "2", "3"]
    assert bench.lines()[-2:] == ["1000000", "the end"]
    assert any("output limit reached" in line for line in bench.lines("service"))
    assert len(bench.output()) < 101_000
    assert all(line.isdecimal() for line in bench.lines()[:-1])


def test_a_gigabyte_of_output_is_bounded_on_disk(bench: Bench) -> None:
    began = time.monotonic()
    end = bench.run("sh", "-c", "head -c 1000000000 /dev/zero; echo; echo done", output_limit_bytes=1_000_000)
    assert end.exit_code == 0
    assert time.monotonic() - began < 30
    used = sum(path.stat().st_size for path in bench.folder.rglob("*") if path.is_file())
    assert used < 1_200_000
    assert bench.lines()[-1] == "done"


def test_a_gigabyte_of_short_lines_is_bounded_on_disk(bench: Bench) -> None:
    end = bench.run("sh", "-c", "yes | head -c 1000000000; echo done", output_limit_bytes=1_000_000)
    assert end.exit_code == 0
    assert sum(path.stat().st_size for path in bench.folder.rglob("*") if path.is_file()) < 1_200_000
    assert bench.lines()[-1] == "done"


def test_streams_that_alternate_do_not_let_the_index_outgrow_the_limit(bench: Bench) -> None:
    program = """
import os
for n in range(30_000):
    os.write(1, b'x\\n'); os.write(2, b'y\\n')
"""
    bench.python(program, output_limit_bytes=100_000)
    index = bench.folder / "runs/job-1/agent/1/index"
    assert index.stat().st_size + len(bench.output()) < 101_000


@pytest.mark.parametrize("where", ["argument", "environment"])
def test_an_argument_that_is_too_long_is_an_end_with_its_reason(bench: Bench, where: str) -> None:
    long = "x" * 200_000
    env = {"PATH": "/usr/bin:/bin", **({"LONG": long} if where == "environment" else {})}
    end = bench.run("echo", long if where == "argument" else "short", env=env)
    assert end.reason is EndReason.NOT_STARTED
    assert "Argument list too long" in end.error
