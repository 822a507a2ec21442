"""Agents as another user: they are that user in every way, and what is the service's stays out of reach."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from company.config import Config
from company.errors import ConfigError
from company.redaction import Redactor
from daemon.processes.reap import ProcTable
from daemon.processes.record import RunAs
from daemon.processes.run_as import can_enter, can_run, find_user, run_as_of, without_service_s_own
from daemon.processes.spawn import EndReason, Processes
from tests.daemon.processes.conftest import Bench, is_gone, read_pid, strays

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
Eventually = Callable[..., None]


@pytest.fixture
def nobody() -> RunAs:
    return find_user("nobody")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody can get to; pytest's own are the user's alone."""
    folder = Path(tempfile.mkdtemp(prefix="agent-user-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def bench(open_folder: Path, nobody: RunAs) -> Iterator[Bench]:
    processes = Processes(open_folder / "runs", redactor=Redactor(["the-planted-secret"]), run_as=nobody)
    bench = Bench(open_folder, processes)
    yield bench
    processes.stop("", grace_s=0.0)
    processes.sweep(lambda key: False)
    assert strays(open_folder) == []
    processes.close()


@AS_ROOT
def test_the_process_is_that_user_with_its_groups_and_nothing_else(bench: Bench, nobody: RunAs) -> None:
    end = bench.run(
        "sh", "-c", "id -u; id -g; id -G; grep -E '^(Uid|Gid|NoNewPrivs|CapEff)' /proc/self/status"
    )
    assert (end.reason, end.exit_code) == (EndReason.EXITED, 0), bench.heard
    uid, gid, groups, *status = bench.lines()
    assert (int(uid), int(gid)) == (nobody.uid, nobody.gid)
    assert {int(group) for group in groups.split()} == {nobody.gid, *nobody.groups}
    assert [line.split() for line in status] == [
        ["Uid:", *[str(nobody.uid)] * 4],
        ["Gid:", *[str(nobody.gid)] * 4],
        ["CapEff:", "0" * 16],
        ["NoNewPrivs:", "1"],
    ]


@AS_ROOT
def test_what_belongs_to_the_service_is_out_of_reach(bench: Bench, open_folder: Path) -> None:
    (open_folder / "token").write_text("secret\n")
    (open_folder / "token").chmod(0o600)
    looks = f"""
        cat {open_folder}/token && echo READ
        ls {open_folder}/runs && echo READ
        cat /proc/$PPID/environ && echo READ
        echo x > {open_folder}/planted && echo WROTE
        kill -0 $PPID && echo SIGNALLED
        kill -0 {os.getpid()} && echo SIGNALLED
        echo done
    """
    bench.run("sh", "-c", looks)
    assert bench.lines() == ["done"]


@AS_ROOT
def test_the_streams_can_be_opened_by_name(bench: Bench) -> None:
    end = bench.run("sh", "-c", "echo out > /dev/stdout; echo err > /dev/stderr; echo more | tee /dev/stderr")
    assert end.exit_code == 0
    assert (bench.lines(), sorted(bench.lines("stderr"))) == (["out", "more"], ["err", "more"])


@AS_ROOT
def test_a_stop_reaches_all_of_it(bench: Bench, open_folder: Path, eventually: Eventually) -> None:
    (open_folder / "work").mkdir()
    (open_folder / "work").chmod(0o777)
    program = "setsid sh -c 'trap \"\" TERM; echo $$ > away; exec sleep 600' & echo $$ > own; trap '' TERM; sleep 600"
    running = bench.in_thread("sh", "-c", program, cwd=open_folder / "work")
    pids: list[int] = []

    def are_there() -> bool:
        found = [read_pid(open_folder / "work" / name) for name in ("own", "away")]
        pids[:] = [pid for pid in found if pid is not None]
        return len(pids) == 2

    eventually(are_there)
    assert bench.processes.stop("job-1/", grace_s=0.1) == 1
    assert running.end().reason is EndReason.STOPPED
    assert all(is_gone(pid) for pid in pids)


@AS_ROOT
def test_it_dies_with_its_shim_although_it_changed_its_user(
    bench: Bench, open_folder: Path, eventually: Eventually
) -> None:
    (open_folder / "work").mkdir()
    (open_folder / "work").chmod(0o777)
    running = bench.in_thread("sh", "-c", "echo $$ > own; exec sleep 600", cwd=open_folder / "work")
    eventually(lambda: read_pid(open_folder / "work" / "own"))
    child = read_pid(open_folder / "work" / "own")
    assert child is not None
    shim = json.loads((open_folder / "runs/job-1/agent/1/pid.json").read_text())["shim"][0]
    os.kill(shim, signal.SIGKILL)
    eventually(lambda: is_gone(child))
    eventually(lambda: read_pid(open_folder / "work" / "own") not in (None, child))  # a second attempt
    bench.processes.stop("job-1/", grace_s=0.0)
    running.end()


@AS_ROOT
def test_a_folder_it_cannot_enter_is_named(bench: Bench, open_folder: Path) -> None:
    (open_folder / "closed").mkdir(mode=0o700)
    end = bench.run("true", cwd=open_folder / "closed")
    assert end.reason is EndReason.NOT_STARTED
    assert end.error == f"cannot work in {str(open_folder / 'closed')!r}: Permission denied"


@AS_ROOT
def test_its_processes_are_found_by_their_token(
    bench: Bench, open_folder: Path, eventually: Eventually
) -> None:
    running = bench.in_thread("sleep", "600")
    installation = bench.processes.installation
    eventually(lambda: ProcTable().marked(f"{installation}/job-1/agent/1"))
    bench.processes.stop("job-1/", grace_s=0.0)
    assert running.end().reason is EndReason.STOPPED


@AS_ROOT
def test_agents_are_offered_to_the_oom_killer_all_the_same(bench: Bench) -> None:
    bench.run("sh", "-c", "cat /proc/self/oom_score_adj; cat /proc/$PPID/oom_score_adj")
    assert bench.lines() == ["500", Path("/proc/self/oom_score_adj").read_text().strip()]


if os.geteuid() != 0:  # root reads everything

    def test_other_processes_of_the_same_user_cannot_read_a_shim_s_memory(tmp_path: Path) -> None:
        bench = Bench(tmp_path, Processes(tmp_path / "runs"))
        bench.run("sh", "-c", "cat /proc/$PPID/environ > /dev/null && echo READ; echo done")
        assert bench.lines() == ["done"]
        bench.processes.close()


@AS_ROOT
def test_a_user_is_looked_up_with_its_groups_and_home(nobody: RunAs) -> None:
    import pwd

    found = pwd.getpwnam("nobody")
    assert (nobody.uid, nobody.gid, nobody.home) == (found.pw_uid, found.pw_gid, found.pw_dir)
    assert 0 not in nobody.groups


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no-such-user", "this machine has no user 'no-such-user'"),
        ("root", "agents need a user of their own"),
    ],
)
def test_a_user_that_is_none_or_would_be_no_wall_is_refused(name: str, words: str) -> None:
    with pytest.raises(LookupError, match=words):
        find_user(name)


