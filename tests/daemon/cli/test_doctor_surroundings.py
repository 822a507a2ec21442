"""doctor, the machine and what is around the company: each look with what makes it wrong."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from company.config import load_config
from company.one_per_folder import hold_folder, holder_of
from daemon.cli import surroundings_diagnosis as surroundings
from daemon.cli.diagnosis import clock_finding, git_finding, python_finding
from tests.checkout import CHECKOUT
from tests.daemon.cli.conftest import Run
from tests.daemon.cli.test_doctor import AS_ROOT, configure, findings

STATE = Path(".compound-state")
STRANGER = 54_321  # a user who has no name here


def test_an_old_python_is_broken() -> None:
    assert python_finding((3, 10), "3.10.14").state == "broken"
    assert python_finding((3, 11), "3.11.0").state == "ok"


def test_a_git_that_is_old_or_not_there_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (git_finding().state, "install git" in git_finding().mend) == ("broken", True)
    (tmp_path / "git").write_text("#!/bin/sh\necho git version 2.34.1\n")
    (tmp_path / "git").chmod(0o755)
    found = git_finding()
    assert (found.state, found.text, found.mend) == (
        "broken", "git version 2.34.1", "install git 2.38 or later",
    )  # fmt: skip


def test_a_clock_that_was_never_set_is_broken() -> None:
    assert clock_finding(datetime(1970, 1, 1, 3, tzinfo=UTC)).state == "broken"
    assert clock_finding(datetime(2026, 11, 27, tzinfo=UTC)).state == "ok"


def test_a_company_without_a_time_zone_on_a_machine_without_one_is_a_note(run: Run, company: Path) -> None:
    path = company / "config.yaml"
    path.write_text(path.read_text().replace("time_zone: Europe/Berlin", 'time_zone: ""', 1))
    found = findings(run)["time zone"]
    if found["text"].startswith(("UTC", "Etc/UTC")):
        assert (found["state"], "company.time_zone" in found["mend"]) == ("note", True)
    else:
        assert (found["state"], found["text"].endswith("the machine's")) == ("ok", True)


def test_little_room_is_a_note_and_less_than_the_reserve_is_broken(run: Run, company: Path) -> None:
    assert findings(run)["disk"]["state"] in ("ok", "note")
    configure(company, "limits:\n  disk_reserve_mb: 900000000000\n")
    found = findings(run)["disk"]
    assert (found["state"], "limits.disk_reserve_mb" in found["text"]) == ("broken", True)


def test_a_name_that_git_takes_for_none_is_broken(run: Run, company: Path) -> None:
    assert findings(run)["git identity"]["text"] == "commits are by Agent Service <agent-service@localhost>"
    configure(company, 'work:\n  commit_name: "<>"\n')
    found = findings(run)["git identity"]
    assert (found["state"], "disallowed characters" in found["text"]) == ("broken", True)
    assert "work.commit_name" in found["mend"]


def test_folders_that_everybody_can_write_are_named(run: Run, company: Path) -> None:
    run("agents")
    assert findings(run)["permissions"]["state"] == "ok"
    (company / "priorities").chmod(0o777)
    found = findings(run)["permissions"]
    assert (found["state"], "starts agents" in found["text"]) == ("note", True)
    (company / "priorities").chmod(0o755)
    (company / STATE / "agent-service.db").chmod(0o666)
    found = findings(run)["permissions"]
    assert (found["state"], found["mend"]) == ("broken", f"chmod o-w {company / STATE / 'agent-service.db'}")


@AS_ROOT
def test_what_a_command_given_as_root_left_is_named(run: Run, company: Path) -> None:
    run("agents")
    for path in (company, *company.rglob("*")):
        os.chown(path, STRANGER, STRANGER)
    assert findings(run)["permissions"]["state"] == "ok"
    os.chown(company / STATE / "agent-service.db", 0, 0)
    os.chown(company / "priorities" / "README.md", 0, 0)  # files there are of whoever dropped them
    found = findings(run)["permissions"]
    assert found["state"] == "broken"
    assert found["text"].endswith(f"cannot write {company / STATE / 'agent-service.db'} of root")
    assert found["mend"] == f"sudo chown -R {STRANGER} {company}"


@pytest.mark.parametrize(("shift_s", "words"), [(3600.0, "behind"), (-3600.0, "ahead of")])
def test_files_that_another_clock_stamps_are_a_note(tmp_path: Path, shift_s: float, words: str) -> None:
    found = surroundings.file_clock(tmp_path, lambda: time.time() + shift_s)
    assert (found.state, f"stamped 3600 s {words}" in found.text) == ("note", True)
    assert surroundings.file_clock(tmp_path).state == "ok"
    assert surroundings.file_clock(tmp_path / "nowhere").state == "note"


LIMITED = """
import ctypes, sys
from pathlib import Path
from daemon.cli.surroundings_diagnosis import listening
print(*[one.state for one in listening(Path(sys.argv[1]))])
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) != 0:  # CLONE_NEWUSER: limits of our own
    sys.exit(77)
