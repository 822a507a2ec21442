"""A PostgreSQL server of the tests' own: made, started and removed here, on a socket in its own folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg

_PREFIX = "agent-service-pg-"
_STARTED_BY = "started_by"  # file with the id of the process that removes the server
_STOP = ("stop", "--pgdata=data", "--mode=immediate", "--wait")

#: a server that forgets on a crash is fine here, and much faster
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


def find_programs() -> Path | None:
    """Return the folder with initdb and pg_ctl: the newest version's, or where PATH says; None: not installed."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found and shutil.which("pg_ctl") else None


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def _memory() -> Path | None:
    """Return a folder in memory, where copying a database takes 40 ms instead of 250; None: there is no room."""
    folder = Path("/dev/shm")
    has_room = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2**30
    return folder if has_room else None


class PostgresqlServer:
    """One running server. ``template`` is a database that ``new_database`` copies.

    ``keeps_commits``: what was committed is there after a crash, as on every server that people use.
    """

    def __init__(self, programs: Path, *, keeps_commits: bool = False) -> None:
        self._settings = _SETTINGS | ({"synchronous_commit": "on"} if keeps_commits else {})
        _remove_orphans(programs)
        self._programs = programs
        # A short path: a socket's has 107 bytes at most.
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_memory()))
        (self._folder / _STARTED_BY).write_text(str(os.getpid()))
        self._owner = _unprivileged()
        if self._owner is not None:
            shutil.chown(self._folder, self._owner, self._owner)
        self.template: str | None = None
        self._run(
            "initdb", "--pgdata=data", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"
        )
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {**self._settings, "unix_socket_directories": str(self._folder)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._run("pg_ctl", "start", "--pgdata=data", "--wait", "--log=log", "--options", options)

    def stop(self) -> None:
        """Stop it at once: its clients find themselves cut off."""
        self._run("pg_ctl", *_STOP)

    def remove(self) -> None:
        """Stop it and remove what it kept."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return how to reach one of its databases."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """Make a database, a copy of the template where there is one; return its name."""
        name = f"test_{uuid.uuid4().hex}"
        self.administer(f"CREATE DATABASE {name}" + (f" TEMPLATE {self.template}" if self.template else ""))
        return name

    def administer(self, statement: str) -> None:
        """Run a statement as the server's owner."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        if _run(self._programs / program, arguments, self._folder, self._owner):
            raise RuntimeError((self._folder / f"{program}.out").read_text(errors="replace"))


def _run(program: Path, arguments: Sequence[str], folder: Path, owner: str | None) -> int:
    # A file, not a pipe: the server inherits it, and a pipe would never come to its end.
    with (folder / f"{program.name}.out").open("wb") as output:
        return subprocess.run(
            [program, *arguments],
            cwd=folder,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            user=owner,
            group=owner,
            extra_groups=[] if owner else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def _unprivileged() -> str | None:
    """Return whom to run as when we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    return next(name for name in ("postgres", "nobody") if name in {one.pw_name for one in pwd.getpwall()})


def _remove_orphans(programs: Path) -> None:
    """Remove servers whose suite was killed before it could do so itself."""
    for folder in Path(_memory() or tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        started_by = folder / _STARTED_BY
        if started_by.is_file() and not psutil.pid_exists(int(started_by.read_text())):
            _run(programs / "pg_ctl", _STOP, folder, _unprivileged())
            shutil.rmtree(folder, ignore_errors=True)
