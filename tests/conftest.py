"""What every test may ask for: a clock that can be set, a store of its own, and a way to wait without sleeping."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest_plugins = [
    "tests.skips_fail",
    "tests.orphans",
    "tests.store_fixtures",
    "tests.whole_company",
    "tests.bot.slack_stand_in",
    "tests.bot.browser",
]


class SettableClock:
    """A clock that stands still until it is told to move. Safe to read from several threads."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def advance(self, **amount: float) -> None:
        """Move on by ``timedelta(**amount)``."""
        with self._lock:
            self._now += timedelta(**amount)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2026, 11, 25, 9, 0, tzinfo=UTC))


Eventually = Callable[..., None]


@pytest.fixture
def eventually() -> Eventually:
    """Wait until ``check()`` is true, looking often; fail after ``within_s``."""

    def wait(check: Callable[[], object], within_s: float = 10.0) -> None:
        deadline = time.monotonic() + within_s
        while not check():
            if time.monotonic() > deadline:
                pytest.fail(f"not true within {within_s} s: {check}")
            threading.Event().wait(0.01)

    return wait


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test an empty HOME and none of the git or service settings of whoever runs the suite."""
    import os

    for name in list(os.environ):
        if name.startswith(("GIT_", "AGENT_")):
            monkeypatch.delenv(name)
    home: Path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    return
