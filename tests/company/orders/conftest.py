"""A seeded company to give orders in, and people to give them."""

import shutil
from pathlib import Path

import pytest

from company.clock import Clock
from company.config import Config, load_config, shipped
from company.orders.office import Actor, Office, Role
from company.store.gate import Store
from company.store.seeding import seed


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
def ana() -> Actor:
    """The CEO, in Slack."""
    return Actor("U-ANA", Role.CEO, "slack")


@pytest.fixture
def otto() -> Actor:
    """An operator, over HTTP."""
    return Actor("U-OTTO", Role.OPERATOR, "http")


@pytest.fixture
def vera() -> Actor:
    """Who only looks."""
    return Actor("U-VERA", Role.VIEWER, "slack")


@pytest.fixture
def folder() -> Actor:
    """The folder ``priorities/``."""
    return Actor("priorities", Role.OPERATOR, "file")
