"""Installing: what is refused before anything is changed, and the whole way through launchd."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from company.config import Config, load_config
from company.errors import OrderRefused
from daemon.cli.making import make_company
from daemon.service import installing
from daemon.service.launchd_supervisor import Launchd
from daemon.service.record import SUBCOMMANDS, Scope
from daemon.service.systemd_supervisor import Systemd
from tests.checkout import MACHINE
from tests.conftest import Eventually

FOLDER = Path(__file__).parent


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = make_company(tmp_path / "company")
    for name in ("logs", "priorities"):
        (path.parent / name).mkdir(exist_ok=True)
    return load_config(path, {})


class Manager:
    """The stand-ins for systemctl, loginctl and launchctl, and what they wrote down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def known(self, book: str) -> dict[str, Any]:
        path = self.folder / book
        facts: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"pids": {}, "calls": []}
        return facts


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    folder = tmp_path / "manager"
    (folder / "bin").mkdir(parents=True)
    for name, double in {"systemctl": "systemctl", "loginctl": "systemctl", "launchctl": "launchctl"}.items():
        path = folder / "bin" / name
        path.write_text(f'#!/bin/sh\nexec {sys.executable} {FOLDER / f"{double}.py"} {folder} "$@"\n')
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{MACHINE['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    found = Manager(folder)
    yield found
    for book in ("book.json", "launchd.json"):
        for pid in found.known(book)["pids"].values():
            if pid is not None and Path(f"/proc/{pid}").exists():
                os.kill(pid, signal.SIGKILL)


def started(manager: Manager) -> list[list[str]]:
    verbs = ("restart", "enable", "enable-linger")
    return [call for call in manager.known("book.json")["calls"] if set(verbs) & set(call)]


@pytest.mark.parametrize("program", SUBCOMMANDS)
def test_each_program_of_the_company_has_a_service_of_its_own(
    program: str, config: Config, manager: Manager
) -> None:
    plan = installing.plan(config, {"PATH": MACHINE["PATH"]}, Systemd(Scope.USER), program)
    assert plan.record.name.startswith(f"agent-service-{program}-company-")
    assert plan.record.argv[:4] == (sys.executable, "-P", "-m", "daemon.cli.main")
    assert plan.record.argv[4:] == ("--config", str(config.path), *SUBCOMMANDS[program])
    assert not plan.path.exists()


def test_nothing_is_changed_while_another_daemon_works_in_the_folder(
    config: Config, manager: Manager
) -> None:
    supervisor = Systemd(Scope.USER)
    plan = installing.plan(config, dict(os.environ), supervisor, "daemon")
    with pytest.raises(OrderRefused, match="outside the service") as refused:
        installing.install(plan, supervisor, force=False, busy_pid=os.getpid())
    assert "its jobs go on" in refused.value.mend
    assert (plan.path.exists(), started(manager)) == (False, [])


@pytest.mark.parametrize("text", ["", "[Service]\nExecStart=/bin/true\n"])
def test_a_file_that_somebody_else_made_is_left_alone(text: str, config: Config, manager: Manager) -> None:
    supervisor = Systemd(Scope.USER)
    plan = installing.plan(config, dict(os.environ), supervisor, "daemon")
    plan.path.parent.mkdir(parents=True)
    plan.path.write_text(text)
    with pytest.raises(OrderRefused, match="not made by agent-service"):
        installing.install(plan, supervisor, force=False)
    assert (plan.path.read_text(), started(manager)) == (text, [])


def test_a_masked_unit_is_left_alone(config: Config, manager: Manager) -> None:
    supervisor = Systemd(Scope.USER)
    plan = installing.plan(config, dict(os.environ), supervisor, "daemon")
    plan.path.parent.mkdir(parents=True)
    plan.path.symlink_to("/dev/null")
    with pytest.raises(OrderRefused):
        installing.install(plan, supervisor, force=False)
    assert plan.path.is_symlink()


def test_a_service_of_the_system_is_installed_by_root_alone(
    config: Config, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = installing.plan(config, dict(os.environ), Systemd(Scope.SYSTEM), "daemon")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(OrderRefused, match="installed by root") as refused:
        installing.install(plan, Systemd(Scope.SYSTEM), force=False)
    assert refused.value.mend.startswith('sudo env "PATH=$PATH"')


def test_agents_of_another_user_need_a_service_of_the_system(config: Config, manager: Manager) -> None:
    config = config.model_copy(update={"work": config.work.model_copy(update={"agent_user": "nobody"})})
    with pytest.raises(OrderRefused, match="service of the system"):
        installing.plan(config, {}, Systemd(Scope.USER), "daemon")


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_launchd_takes_the_program_runs_it_starts_it_again_and_lets_it_go(
    config: Config, manager: Manager, eventually: Eventually
) -> None:
    supervisor = Launchd(Scope.USER)
    plan = installing.plan(config, dict(os.environ), supervisor, "daemon")
    lock = config.folders.state / "daemon.lock"

    def works() -> bool:
        pid = supervisor.state(plan.record.name).pid
        return pid is not None and lock.exists() and lock.read_text().startswith(f"{pid}\n")

    assert plan.path == Path(os.environ["HOME"]) / "Library/LaunchAgents" / f"{plan.record.name}.plist"
    assert installing.install(plan, supervisor, force=False).action == "installed"
    eventually(works, within_s=60)
    first = supervisor.state(plan.record.name)
    assert (first.activity, first.is_enabled) == ("active", True)

    assert installing.install(plan, supervisor, force=False).action == "unchanged"
    assert supervisor.state(plan.record.name).pid == first.pid

    supervisor.restart(plan.record.name)
    eventually(works, within_s=60)
    assert supervisor.state(plan.record.name).pid != first.pid

    plan.path.write_text(plan.text.replace("Interactive", "Background"))
    with pytest.raises(OrderRefused, match="edited since"):
        installing.install(plan, supervisor, force=False)
    assert installing.install(plan, supervisor, force=True).kept is not None
    eventually(works, within_s=60)

    assert installing.uninstall(config, supervisor, "daemon") is None
    assert not plan.path.exists()
    assert supervisor.state(plan.record.name).activity == "inactive"
    assert manager.known("launchd.json")["loaded"] == {}
