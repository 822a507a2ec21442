"""The ``store`` fixture: a fresh store of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from company.clock import Clock
from company.store.gate import Store
from company.store.opening import open_store


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = open_store("", sqlite_path=tmp_path / "agent-service.db", clock=clock)
    yield opened
    opened.close()
