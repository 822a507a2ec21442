"""A database that is locked for seconds, or restarts in the middle of a job, costs time and nothing else."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.page_job import describe, outcome
from tests.postgresql_server import PostgresqlServer, find_programs
from tests.whole_company import Company, Start

AWAY_S = 4.0
MOMENTS = (("prepare", "before"), ("agent-backend 1", "before"), ("verify 1", "after"), ("deliver", "before"))


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    return {}


@pytest.fixture
def server(postgresql_server: PostgresqlServer) -> Iterator[PostgresqlServer]:
    """A server of the test's own, which may be stopped."""
    programs = find_programs()
    assert programs is not None, "the shared server runs by them"
    own = PostgresqlServer(programs, keeps_commits=True)
    yield own
    own.remove()


class Trouble:
    """Begins at chosen moments of a job and ends by itself ``AWAY_S`` later."""

    def __init__(
        self, begin: Callable[[], Callable[[], None]], moments: Iterable[tuple[str, str]] = MOMENTS
    ) -> None:
        self._begin, self._ends = begin, list[threading.Thread]()
        self.left = set(moments)

    def hook(self, _job_id: str, step: str, moment: str) -> None:
        if (step, moment) not in self.left:
            return
        self.left.discard((step, moment))  # a story that is told on comes by here again
        end = self._begin()
        waiting = threading.Thread(target=lambda: (threading.Event().wait(AWAY_S), end()))
        waiting.start()
        self._ends.append(waiting)

    def over(self) -> None:
        for one in self._ends:
            one.join()


def lock(database: Path) -> Callable[[], Callable[[], None]]:
    """Return what takes the write lock of ``database`` as another program would, and gives it back."""

    def begin() -> Callable[[], None]:
        connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute("BEGIN IMMEDIATE")

        def end() -> None:
            connection.rollback()
            connection.close()

        return end

    return begin


def check(
    company: Company, finish: Start, undisturbed: dict[str, Any], trouble: Trouble, *, kind: str
) -> None:
    bare = describe(company)
    running = finish(within_s=150, on_step=trouble.hook)
    trouble.over()
    assert not trouble.left
    after = outcome(company, running, bare)
    assert after == undisturbed.setdefault(kind, after)
    assert after["rewards"].count(("task", "completed", 10.0)) == 7
    assert after["commits"] == "1"


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.parametrize("database", ["agent-service.db", "engine.db"])
def test_a_locked_database_is_waited_for(
    company: Company, finish: Start, undisturbed: dict[str, Any], database: str
) -> None:
    trouble = Trouble(lock(company.root / ".compound-state" / database))
    check(company, finish, undisturbed, trouble, kind="sqlite")


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.timeout(300)
def test_a_postgresql_that_restarts_in_the_middle_of_a_job_is_waited_for(
    company: Company, finish: Start, undisturbed: dict[str, Any], server: PostgresqlServer
) -> None:
    company.configure(database={"url": server.url(server.new_database())})

    def restart() -> Callable[[], None]:
        server.stop()
        return server.start

    # One moment: the engine lets go of the story then, and the watchdog takes it up again within a minute.
    trouble = Trouble(restart, moments=[("agent-backend 1", "before")])
    check(company, finish, undisturbed, trouble, kind="postgresql")
