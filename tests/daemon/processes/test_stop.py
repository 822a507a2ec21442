"""A stop reaches everything that descends from the child, soon, and nothing else."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from daemon.processes.spawn import EndReason
from tests.daemon.processes.conftest import Bench, Running, is_gone, read_pid

Eventually = Any

#: each leaves a process of its kind running and writes its pid to ./pid
KINDS = {
    "a child": "echo $$ > pid; exec sleep 60",
    "a grandchild": "sleep 60 & echo $! > pid; wait",
    "one that ignores SIGTERM": "trap '' TERM HUP INT; echo $$ > pid; while :; do sleep 0.05; done",
    "one in a session of its own": "setsid sh -c 'echo $$ > pid; exec sleep 60' & wait",
    "an orphan in a session of its own": "(setsid sh -c 'echo $$ > pid; exec sleep 60' &) ; sleep 60",
    "one without our environment": "(setsid env -i sh -c 'echo $$ > pid; exec sleep 60' &) ; sleep 60",
    "a stopped one": "sh -c 'echo $$ > pid; kill -STOP $$' ; sleep 60",
    "one that ignores SIGTERM in a session of its own": (
        "setsid env -i sh -c 'trap \"\" TERM; echo $$ > pid; while :; do sleep 0.05; done' & wait"
    ),
}


#: two seconds for who has the machine alone; the suite shares its cores
STOPPED_WITHIN_S = 3.5


def begin(bench: Bench, script: str, eventually: Eventually, **changes: Any) -> tuple[Running, int]:
    running = bench.in_thread("sh", "-c", script, **changes)
    eventually(lambda: read_pid(bench.folder / "pid"))
    pid = read_pid(bench.folder / "pid")
    assert pid is not None
    return running, pid


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_reaches_every_kind_of_descendant_within_two_seconds(
    bench: Bench, kind: str, eventually: Eventually
) -> None:
    running, pid = begin(bench, KINDS[kind], eventually)
    began = time.monotonic()
    assert bench.processes.stop("job-1/", grace_s=0.4) == 1
    assert time.monotonic() - began < STOPPED_WITHIN_S
    assert is_gone(pid)
    assert running.end().reason is EndReason.STOPPED


def test_a_stop_with_the_usual_grace_stays_under_two_seconds(bench: Bench, eventually: Eventually) -> None:
    running, pid = begin(bench, KINDS["one that ignores SIGTERM"], eventually)
    began = time.monotonic()
    bench.processes.stop("job-1")
    assert time.monotonic() - began < STOPPED_WITHIN_S
    assert is_gone(pid)
    running.end()


def test_a_process_that_obeys_may_tidy_up(bench: Bench, eventually: Eventually) -> None:
    script = "trap 'echo tidied; exit 0' TERM; echo $$ > pid; while :; do sleep 0.05; done"
    running, _ = begin(bench, script, eventually)
    bench.processes.stop("job-1/")
    end = running.end()
    assert (end.reason, end.exit_code) == (EndReason.STOPPED, 0)
    assert bench.lines() == ["tidied"]


def test_a_family_that_grows_while_it_is_killed_is_killed(bench: Bench, eventually: Eventually) -> None:
    script = "echo $$ > pid; (setsid sh grow.sh &); sleep 60"
    (bench.folder / "grow.sh").write_text(
        "trap '' TERM\ni=0\nwhile [ $i -lt 400 ]; do i=$((i+1)); setsid sleep 60 & sleep 0.01; done\n"
    )
    running, _ = begin(bench, script, eventually)
    assert bench.processes.stop("job-1/", grace_s=0.3) == 1
    assert running.end().reason is EndReason.STOPPED


def test_a_stop_reaches_the_keys_with_its_prefix_and_no_other(bench: Bench, eventually: Eventually) -> None:
    running = {
        key: bench.in_thread("sh", "-c", f"echo up > {key.replace('/', '_')}; exec sleep 60", key=key)
        for key in ("job-1/a", "job-1/b", "job-12/a", "other/a")
    }
    eventually(lambda: all((bench.folder / key.replace("/", "_")).exists() for key in running))
    assert bench.processes.stop("job-1/") == 2
    assert running["job-1/a"].end().reason is EndReason.STOPPED
    assert running["job-1/b"].end().reason is EndReason.STOPPED
    assert bench.processes.stop("job-1/") == 0
    assert bench.processes.stop("") == 2
    assert running["job-12/a"].end().reason is EndReason.STOPPED
    assert running["other/a"].end().reason is EndReason.STOPPED


def test_what_the_child_leaves_running_ends_with_it(bench: Bench) -> None:
    script = "(setsid env -i sh -c 'echo $$ > pid; exec sleep 60' &); while [ ! -s pid ]; do :; done; exit 3"
    end = bench.run("sh", "-c", script)
    assert (end.reason, end.exit_code) == (EndReason.EXITED, 3)
    assert end.duration_s < 10
    pid = read_pid(bench.folder / "pid")
    assert pid is not None
    assert is_gone(pid)
    assert bench.lines("service") == ["[it ended and left 1 running: ended as well]"]


def test_what_ends_by_itself_soon_after_the_child_is_not_hurried(bench: Bench) -> None:
    end = bench.run("sh", "-c", "(sleep 0.03; echo late) & exit 0")
    assert end.exit_code == 0
    assert bench.lines() == ["late"]
    assert bench.lines("service") == []


def test_a_shim_that_does_not_answer_is_killed_and_the_rest_by_token(
    bench: Bench, eventually: Eventually
) -> None:
    """The grace is for the child of a shim that listens; with it this would take half a minute, on any machine."""
    script = "(setsid sh -c 'echo $$ > pid; exec sleep 60' &) ; sleep 60"
    running, pid = begin(bench, script, eventually)
    os.kill(shim_of(bench), signal.SIGSTOP)
    began = time.monotonic()
    assert bench.processes.stop("job-1/", grace_s=30.0) == 1
    assert time.monotonic() - began < 10.0
    assert is_gone(pid)
    end = running.end()
    assert (end.reason, end.attempts) == (EndReason.STOPPED, 1)


def test_shims_that_do_not_answer_keep_no_grace_from_one_that_does(
    bench: Bench, eventually: Eventually
) -> None:
    keys = ("job-1/a", "job-1/b", "job-1/c")
    # Whether its shim was killed is told by what the child could still write after SIGTERM.
    script = (
        "trap 'sleep 1; echo tidied > {0}.tidied; exit 0' TERM; echo $$ > {0}; while :; do sleep 0.05; done"
    )
    running = {key: bench.in_thread("sh", "-c", script.format(key[-1]), key=key) for key in keys}
    eventually(lambda: all(read_pid(bench.folder / key[-1]) for key in keys))
    for name in "ab":
        os.kill(shim_of(bench, name), signal.SIGSTOP)
    assert bench.processes.stop("job-1/", grace_s=20.0) == len(keys)
    assert [running[key].end().reason for key in keys] == [EndReason.STOPPED] * len(keys)
    assert [(bench.folder / f"{key[-1]}.tidied").exists() for key in keys] == [False, False, True]


def test_a_stop_that_comes_before_the_child_is_started_holds(bench: Bench, eventually: Eventually) -> None:
    running = bench.in_thread("sh", "-c", f"sleep 60; echo ran > {bench.folder}/ran")
    attempt = bench.folder / "runs/job-1/agent/1"
    eventually(lambda: (attempt / "lock").exists())
    while bench.processes.stop("job-1/") == 0:
        pass
    assert running.end().reason is EndReason.STOPPED
    assert not (bench.folder / "ran").exists()


def test_a_stopped_run_whose_shim_is_killed_meanwhile_is_not_tried_again(
    bench: Bench, eventually: Eventually
) -> None:
    running, _ = begin(bench, KINDS["one that ignores SIGTERM"], eventually)
    shim = shim_of(bench)
    os.kill(shim, signal.SIGSTOP)
    (bench.folder / "runs/job-1/agent/1/stop").write_text("1.0")
    os.kill(shim, signal.SIGKILL)
    end = running.end()
    assert (end.reason, end.attempts) == (EndReason.STOPPED, 1)


def test_a_stranger_with_a_recorded_pid_is_never_signalled(bench: Bench, eventually: Eventually) -> None:
    """The pid of a shim that was killed belongs to somebody else by now."""
    running, _ = begin(bench, KINDS["a child"], eventually)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        record = bench.folder / "runs/job-1/agent/1/pid.json"
        pids = json.loads(record.read_text())
        shim, pids["shim"][0] = pids["shim"][0], stranger.pid
        record.write_text(json.dumps(pids))
        os.kill(shim, signal.SIGSTOP)
        bench.processes.stop("job-1/", grace_s=0.1)
        assert stranger.poll() is None
        os.kill(shim, signal.SIGKILL)
        assert running.end().reason is EndReason.STOPPED
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def shim_of(bench: Bench, name: str = "agent") -> int:
    path = Path(bench.folder / f"runs/job-1/{name}/1/pid.json")
    pid: int = json.loads(path.read_text())["shim"][0]
    return pid
