"""A company folder, a terminal to give commands in, and a systemd to install into."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from company.clock import SystemClock
from company.config import load_config
from company.orders.office import Actor, Office, Role
from company.store.opening import open_store
from company.store.seeding import seed
from daemon.cli.main import main
from daemon.cli.making import make_company
from tests.checkout import CHECKOUT, MACHINE

SYSTEMCTL = CHECKOUT / "tests" / "daemon" / "service" / "systemctl.py"


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """What ``--json`` printed."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a company as ``init`` makes it, with its time zone set; commands are given in it."""
    folder = tmp_path / "company"
    config = make_company(folder)
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('time_zone: ""', "time_zone: Europe/Berlin", 1), encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def office(company: Path) -> Iterator[Office]:
    """The same company as the service has it open."""
    config = load_config(company / "config.yaml", {})
    clock = SystemClock()
    store = open_store("", sqlite_path=config.folders.state / "agent-service.db", clock=clock)
    with store.transaction() as tx:
        seed(tx, config)
    yield Office(store, config, clock)
    store.close()


@pytest.fixture
def folder_actor() -> Actor:
    return Actor("priorities", Role.OPERATOR, "file")


@pytest.fixture
def run(company: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a command as the installed program would take it, in this process."""

    def give(*arguments: object) -> Ran:
        capsys.readouterr()
        environment = dict(os.environ)
        code = main([str(one) for one in arguments])
        os.environ.clear()  # a command takes the company's service.env into its process, which is ours
        os.environ.update(environment)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return give


class Systemd:
    """What the stand-in was told, and what it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def book(self) -> dict[str, Any]:
        path = self.folder / "book.json"
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"enabled": [], "pids": {}}
        return known

    @property
    def units(self) -> list[Path]:
        return sorted((self.folder / "config" / "systemd" / "user").glob("*.service"))


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    folder = tmp_path / "systemd"
    (folder / "bin").mkdir(parents=True)
    for name in ("systemctl", "loginctl"):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {SYSTEMCTL} {folder} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{MACHINE['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    found = Systemd(folder)
    yield found
    for pid in found.book["pids"].values():
        if pid is not None and Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)
