"""git's own smart-HTTP server behind a door that takes one login: a forge as git sees it."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.whole_company import git

TOKEN = "ghp_of_the_service"


class SmartHttp(ThreadingHTTPServer):
    """git's own http-backend behind a door that takes one login."""

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.root, self.logins = root, list[str]()
        self.is_open_to_readers = False

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Door(BaseHTTPRequestHandler):
    server: SmartHttp

    def _let_in(self) -> None:
        given = self.headers.get("Authorization", "")
        if given.startswith("Basic "):
            self.server.logins.append(base64.b64decode(given.removeprefix("Basic ")).decode())
        reads = self.server.is_open_to_readers and "receive-pack" not in self.path
        if not reads and f"x-access-token:{TOKEN}" not in self.server.logins[-1:]:
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


@contextmanager
def smart_http(folder: Path) -> Iterator[SmartHttp]:
    """Serve one repository, shop.git, with a branch main, until the block ends."""
    seed = folder / "seed"
    seed.mkdir()
    (seed / "a.txt").write_text("a\n")
    git(seed, "init", "-q", "-b", "main")
    git(seed, "add", "-A")
    git(seed, "commit", "-qm", "Begin")
    root = folder / "served"
    root.mkdir()
    git(folder, "clone", "-q", "--bare", str(seed), str(root / "shop.git"))
    door = SmartHttp(root)
    thread = threading.Thread(target=door.serve_forever)
    thread.start()
    try:
        yield door
    finally:
        door.shutdown()
        door.server_close()
        thread.join()
