"""Candidates for automation: counted by commands, decided once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from company.errors import NotFound
from company.store import agents, candidates
from company.store.gate import Store
from tests.company.store.conftest import Rows
from tests.conftest import SettableClock

ROW = {
    "pattern_description": "asked 3 times",
    "normalized_intent": "write blog",
    "occurrence_count": 3,
    "sample_commands": ["write a blog", "blog please"],
    "confidence_score": 0.8,
    "proposed_agent_name": "Blog Writer",
}


def test_an_intent_is_proposed_once_and_the_same_facts_change_nothing(
    any_store: Store, clock: SettableClock
) -> None:
    with any_store.transaction() as tx:
        assert candidates.propose(tx, ROW)
    clock.advance(seconds=5)
    with any_store.transaction() as tx:
        assert not candidates.propose(tx, {**ROW, "sample_commands": ("write a blog", "blog please")})
        assert tx.changed_rows == 0
        assert not candidates.propose(tx, {**ROW, "occurrence_count": 4, "proposed_agent_name": "Other"})
        found = candidates.find_by_intent(tx, "write blog")
    assert found is not None
    assert (found.occurrence_count, found.proposed_agent_name) == (4, "Blog Writer")
    assert found.updated_at == "2026-11-25T09:00:05.000Z"
    assert found.is_open


def test_of_eight_who_approve_one_hires(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.team(tx)
        candidates.propose(tx, ROW)
        (candidate,) = candidates.list_candidates(tx)

    def approve(person: int) -> bool:
        with any_store.transaction() as tx:
            rows.agent(tx, f"agent-{person}")
            won = candidates.approve(tx, candidate.id, agent_id=f"agent-{person}", by=f"U{person}")
            if not won:
                tx.delete("agents", {"id": f"agent-{person}"})
            return won

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(approve, range(8)))
    assert sorted(won) == [False] * 7 + [True]
    with any_store.reading() as looking:
        decided = candidates.get(looking, candidate.id)
        assert [one.id for one in agents.list_agents(looking)] == [f"agent-{won.index(True)}"]
    assert decided.agent_id == f"agent-{won.index(True)}"
    assert (decided.is_automated, decided.is_open) == (True, False)


def test_detection_resets_neither_an_approval_nor_a_dismissal(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        candidates.propose(tx, ROW)
        candidates.propose(tx, {**ROW, "normalized_intent": "other"})
        first, second = candidates.list_candidates(tx)
        assert candidates.approve(tx, first.id, agent_id="agent-a", by="U1")
        assert candidates.dismiss(tx, second.id, by="U1")
        assert not candidates.dismiss(tx, first.id, by="U2")
        assert not candidates.approve(tx, second.id, agent_id="agent-a", by="U2")
        before = [candidates.get(tx, one.id) for one in (first, second)]
        for intent in ("write blog", "other"):
            assert not candidates.propose(tx, {**ROW, "normalized_intent": intent, "occurrence_count": 9})
        assert [candidates.get(tx, one.id) for one in (first, second)] == before
        assert candidates.list_candidates(tx) == []
        assert len(candidates.list_candidates(tx, include_decided=True)) == 2
        assert candidates.find_by_intent(tx, "unknown") is None
        with pytest.raises(NotFound):
            candidates.get(tx, "auto-9")


def test_a_candidate_whose_time_is_over_is_not_listed(store: Store, clock: SettableClock) -> None:
    with store.transaction() as tx:
        candidates.propose(tx, {**ROW, "expires_at": "2026-11-25T09:00:10.000Z"})
        assert len(candidates.list_candidates(tx)) == 1
    clock.advance(seconds=10)
    with store.reading() as tx:
        assert candidates.list_candidates(tx) == []
