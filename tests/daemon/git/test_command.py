"""One git process: its time, its output, its environment, its end."""

import os
import threading
import time
from pathlib import Path

import psutil
import pytest

from company.errors import GitError
from daemon.git.clone import Clone
from daemon.git.command import run_git
from daemon.git.complaint import explain, readable, without_login
from daemon.git.locking import locked
from tests.conftest import Eventually


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the front of PATH, for a program called git."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder / "git"


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_git_that_hangs_is_ended_with_its_children(
    tmp_path: Path, stand_in: Path, eventually: Eventually
) -> None:
    pids = tmp_path / "pids"
    write_program(stand_in, f"sleep 60 & echo $! $$ > {pids}.new; mv {pids}.new {pids}; wait")
    with pytest.raises(GitError, match="did not finish in time") as late:
        run_git(("status",), git_dir=tmp_path, timeout_s=0.5)
    assert late.value.exit_code is None
    eventually(lambda: not any(is_alive(int(pid)) for pid in pids.read_text().split()))


def test_a_child_that_keeps_the_pipes_open_does_not_keep_us(tmp_path: Path, stand_in: Path) -> None:
    write_program(stand_in, "sleep 60 & echo done")
    started = time.monotonic()
    assert run_git(("status",), git_dir=tmp_path).stdout == "done\n"
    assert time.monotonic() - started < 5


def test_a_git_that_closes_its_pipes_and_stays_is_ended_too(tmp_path: Path, stand_in: Path) -> None:
    write_program(stand_in, "exec >&- 2>&-; sleep 60")
    with pytest.raises(GitError) as late:
        run_git(("status",), git_dir=tmp_path, timeout_s=0.3)
    assert late.value.code == "timed_out"


def test_endless_output_is_refused_or_cut(tmp_path: Path, stand_in: Path) -> None:
    write_program(stand_in, "exec yes")
    with pytest.raises(GitError) as refused:
        run_git(("log",), git_dir=tmp_path, output_limit=100_000)
    assert refused.value.code == "too_much_output"
    output = run_git(("log",), git_dir=tmp_path, output_limit=100_000, cut=True)
    assert output.truncated
    assert len(output.stdout) == 100_000


def test_endless_complaint_is_read_and_dropped(tmp_path: Path, stand_in: Path) -> None:
    write_program(stand_in, "head -c 5000000 /dev/zero >&2; exit 3")
    output = run_git(("log",), git_dir=tmp_path, check=False)
    assert output.exit_code == 3
    assert len(output.stderr) < 100_000


def test_much_input_and_output_at_once_do_not_block_each_other(tmp_path: Path, stand_in: Path) -> None:
    write_program(stand_in, "exec cat")
    text = "x" * 3_000_000
    assert run_git(("cat",), git_dir=tmp_path, input_text=text).stdout == text


def test_a_git_that_does_not_read_its_input_is_no_error(tmp_path: Path, stand_in: Path) -> None:
    write_program(stand_in, "exec <&-; exit 0")
    assert run_git(("cat",), git_dir=tmp_path, input_text="x" * 3_000_000).exit_code == 0