try:
    Path("/proc/sys/user/max_inotify_instances").write_text("0")
except OSError:
    sys.exit(77)
print(*[f"{one.state}: {one.text}" for one in listening(Path(sys.argv[1]))])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_used_up_watches_are_a_note_however_high_the_limits_are(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    if ended.returncode == 77:
        pytest.skip("this machine lets nobody make a user namespace")
    assert ended.stdout.splitlines() == [
        "ok", "note: inotify instance limit reached: new files are found by looking once a second",
    ], ended.stderr  # fmt: skip


@contextmanager
def listener() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_taken_port_of_the_local_slack_is_a_note(run: Run, company: Path) -> None:
    with listener() as port:
        configure(company, f"slack:\n  local_port: {port}\n")
        found = findings(run)[f"port {port}"]
        assert (found["state"], "address already in use" in found["text"]) == ("note", True)
        assert f"process {os.getpid()}" in found["text"]
    assert findings(run)[f"port {port}"]["text"] == "free (slack.local_port)"


def test_a_taken_port_that_slack_is_to_call_is_broken_unless_the_bot_has_it(
    run: Run, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-0")
    config = load_config(company / "config.yaml", {})
    with listener() as port:
        slack = config.slack.model_copy(update={"mode": "http", "http_port": port})
        config = config.model_copy(update={"slack": slack})
        [found] = surroundings.port_findings(config)
        assert (found.state, "slack.http_port" in found.mend) == ("broken", True)
        os.close(hold_folder(config.folders.state, "bot"))
        [found] = surroundings.port_findings(config)
        assert (found.state, "which is ours" in found.text) == ("ok", True)
    slack = config.slack.model_copy(update={"http_host": "no-such-host.invalid"})
    [found] = surroundings.port_findings(config.model_copy(update={"slack": slack}))
    assert found.state == "broken"


def test_a_damaged_engine_is_broken(run: Run, company: Path) -> None:
    run("agents")
    path = company / STATE / "engine.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE steps (id INTEGER PRIMARY KEY, text TEXT)")
        connection.executemany("INSERT INTO steps (text) VALUES (?)", [("x" * 500,)] * 100)
    assert findings(run)["engine's database"]["state"] == "ok"
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)
    found = findings(run)["engine's database"]
    assert (found["state"], "restore a backup" in found["mend"]) == ("broken", True)
    path.write_bytes(b"no database " * 1000)
    assert "not a database" in findings(run)["engine's database"]["text"]


def test_an_index_that_lost_a_row_is_found(run: Run, company: Path) -> None:
    run("agents")
    path = company / STATE / "agent-service.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        [(root,)] = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'agents' LIMIT 1"
        )
        connection.execute("PRAGMA writable_schema = ON")
        # The index now stands on the pages of a table without rows: what a lost write leaves.
        [(empty,)] = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'rewards' LIMIT 1"
        )
        connection.execute("UPDATE sqlite_schema SET rootpage = ? WHERE rootpage = ?", (empty, root))
    found = findings(run)["database"]
    assert found["state"] == "broken", found


def test_a_service_that_runs_other_code_than_lies_here_is_told_so(run: Run, company: Path) -> None:
    assert "version of the daemon" not in findings(run)
    lock = company / STATE / "daemon.lock"
    os.close(hold_folder(company / STATE))
    assert findings(run)["version of the daemon"]["state"] == "ok"

    pid, version, digest, place = lock.read_text().splitlines()
    assert (pid, Path(place)) == (str(os.getpid()), CHECKOUT)
    lock.write_text(f"{pid}\n{version}\n{'0' * len(digest)}\n{place}\n")
    found = findings(run)["version of the daemon"]
    assert (found["state"], "is not there now" in found["text"]) == ("note", True)
    assert found["mend"].startswith("agent-service restart")
    lock.write_text(f"{pid}\n0.0.1\n{'0' * len(digest)}\n/opt/other\n")
    assert "it runs 0.0.1 of /opt/other" in findings(run)["version of the daemon"]["text"]
    lock.write_text(f"{pid}\n")  # a version that did not say
    assert "older than" in findings(run)["version of the daemon"]["text"]


@pytest.mark.parametrize("text", ["", "x\n", "\xff", "12"])
def test_a_lock_with_anything_in_it_can_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "daemon.lock").write_text(text, encoding="latin-1")
    holder = holder_of(tmp_path)
    assert (holder and holder.pid) == (12 if text == "12" else None)
