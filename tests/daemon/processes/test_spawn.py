"""A process from its start to its recorded end."""

import os
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from daemon.processes.record import ProcessSpec
from daemon.processes.spawn import Detached, EndReason, Processes
from tests.daemon.processes.conftest import Bench, read_pid

Eventually = Any


def test_a_process_ends_with_its_exit_code_and_its_lines(bench: Bench) -> None:
    end = bench.run("sh", "-c", "echo one; echo two >&2; exit 7")
    assert (end.reason, end.exit_code, end.signal, end.attempts) == (EndReason.EXITED, 7, None, 1)
    assert bench.lines("stdout") == ["one"]
    assert bench.lines("stderr") == ["two"]
    assert end.started_at.endswith("Z")
    assert end.started_at <= end.ended_at
    assert 0 <= end.duration_s < 5


def test_a_process_ended_by_a_signal_has_no_exit_code(bench: Bench) -> None:
    end = bench.run("sh", "-c", "kill -KILL $$")
    assert (end.reason, end.exit_code, end.signal) == (EndReason.EXITED, None, 9)


def test_the_same_key_runs_once_and_its_end_is_found_again(bench: Bench) -> None:
    script = f"echo ran >> {bench.folder}/count; echo said; exit 3"
    first = bench.run("sh", "-c", script)
    again = bench.run("sh", "-c", script)
    assert again == first
    assert (bench.folder / "count").read_text() == "ran\n"
    assert bench.lines() == ["said"]
    assert bench.replayed == [("stdout", "said")]
    assert bench.output() == "said\n"


def test_a_forgotten_key_may_run_again(bench: Bench) -> None:
    bench.run("sh", "-c", f"echo ran >> {bench.folder}/count")
    bench.processes.forget("job-1/")
    assert not (bench.folder / "runs" / "job-1").exists()
    bench.run("sh", "-c", f"echo ran >> {bench.folder}/count")
    assert (bench.folder / "count").read_text() == "ran\n" * 2


def test_a_running_key_is_not_forgotten(bench: Bench, eventually: Eventually) -> None:
    running = bench.in_thread("sh", "-c", "echo up; exec sleep 60")
    eventually(lambda: bench.lines() == ["up"])
    bench.processes.forget("job-1/")
    assert bench.processes.stop("job-1/") == 1
    assert running.end().reason is EndReason.STOPPED


def test_output_of_two_processes_is_appended_to_one_file(bench: Bench) -> None:
    bench.run("echo", "first", key="job-1/a")
    bench.run("echo", "second", key="job-1/b")
    assert bench.output() == "first\nsecond\n"
    assert bench.lines() == ["first", "second"]


def test_a_missing_program_is_an_end_with_its_reason(bench: Bench) -> None:
    end = bench.run("no-such-program-at-all")
    assert end.reason is EndReason.NOT_STARTED
    assert end.exit_code is None
    assert end.error == "cannot run 'no-such-program-at-all': No such file or directory"


def test_a_missing_folder_is_an_end_with_its_reason(bench: Bench) -> None:
    end = bench.run("true", cwd=bench.folder / "gone")
    assert end.reason is EndReason.NOT_STARTED
    assert end.error == f"cannot work in '{bench.folder}/gone': No such file or directory"


def test_a_file_that_is_no_program_is_an_end_with_its_reason(bench: Bench) -> None:
    (bench.folder / "notes.txt").write_text("hello")
    end = bench.run("./notes.txt")
    assert end.reason is EndReason.NOT_STARTED
    assert "Permission denied" in end.error


def test_an_output_that_cannot_be_written_is_an_end_with_its_reason(bench: Bench) -> None:
    end = bench.run("true", output_path=bench.folder)
    assert end.reason is EndReason.NOT_STARTED
    assert end.error.startswith("cannot write its output to")


def test_standard_input_is_empty(bench: Bench) -> None:
    assert bench.python("import sys; print(repr(sys.stdin.read()))").exit_code == 0
    assert bench.lines() == ["''"]


def test_standard_input_may_be_a_file(bench: Bench) -> None:
    (bench.folder / "in.txt").write_text("given\n")
    bench.run("cat", stdin_path=bench.folder / "in.txt")
    assert bench.lines() == ["given"]


