"""A company with an inbox, on a real folder and a real store."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from company.clock import Clock
from company.config import Config, load_config, shipped
from company.orders.office import Office
from company.store import sessions
from company.store.gate import Store
from company.store.seeding import seed
from company.store.sessions import Session
from daemon.intake.inbox import Inbox
from daemon.intake.watcher import Watcher


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The shipped configuration, in a folder of the test's own."""
    root = tmp_path / "company"
    root.mkdir()
    shutil.copy(shipped("config.yaml"), root / "config.yaml")
    return load_config(root / "config.yaml", {})


@pytest.fixture
def office(store: Store, config: Config, clock: Clock) -> Office:
    with store.transaction() as tx:
        seed(tx, config)
    return Office(store, config, clock)


@pytest.fixture
def inbox(office: Office) -> Inbox:
    made = Inbox(lambda: office)
    made.lay_out()
    return made


@pytest.fixture
def all_sessions(store: Store) -> Callable[[], list[Session]]:
    """Every job there is, oldest first."""

    def read() -> list[Session]:
        with store.reading() as tx:
            return sessions.list_sessions(tx, limit=10_000)[::-1]

    return read


Watching = Callable[..., Watcher]


@pytest.fixture
def watching(office: Office, inbox: Inbox) -> Iterator[Watching]:
    """Start watchers with other settings than the shipped ones; they are stopped after the test."""
    started: list[Watcher] = []

    def start(settle_s: float = 0.5, rescan_s: float = 60.0, **more: object) -> Watcher:
        intake = office.config.intake.model_copy(update={"settle_s": settle_s, "rescan_s": rescan_s})
        settings = office.config.model_copy(update={"intake": intake})
        watcher = Watcher(
            lambda: Office(office.store, settings, office.clock),
            inbox,
            lambda: None,
            **more,  # type: ignore[arg-type]  # the caller's keywords are Watcher's
        )
        started.append(watcher)
        watcher.start()
        assert watcher.wait_until_quiet(10)
        return watcher

    yield start
    for watcher in started:
        watcher.stop()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under ``folder``, but the notes of rejection, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.name.endswith(".reason.md")
    }
