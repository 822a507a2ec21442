"""kill -9 at any moment of a job's use of git; the same calls again end as if nothing had been."""

import json
from pathlib import Path

import pytest

from tests.daemon.git.one_job import start
from tests.daemon.git.repositories import Place, tree_hash


@pytest.mark.timeout(400)
@pytest.mark.parametrize("every", [23, pytest.param(1, marks=pytest.mark.slow)])
def test_a_job_killed_and_run_again_ends_as_an_undisturbed_one(
    place: Place, checkout: Path, every: int
) -> None:
    before = tree_hash(checkout)
    process = start("crash", checkout, place.state, every)
    said, complained = process.communicate(timeout=380)
    assert process.returncode == 0, complained
    moments, *outcomes = json.loads(said)
    assert moments["moments"] > 80
    assert len(outcomes) == -(-moments["moments"] // every)
    assert [outcome["at"] for outcome in outcomes if not outcome["killed"]] == []
    assert [outcome for outcome in outcomes if "failed" in outcome] == []
    assert len({outcome["delivered"] for outcome in outcomes}) == 1
    assert {outcome["commits_of_agents"] for outcome in outcomes} == {2}
    assert [outcome for outcome in outcomes if outcome["left_over"]] == []
    assert tree_hash(checkout) == before
