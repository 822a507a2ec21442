"""What a job waits for, found by its id or by the name of the file it came as."""

import pytest

from company.store import dependencies, sessions, teams
from company.store.gate import Store
from company.work.job import JobStatus
from tests.conftest import SettableClock


@pytest.fixture
def team(store: Store) -> str:
    with store.transaction() as tx:
        teams.insert_new(tx, {"id": "team-a", "name": "A", "domain": "a"})
    return "team-a"


def add(store: Store, team: str, number: int, name: str) -> str:
    job_id = f"job-1795597200000-{number:07d}"
    with store.transaction() as tx:
        sessions.insert_pending(
            tx,
            {
                "id": job_id,
                "team_id": team,
                "title": name,
                "priority_file": f"{name}.{job_id}.md",
                "priority_text": "x",
                "start_key": job_id,
                "requested_by": "ana",
            },
        )
    return job_id


def test_a_job_is_meant_by_its_id_or_by_its_file(store: Store, team: str) -> None:
    first, second = add(store, team, 1, "add-login"), add(store, team, 2, "add-logout")
    with store.transaction() as tx:
        sessions.move(tx, second, JobStatus.STOPPED)

    with store.reading() as tx:
        found = dependencies.find(
            tx, [first, "add-login.md", "add-logout", "missing.md", "job-1795597200000-zzzzzzz"]
        )

    assert found == {
        first: (first, JobStatus.PENDING),
        "add-login.md": (first, JobStatus.PENDING),
        "add-logout": (second, JobStatus.STOPPED),
    }


def test_of_several_jobs_with_one_file_name_the_newest_is_meant(
    store: Store, team: str, clock: SettableClock
) -> None:
    add(store, team, 9, "report")
    clock.advance(seconds=1)
    newest = add(store, team, 1, "report")

    with store.reading() as tx:
        assert dependencies.find(tx, ["report.md"])["report.md"][0] == newest


@pytest.mark.parametrize("name", ["%", "add_login.md", "add-logi", "", "ADD-LOGIN.md"])
def test_nothing_in_a_name_is_a_wildcard(store: Store, team: str, name: str) -> None:
    add(store, team, 1, "add-login")

    with store.reading() as tx:
        assert dependencies.find(tx, [name]) == {}
