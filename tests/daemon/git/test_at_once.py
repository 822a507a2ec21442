"""Many jobs on one repository at the same moment, in threads and in processes: none fails, none gets another's work."""

import json
from pathlib import Path

import pytest

from tests.daemon.git.one_job import crowd, start
from tests.daemon.git.repositories import Place, naive_git, tree_hash


def assert_each_has_its_own(outcomes: list[dict[str, object]], count: int) -> None:
    assert [outcome["failed"] for outcome in outcomes if "failed" in outcome] == []
    assert len({outcome["delivered"] for outcome in outcomes}) == count
    for outcome in outcomes:
        assert len({str(name).rpartition("-")[0] for name in outcome["files"]}) == 1  # type: ignore[attr-defined]
        assert (outcome["commits_of_agents"], list(outcome["left_over"])) == (2, [])  # type: ignore[call-overload]


def test_twenty_threads_from_nothing(place: Place, checkout: Path) -> None:
    before = tree_hash(checkout)
    outcomes = crowd(checkout, place.state, 1, 20)
    assert_each_has_its_own(outcomes, 20)
    branches = naive_git(place.state / "remotes" / "app.git", "branch", "--format=%(refname:short)").split()
    assert branches == sorted(f"agent/job-{number}" for number in range(1, 21))
    assert tree_hash(checkout) == before


def test_three_processes_with_seven_threads_each_from_nothing(place: Place, checkout: Path) -> None:
    processes = [start("crowd", checkout, place.state, first, 7) for first in (1, 8, 15)]
    outcomes = []
    for process in processes:
        said, complained = process.communicate(timeout=60)
        assert process.returncode == 0, complained
        outcomes += json.loads(said)
    assert_each_has_its_own(outcomes, 21)
    naive_git(next((place.state / "clones").glob("*.git")), "fsck", "--strict")


@pytest.mark.slow
def test_a_hundred_jobs_at_once(place: Place, checkout: Path) -> None:
    assert_each_has_its_own(crowd(checkout, place.state, 1, 100), 100)