def test_the_environment_is_what_was_given_and_the_token(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_DAEMON", "1")
    bench.run("/usr/bin/env", env={"GIVEN": "ü", "PATH": "/bin"})
    names = {line.partition("=")[0] for line in bench.lines()}
    assert names == {"GIVEN", "PATH", "AGENT_SERVICE_RUN"}
    assert "GIVEN=ü" in bench.lines()


def test_the_child_has_no_descriptors_but_the_three(bench: Bench) -> None:
    with (bench.folder / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        bench.python("import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])")
    assert bench.lines() == ["[0, 1, 2]"]


def test_the_child_gains_no_rights_and_dies_before_the_service(bench: Bench) -> None:
    bench.run("sh", "-c", "grep NoNewPrivs /proc/self/status; cat /proc/self/oom_score_adj; ulimit -c")
    assert bench.lines() == ["NoNewPrivs:\t1", "500", "0"]


def test_the_child_reacts_to_signals_as_usual(bench: Bench) -> None:
    program = "import signal; print([signal.getsignal(n).name for n in (signal.SIGTERM, signal.SIGHUP)])"
    bench.python(program)
    assert bench.lines() == ["['SIG_DFL', 'SIG_DFL']"]
    end = bench.run("sh", "-c", "yes | head -n 1", key="job-1/pipe")
    assert end.exit_code == 0
    assert bench.lines("stderr") == []  # with SIGPIPE ignored, yes would complain


def test_lines_are_told_in_the_order_they_came(bench: Bench) -> None:
    bench.run("sh", "-c", "for i in $(seq 1000); do echo $i; done")
    assert bench.lines() == [str(number) for number in range(1, 1001)]


def test_both_pipes_are_read_without_deadlock(bench: Bench) -> None:
    program = """
import sys
for n in range(40_000):
    print(f'out {n}'); print(f'err {n}', file=sys.stderr)
"""
    assert bench.python(program).exit_code == 0
    assert bench.lines("stdout") == [f"out {n}" for n in range(40_000)]
    assert bench.lines("stderr") == [f"err {n}" for n in range(40_000)]


def test_a_line_is_told_while_the_process_runs(bench: Bench, eventually: Eventually) -> None:
    os.mkfifo(bench.folder / "go")
    running = bench.in_thread("sh", "-c", f"echo ready; cat {bench.folder}/go; echo done")
    eventually(lambda: bench.lines() == ["ready"])
    (bench.folder / "go").write_text("")
    assert running.end().exit_code == 0
    assert bench.lines() == ["ready", "done"]


def test_many_threads_run_processes_at_once(bench: Bench) -> None:
    running = [bench.in_thread("sh", "-c", f"exit {n}", key=f"job-{n}/agent") for n in range(20)]
    assert [one.end().exit_code for one in running] == list(range(20))


def test_two_threads_with_one_key_share_one_process(bench: Bench) -> None:
    running = [bench.in_thread("sh", "-c", f"echo ran >> {bench.folder}/count; exit 5") for _ in range(8)]
    assert {one.end().exit_code for one in running} == {5}
    assert (bench.folder / "count").read_text() == "ran\n"


def test_closing_detaches_and_the_process_goes_on(
    bench: Bench, tmp_path: Path, eventually: Eventually
) -> None:
    os.mkfifo(tmp_path / "go")
    running = bench.in_thread("sh", "-c", f"echo $$ > {tmp_path}/pid; cat {tmp_path}/go; echo after; exit 4")
    eventually(lambda: read_pid(tmp_path / "pid"))
    bench.processes.close()
    with pytest.raises(Detached):
        running.end()
    with pytest.raises(Detached):
        bench.run("true", key="job-2/agent")
    (tmp_path / "go").write_text("")
    bench.processes = Processes(tmp_path / "runs")
    end = bench.run("never", "started")
    assert (end.exit_code, end.attempts) == (4, 1)
    assert bench.lines() == ["after"]


def test_an_exception_in_the_listener_comes_out_of_run(bench: Bench) -> None:
    def refuse(stream: str, line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(RuntimeError, match="hello"):
        bench.processes.run(bench.spec("echo", "hello"), refuse)
    assert bench.run("echo", "hello").exit_code == 0
    assert bench.lines() == ["hello"]  # not told before, so told now


def test_nothing_of_a_failed_start_is_left(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(FileNotFoundError):
        bench.run("true")
    monkeypatch.undo()
    assert bench.run("true").attempts == 1


def test_no_threads_or_zombies_are_left(bench: Bench) -> None:
    threads, children = threading.active_count(), {child.pid for child in psutil.Process().children()}
    for number in range(5):
        bench.run("true", key=f"job-1/{number}")
    assert threading.active_count() == threads
    assert {child.pid for child in psutil.Process().children()} == children


@pytest.mark.parametrize("key", ["", "job", "../etc/x", "job-1/..", "/a/b", "job-1/a/b", "job-1/a\n", "-x/y"])
def test_a_key_that_is_no_safe_path_is_refused(bench: Bench, key: str) -> None:
    with pytest.raises(ValueError, match="not a process key"):
        bench.spec("true", key=key)


def test_a_nul_in_an_argument_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="NUL"):
        ProcessSpec(**{**bench.spec("true").__dict__, "argv": ("a\0b",)})
