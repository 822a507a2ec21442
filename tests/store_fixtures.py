"""Stores for tests: a fresh one each, on SQLite, or on a real PostgreSQL with AGENT_SERVICE_TEST_DATABASE=postgresql.

The server is started once a session and its databases are copies of a template that has the schema. Without its
programs the tests that need it are skipped by name; where ``CI`` is set, they fail.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from company.clock import Clock, SystemClock
from company.store.gate import Store
from company.store.opening import open_store
from tests.postgresql_server import PostgresqlServer, find_programs

# Read when the suite starts: a fixture empties the environment for each test.
IS_ON_POSTGRESQL = os.environ.get("AGENT_SERVICE_TEST_DATABASE") == "postgresql"
_IS_CI = bool(os.environ.get("CI"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    programs = find_programs()
    if programs is None:
        missing = "PostgreSQL's server programs (initdb, pg_ctl) are not installed"
        if _IS_CI:
            pytest.fail(missing)
        pytest.skip(missing)
    server = PostgresqlServer(programs)
    try:
        name = server.new_database()
        open_store(server.url(name), sqlite_path=None, clock=SystemClock()).close()
        server.template = name
        yield server
    finally:
        server.remove()


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database that has the schema."""
    name = postgresql_server.new_database()
    yield postgresql_server.url(name)
    postgresql_server.administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """What config.yaml's ``database.url`` is for this run of the suite: '' is SQLite."""
    return str(request.getfixturevalue("postgresql_url")) if IS_ON_POSTGRESQL else ""


@pytest.fixture
def store(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = open_store(database_url, sqlite_path=tmp_path / "agent-service.db", clock=clock)
    yield opened
    opened.close()