def test_git_gets_no_terminal_no_input_and_only_named_variables(
    tmp_path: Path, stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    write_program(stand_in, "cat; env; readlink /proc/self/fd/0; ps -o sid= -p $$; echo $$")
    lines = run_git(("x",), git_dir=tmp_path).stdout.splitlines()
    assert "xoxb-secret" not in str(lines)
    assert "SSH_AUTH_SOCK" not in str(lines)
    assert lines[-3] == "/dev/null"
    assert lines[-2].strip() == lines[-1]
    assert "SSH_AUTH_SOCK=/agent" in run_git(("x",), git_dir=tmp_path, network=True).stdout


def test_no_git_at_all_is_said_with_a_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not installed") as missing:
        run_git(("status",), git_dir=tmp_path)
    assert missing.value.code == "no_git"
    assert "install git" in missing.value.mend


def test_what_cannot_be_an_argument_is_an_error_of_git(clone: Clone) -> None:
    with pytest.raises(GitError, match="could not be started"):
        run_git(("log", "a\0b"), git_dir=clone.control())


def test_the_lock_of_a_dead_git_is_removed_and_that_of_a_live_one_waited_for(clone: Clone, tip: str) -> None:
    lock = clone.path / "refs" / "heads" / "x.lock"
    lock.write_text("")
    os.utime(lock, (time.time() - 3600,) * 2)
    run_git(("update-ref", "refs/heads/x", tip), git_dir=clone.control())
    assert not lock.exists()
    lock.write_text("")
    threading.Timer(0.8, lock.unlink).start()  # git itself gives up after 0.5 s
    run_git(("update-ref", "-d", "refs/heads/x"), git_dir=clone.control())
    assert not lock.exists()


def test_a_lock_outside_our_repositories_is_never_removed(
    clone: Clone, tmp_path: Path, stand_in: Path
) -> None:
    theirs = tmp_path / "theirs.lock"
    theirs.write_text("")
    os.utime(theirs, (1, 1))
    write_program(stand_in, f"echo \"fatal: Unable to create '{theirs}': File exists.\" >&2; exit 128")
    with pytest.raises(GitError, match="File exists"):
        run_git(("update-ref",), git_dir=clone.control())
    assert theirs.exists()


def test_a_lock_file_is_held_by_one_and_by_the_git_that_outlives_its_holder(
    tmp_path: Path, stand_in: Path
) -> None:
    release = tmp_path / "release"
    os.mkfifo(release)
    write_program(stand_in, f"(read line < {release}) >&- 2>&- & exit 0")
    with locked(tmp_path / "lock", 1) as hold:
        run_git(("x",), git_dir=tmp_path, hold=hold)
        with pytest.raises(GitError) as busy, locked(tmp_path / "lock", 0.05):
            pass
        assert busy.value.code == "busy"
    with pytest.raises(GitError), locked(tmp_path / "lock", 0.05):
        pass
    release.write_text("go\n")
    with locked(tmp_path / "lock", 10):
        pass


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (f"fatal: Could not parse object '{'5' * 40}'.", "lost_commit"),
        ("fatal: '/x' does not appear to be a git repository", "remote_missing"),
        ("remote: Repository not found.\nfatal: repository 'https://h/x/' not found", "remote_missing"),
        ("git@h: Permission denied (publickey).\nfatal: Could not read from remote", "not_authorised"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", "not_authorised"),
        ("error: remote unpack failed: unable to create temporary object directory", "remote_read_only"),
        ("Host key verification failed.\nfatal: Could not read from remote repository.", "not_authorised"),
        ("error: remote unpack failed: No space left on device", "disk_full"),
        ("error: could not lock config file: Read-only file system", "remote_read_only"),
        (" ! [remote rejected] a -> a (pre-receive hook declined)", "remote_refused"),
        ("remote: error: GH006: Protected branch\n ! [remote rejected] x (protected branch hook declined)",
         "remote_refused"),
        (" ! [rejected]  a -> a (non-fast-forward)", "branch_taken"),
        (" ! [rejected]  a -> a (stale info)", "branch_taken"),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", "remote_unreachable"),
        ("ssh: connect to host h port 22: Connection refused", "remote_unreachable"),
        ("fatal: write error: No space left on device", "disk_full"),
    ],
)  # fmt: skip
def test_a_complaint_of_git_becomes_a_word_and_a_mend(said: str, code: str) -> None:
    complaint = explain(said)
    assert complaint is not None
    assert complaint.code == code
    assert complaint.mend


def test_a_complaint_nobody_can_mend_by_a_known_step_has_no_word() -> None:
    assert explain("fatal: bad object 123") is None


def test_logins_are_taken_out_of_text_and_bytes_made_readable() -> None:
    assert without_login("to https://u:p@h/x and ssh://git@h/y") == "to https://h/x and ssh://h/y"
    assert readable(b"a\xffb".decode("utf-8", "surrogateescape")) == "a\\xffb"
