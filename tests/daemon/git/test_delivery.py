"""What leaves the clone, and how a remote's no is put into words."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from company.errors import GitError
from daemon.git.clone import Clone, resolve
from daemon.git.delivery import Pushed, changed_files, diff_text, push, remote_commit, squash, write_patch
from daemon.git.worktree import commit_all
from tests.conftest import Eventually
from tests.daemon.git.repositories import Place, naive_git

AT = "2026-11-25T09:00:00.000Z"


def made(place: Place, clone: Clone, name: str = "one", **files: str) -> str:
    worktree = place.worktree(clone, name)
    for file, text in (files or {"new_txt": "new"}).items():
        (worktree.path / file.replace("_", ".")).write_text(text)
    commit = commit_all(worktree, "w", name="A", email="a@b")
    assert commit is not None
    return commit


def squashed(clone: Clone, tree_of: str, message: str = "Deliver") -> str:
    return squash(
        clone, "agent/job-1", base="main", tree_of=tree_of, message=message, name="N", email="n@e", at=AT
    )


@pytest.fixture
def commit(place: Place, clone: Clone) -> str:
    return made(place, clone)


def test_a_push_makes_the_branch_and_again_changes_nothing(clone: Clone, commit: str) -> None:
    assert remote_commit(clone, "agent/job-1") is None
    for _ in range(2):
        assert push(clone, "agent/job-1", commit) == Pushed(clone.remote, "agent/job-1")
    assert remote_commit(clone, "agent/job-1") == commit
    assert naive_git(Path(clone.remote), "branch", "--format=%(refname:short)") == "agent/job-1"


def test_our_own_remote_is_made_again_when_it_is_gone(clone: Clone, commit: str) -> None:
    naive_git(Path(clone.remote).parent, "--version")
    for root, folders, files in os.walk(clone.remote, topdown=False):
        for name in files:
            (Path(root) / name).unlink()
        for name in folders:
            (Path(root) / name).rmdir()
    Path(clone.remote).rmdir()
    push(clone, "agent/job-1", commit)
    assert remote_commit(clone, "agent/job-1") == commit


def test_what_we_pushed_ourselves_may_be_replaced(place: Place, clone: Clone, commit: str) -> None:
    push(clone, "agent/job-1", commit)
    other = made(place, clone, "two", other_txt="x")
    push(clone, "agent/job-1", other)
    assert remote_commit(clone, "agent/job-1") == other


def test_what_somebody_else_put_on_the_branch_is_left_alone(place: Place, bare: Path, checkout: Path) -> None:
    clone = place.open(bare)
    push(clone, "agent/job-1", made(place, clone))
    naive_git(checkout, "checkout", "-q", "-b", "mine")
    naive_git(checkout, "commit", "--allow-empty", "-qm", "a person's")
    naive_git(checkout, "push", "-qf", str(bare), "mine:agent/job-1")
    with pytest.raises(GitError, match="left alone") as refused:
        push(clone, "agent/job-1", made(place, clone, "two", other_txt="x"))
    assert refused.value.code == "branch_taken"
    assert remote_commit(clone, "agent/job-1") == naive_git(checkout, "rev-parse", "mine")


def test_a_branch_of_the_remote_may_be_continued(place: Place, bare: Path) -> None:
    clone = place.open(bare)
    commit = made(place, clone)
    push(clone, "main", commit)
    assert naive_git(bare, "rev-parse", "main") == commit


def test_the_rule_of_a_persons_remote_decides_and_is_quoted(place: Place, bare: Path) -> None:
    hook = bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'no pushes on a Friday'\nexit 1\n")
    hook.chmod(0o755)
    clone = place.open(bare)
    with pytest.raises(GitError, match="no pushes on a Friday") as refused:
        push(clone, "agent/job-1", made(place, clone))
    assert refused.value.code == "remote_refused"
    assert refused.value.mend


def test_a_remote_that_cannot_be_written_is_named_so(
    place: Place, checkout: Path, bare: Path, tmp_path: Path
) -> None:
    """Objects that stand where nobody may write, root neither: a folder of /proc."""
    closed = tmp_path / "closed.git"
    naive_git(tmp_path, "init", "-q", "--bare", "--template=", str(closed))
    for folder in (closed / "objects" / "info", closed / "objects" / "pack", closed / "objects"):
        folder.rmdir()
    (closed / "objects").symlink_to("/proc/self/attr")
    naive_git(checkout, "remote", "add", "origin", str(bare))
    naive_git(checkout, "remote", "set-url", "--push", "origin", str(closed))
    clone = place.open(checkout)
    with pytest.raises(GitError) as refused:
        push(clone, "agent/job-1", made(place, clone))
    assert refused.value.code == "remote_read_only"


def test_a_remote_that_vanished_is_named_so(place: Place, bare: Path) -> None:
    clone = place.open(bare)
    commit = made(place, clone)
    bare.rename(bare.with_name("moved.git"))
    for call in (lambda: push(clone, "agent/job-1", commit), lambda: remote_commit(clone, "agent/job-1")):
        with pytest.raises(GitError) as refused:
            call()
        assert refused.value.code == "remote_missing"


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A server that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def mentioning(text: str) -> list[str]:
    """Return the command lines of living processes that hold ``text``."""
    return [str(process.info) for process in psutil.process_iter(["cmdline"]) if text in str(process.info)]


def test_a_remote_that_hangs_is_given_up_with_all_its_processes(
    place: Place, silent_server: int, eventually: Eventually
) -> None:
    with pytest.raises(GitError, match="did not finish in time") as refused:
        place.open(f"http://127.0.0.1:{silent_server}/app.git", timeout_s=0.5)
    assert refused.value.code == "timed_out"
    assert "retry" in refused.value.mend
    eventually(lambda: not mentioning(str(silent_server)))


def test_a_push_and_an_ssh_that_hang_are_given_up_too(
    place: Place,
    checkout: Path,
    bare: Path,
    silent_server: int,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Eventually,
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", f"sleep 6{silent_server} #")
    with pytest.raises(GitError) as refused:
        place.open("ssh://git@host/app.git", timeout_s=0.3)
    assert refused.value.code == "timed_out"
    naive_git(checkout, "remote", "add", "origin", str(bare))
    naive_git(checkout, "remote", "set-url", "--push", "origin", f"http://127.0.0.1:{silent_server}/app.git")
    clone = place.open(checkout)
    with pytest.raises(GitError) as refused:
        push(clone, "agent/job-1", "main", timeout_s=0.3)
    assert refused.value.code == "timed_out"
    eventually(lambda: not mentioning(str(silent_server)))


def test_a_remote_that_nobody_answers_for_is_named_so(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(GitError) as refused:
        place.open(f"http://127.0.0.1:{port}/app.git")
    assert refused.value.code == "remote_unreachable"


class Doorkeeper(BaseHTTPRequestHandler):
    """Wants a login, and says 404 to whoever has one."""

    def do_GET(self) -> None:
        if "Authorization" not in self.headers:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
        else:
            self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def doorkeeper() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Doorkeeper)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with contextlib.closing(server.socket):
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_remote_that_wants_a_login_does_not_wait_for_one(place: Place, doorkeeper: str) -> None:
    with pytest.raises(GitError) as refused:
        place.open(f"http://{doorkeeper}/app.git")
    assert refused.value.code == "not_authorised"


def test_the_users_own_credential_helper_is_asked_and_no_repositorys(
    place: Place, doorkeeper: str, checkout: Path, tmp_path: Path
) -> None:
    helper = tmp_path / "helper.sh"
    helper.write_text("#!/bin/sh\necho username=person\necho password=s3cret\n")
    helper.chmod(0o755)
    naive_git(checkout, "remote", "add", "origin", f"http://{doorkeeper}/app.git")
    naive_git(checkout, "config", "credential.helper", f"!{helper}")
    with pytest.raises(GitError) as refused:
        place.open(checkout)
    assert refused.value.code == "not_authorised"
    naive_git(checkout, "config", "--global", "credential.helper", f"!{helper}")
    with pytest.raises(GitError) as refused:
        place.open(checkout)
    assert refused.value.code == "remote_missing"


def test_a_login_in_an_address_is_shown_to_nobody(place: Place, doorkeeper: str) -> None:
    with pytest.raises(GitError) as refused:
        place.open(f"http://person:s3cret@{doorkeeper}/app.git")
    assert refused.value.code == "remote_missing"
    assert "s3cret" not in f"{refused.value} {refused.value.argv} {refused.value.stderr}"
    for file in (place.state / "clones").rglob("*"):
        if file.is_file() and "s3cret" in file.read_text(errors="replace"):
            assert file.stat().st_mode & 0o077 == 0


def test_a_squash_is_one_commit_that_comes_out_the_same_again(
    place: Place, clone: Clone, commit: str
) -> None:
    one, two = squashed(clone, commit), squashed(clone, commit)
    assert one == two == resolve(clone, "agent/job-1")
    facts = naive_git(clone.path, "show", "-s", "--format=%P %an %ad %B", "--date=iso-strict-local", one)
    assert facts == f"{resolve(clone, 'main')} N 2026-11-25T09:00:00+00:00 Deliver"
    assert changed_files(clone, one, commit) == ()


def test_a_squash_of_nothing_is_the_base(clone: Clone, tip: str) -> None:
    assert squashed(clone, tip) == tip == resolve(clone, "agent/job-1")


def test_a_patch_brings_the_base_to_the_delivered_files_binary_ones_too(
    place: Place, clone: Clone, checkout: Path
) -> None:
    worktree = place.worktree(clone)
    (worktree.path / "picture.bin").write_bytes(bytes(range(256)) * 20)
    (worktree.path / "README.md").write_text("patched")
    commit = commit_all(worktree, "w", name="A", email="a@b")
    assert commit is not None
    for _ in range(2):
        write_patch(clone, "main", commit, place.state / "reports" / "changes.patch")
    assert [entry.name for entry in (place.state / "reports").iterdir()] == ["changes.patch"]
    naive_git(checkout, "apply", str(place.state / "reports" / "changes.patch"))
    assert (checkout / "README.md").read_text() == "patched"
    assert (checkout / "picture.bin").read_bytes() == bytes(range(256)) * 20


def test_a_long_diff_is_cut_and_says_so(place: Place, clone: Clone) -> None:
    commit = made(place, clone, long_txt="line\n" * 100_000)
    text = diff_text(clone, "main", commit, 1000)
    assert text.startswith(" long.txt | 100000 +")
    assert text.endswith("[cut after 1000 bytes]\n")
    assert len(text) < 1100
    assert "cut" not in diff_text(clone, "main", commit, 10_000_000)


def test_a_diff_of_bytes_that_are_no_text_can_be_stored(place: Place, clone: Clone) -> None:
    worktree = place.worktree(clone)
    (worktree.path / "latin.txt").write_bytes("füße\n".encode("latin-1"))
    commit = commit_all(worktree, "w", name="A", email="a@b")
    assert commit is not None
    assert "f\\xfc\\xdfe" in diff_text(clone, "main", commit, 10_000).encode("utf-8").decode()