def config_with(tmp_path: Path, name: str) -> Config:
    config = Config(root=tmp_path)
    return config.model_copy(update={"work": config.work.model_copy(update={"agent_user": name})})


def test_no_agent_user_is_the_service_s_own(tmp_path: Path) -> None:
    assert run_as_of(config_with(tmp_path, "")) is None


@AS_ROOT
def test_a_missing_user_is_an_error_of_the_configuration_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"work\.agent_user: this machine has no user 'agents'") as refused:
        run_as_of(config_with(tmp_path, "agents"))
    assert refused.value.mend == "make the user: useradd --system --create-home agents"


def test_a_service_that_is_not_root_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        ConfigError, match="only a service that runs as root can run agents as nobody"
    ) as refused:
        run_as_of(config_with(tmp_path, "nobody"))
    assert "run the service as root" in refused.value.mend


@AS_ROOT
def test_the_environment_is_the_user_s_own(nobody: RunAs) -> None:
    service = {"PATH": "/bin", "HOME": "/root", "USER": "root", "TMPDIR": "/root/tmp", "LANG": "C"}
    assert without_service_s_own(service, nobody) == {
        "PATH": "/bin", "LANG": "C", "HOME": nobody.home, "USER": "nobody", "LOGNAME": "nobody",
        "SHELL": nobody.shell,
    }  # fmt: skip


@AS_ROOT
def test_what_the_user_can_reach_is_tried_out(open_folder: Path, nobody: RunAs) -> None:
    inner = open_folder / "closed" / "inner"
    inner.mkdir(parents=True)
    assert can_enter(nobody, inner)
    inner.parent.chmod(0o700)
    assert not can_enter(nobody, inner)
    assert can_run(nobody, "/bin/sh")
    assert not can_run(nobody, str(open_folder / "none"))
