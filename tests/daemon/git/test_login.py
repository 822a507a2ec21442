"""The service's own login reaches the forge it belongs to, over a real smart-HTTP server, and nothing else."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from company.errors import GitError
from daemon.git import login
from daemon.git.clone import open_clone
from daemon.git.delivery import push, remote_commit, squash
from tests.whole_company import git

TOKEN = "ghp_of_the_service"


class SmartHttp(ThreadingHTTPServer):
    """git's own http-backend behind a door that takes one login."""

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.root, self.logins = root, list[str]()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Door(BaseHTTPRequestHandler):
    server: SmartHttp

    def _let_in(self) -> None:
        given = self.headers.get("Authorization", "")
        if given.startswith("Basic "):
            self.server.logins.append(base64.b64decode(given.removeprefix("Basic ")).decode())
        if f"x-access-token:{TOKEN}" not in self.server.logins[-1:]:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="shop"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._serve()

    def _serve(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        ran = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=True,
            env={
                "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.server.root), "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": address.path, "QUERY_STRING": address.query, "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""), "REMOTE_USER": "robot",
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            },
        )  # fmt: skip
        head, _, answer = ran.stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _let_in  # noqa: N815 - the names http.server looks for

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmartHttp]:
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / "a.txt").write_text("a\n")
    git(seed, "init", "-q", "-b", "main")
    git(seed, "add", "-A")
    git(seed, "commit", "-qm", "Begin")
    root = tmp_path / "served"
    root.mkdir()
    git(tmp_path, "clone", "-q", "--bare", str(seed), str(root / "shop.git"))
    door = SmartHttp(root)
    thread = threading.Thread(target=door.serve_forever)
    thread.start()
    yield door
    login.offer(door.origin, None)
    door.shutdown()
    door.server_close()
    thread.join()


def test_with_the_token_the_branch_is_fetched_and_pushed(server: SmartHttp, tmp_path: Path) -> None:
    login.offer(server.origin, TOKEN)
    clone = open_clone(f"{server.origin}/shop.git", tmp_path / "clones", name="shop")
    commit = squash(
        clone, "agent/job-1", base="main", tree_of="main", message="Work", name="a", email="a@b",
        at="2026-11-25T09:00:00.000Z",
    )  # fmt: skip
    push(clone, "agent/job-1", commit)
    assert remote_commit(clone, "agent/job-1") == commit
    assert set(server.logins) == {f"x-access-token:{TOKEN}"}
    written = [path for path in (tmp_path / "clones").rglob("*") if path.is_file()]
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]


def test_without_it_the_job_hears_that_it_may_not(server: SmartHttp, tmp_path: Path) -> None:
    with pytest.raises(GitError) as refused:
        open_clone(f"{server.origin}/shop.git", tmp_path / "clones", name="shop")
    assert refused.value.code == "not_authorised"
    assert server.logins == []


def test_another_forge_never_sees_it(server: SmartHttp, tmp_path: Path) -> None:
    login.offer("https://github.com", TOKEN)
    try:
        with pytest.raises(GitError):
            open_clone(f"{server.origin}/shop.git", tmp_path / "clones", name="shop")
    finally:
        login.offer("https://github.com", None)
    assert server.logins == []
