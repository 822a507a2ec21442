"""What the store's tests build on: stores on both databases, and the few rows everything refers to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from company.clock import Clock
from company.store import agents, sessions, tasks, teams
from company.store.gate import Store, Transaction
from company.store.opening import open_store

Opener = Callable[[], Store]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database: each test that asks runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'agent-service.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def empty_url(any_url: str, clock: Clock) -> str:
    """A database that has nothing in it yet."""
    if any_url.startswith("postgresql"):
        store = open_store(any_url, sqlite_path=None, clock=clock)
        with store.transaction() as tx:
            tx.execute("DROP SCHEMA app CASCADE")
        store.close()
    return any_url


@pytest.fixture
def open_any(any_url: str, clock: Clock) -> Iterator[Opener]:
    """Open the database of ``any_url`` once more; all are closed at the end."""
    opened: list[Store] = []

    def open_one_more() -> Store:
        opened.append(open_store(any_url, sqlite_path=None, clock=clock, busy_timeout_ms=5000))
        return opened[-1]

    yield open_one_more
    for one in opened:
        one.close()


@pytest.fixture
def any_store(open_any: Opener) -> Store:
    return open_any()


class Rows:
    """Writes rows with what a test does not care about filled in."""

    def team(self, tx: Transaction, team_id: str = "team-x", domain: str = "engineering") -> None:
        teams.insert_new(tx, {"id": team_id, "name": team_id.title(), "domain": domain})

    def agent(self, tx: Transaction, agent_id: str = "agent-a", **columns: object) -> None:
        row = {"id": agent_id, "team_id": "team-x", "name": agent_id, "role": "r", "llm_preference": "none"}
        agents.insert_new(tx, {**row, **columns})

    def session(self, tx: Transaction, session_id: str = "job-1", **columns: object) -> bool:
        row = {
            "id": session_id,
            "team_id": "team-x",
            "title": "a title",
            "priority_file": f"{session_id}.md",
            "priority_text": "# a title",
            "start_key": f"key:{session_id}",
            "requested_by": "U1",
        }
        return sessions.insert_pending(tx, {**row, **columns})

    def task(
        self,
        tx: Transaction,
        task_id: str,
        session_id: str = "job-1",
        agent_id: str = "agent-a",
        retry: int = 0,
    ) -> None:
        row = {"id": task_id, "session_id": session_id, "agent_id": agent_id, "task_description": "do it"}
        tasks.insert(tx, {**row, "retry_count": retry})

    def company(self, tx: Transaction) -> None:
        """One team, one agent, one pending job."""
        self.team(tx)
        self.agent(tx)
        self.session(tx)


@pytest.fixture
def rows() -> Rows:
    return Rows()
