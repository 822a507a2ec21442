"""Agents: found by what people call them, fired and taken back, counted exactly."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from company.errors import NotFound
from company.store import agents
from company.store.gate import Store
from company.work.staff import Duty
from tests.company.store.conftest import Rows


def test_counters_are_what_counting_all_tasks_would_give(any_store: Store, rows: Rows) -> None:
    chance = random.Random(7)
    outcomes = [(chance.random() < 0.6, chance.uniform(0.1, 4000)) for _ in range(300)]
    with any_store.transaction() as tx:
        rows.company(tx)
        for completed, duration_s in outcomes:
            agents.count_outcome(tx, "agent-a", completed=completed, duration_s=duration_s)
        agent = agents.get(tx, "agent-a")
    count = sum(one for one, _ in outcomes)
    assert (agent.total_tasks_completed, agent.total_tasks_failed) == (count, 300 - count)
    assert agent.success_rate == count / 300
    assert agent.avg_duration_seconds == pytest.approx(sum(s for _, s in outcomes) / 300, rel=1e-12)


def test_settlements_at_once_lose_no_count(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)

    def settle(number: int) -> None:
        with any_store.transaction() as tx:
            agents.count_outcome(tx, "agent-a", completed=number % 4 > 0, duration_s=60)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(settle, range(80)))
    with any_store.reading() as looking:
        agent = agents.get(looking, "agent-a")
    assert (agent.total_tasks_completed, agent.total_tasks_failed, agent.success_rate) == (60, 20, 0.75)
    assert agent.avg_duration_seconds == 60.0


def test_counting_for_nobody_is_refused(store: Store) -> None:
    with store.transaction() as tx, pytest.raises(NotFound):
        agents.count_outcome(tx, "agent-x", completed=True, duration_s=1)


def test_an_agent_is_read_as_it_was_written(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.team(tx)
        rows.agent(
            tx, duty=Duty.REVIEW, command=["sed", "s/a/b/"], keywords=("db",), works_after=("agent-b",)
        )
        agent = agents.get(tx, "agent-a")
        assert (agent.duty, agent.command) == (Duty.REVIEW, ("sed", "s/a/b/"))
        assert (agent.keywords, agent.works_after, agent.is_active) == (("db",), ("agent-b",), True)
        rows.agent(tx, "agent-b")
        assert agents.get(tx, "agent-b").command is None


def test_firing_and_rehiring_happen_once_each(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        agents.count_outcome(tx, "agent-a", completed=True, duration_s=1)
        assert agents.fire(tx, "agent-a", "U1")
        assert not agents.fire(tx, "agent-a", "U2")
        assert agents.list_agents(tx) == []
        (fired,) = agents.list_agents(tx, include_inactive=True)
        assert (fired.fired_by, fired.fired_at) == ("U1", tx.now_iso)
        assert not agents.insert_new(
            tx, {"id": "agent-a", "team_id": "team-x", "name": "a", "role": "", "llm_preference": "none"}
        )
        assert agents.rehire(tx, "agent-a", "U3")
        assert not agents.rehire(tx, "agent-a", "U3")
        back = agents.get(tx, "agent-a")
        assert (back.is_active, back.fired_by, back.fired_at, back.hired_by) == (True, None, None, "U3")
        assert back.total_tasks_completed == 1


def test_people_call_an_agent_by_id_short_id_or_name(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.team(tx)
        rows.agent(tx, "agent-backend", name="Backend")
        rows.agent(tx, "agent-old", name="Writer", is_active=0)
        rows.agent(tx, "agent-writer-2", name="Writer")
        for words, agent_id in (
            ("agent-backend", "agent-backend"),
            (" BACKEND ", "agent-backend"),
            ("writer", "agent-writer-2"),
            ("old", "agent-old"),
        ):
            found = agents.find(tx, words)
            assert found is not None
            assert found.id == agent_id
        assert agents.find(tx, "nobody") is None


def test_agents_are_listed_by_domain_and_name(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.team(tx, "team-m", "marketing")
        rows.team(tx, "team-e", "engineering")
        rows.agent(tx, "agent-1", team_id="team-m", name="A")
        rows.agent(tx, "agent-2", team_id="team-e", name="Z")
        rows.agent(tx, "agent-3", team_id="team-e", name="B")
        assert [one.id for one in agents.list_agents(tx)] == ["agent-3", "agent-2", "agent-1"]
        assert [one.id for one in agents.list_agents(tx, domain="marketing")] == ["agent-1"]
        assert agents.edit(tx, "agent-1", name="C")
        assert not agents.edit(tx, "agent-9", name="C")
