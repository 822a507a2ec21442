"""Rewards, metrics, usage, commands, lessons, the audit: rows that are added, summed and listed."""

import pytest

from company.errors import ConstraintViolated, NotFound
from company.store import audit, commands, lessons, metrics, rewards, sessions, usage
from company.store.gate import Store
from tests.company.store.conftest import Rows
from tests.conftest import SettableClock

COMMAND = {"command_text": "write it", "normalized_intent": "write", "surface": "slack", "user_id": "U1"}


def test_a_cause_is_paid_once(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        rows.task(tx, "task-1")
        assert rewards.issue(tx, "task", "task-1", "completed", 10, "green")
        assert not rewards.issue(tx, "task", "task-1", "completed", 10, "green")
        assert rewards.issue(tx, "session", "job-1", "merged", 25, "merged")
        assert rewards.issue(tx, "agent", "agent-a", "gift", 1, "because")
        (paid,) = rewards.of_entity(tx, "task", "task-1")
        assert (paid.reward_value, paid.reason, paid.issued_at) == (10.0, "green", tx.now_iso)
        both = [("task", "task-1"), ("session", "job-1"), ("task", "task-1"), ("task", "task-9")]
        assert rewards.total(tx, both) == 35.0
        assert rewards.total_between(tx, tx.now_iso, "9") == 36.0
        assert rewards.total_between(tx, "", tx.now_iso) == 0.0
        assert rewards.points_by_agent(tx) == {"agent-a": 11.0}


def test_measurements_come_back_in_order_with_their_context(any_store: Store) -> None:
    with any_store.transaction() as tx:
        metrics.record(tx, "task", "task-1", "success", 1, {"agent_id": "agent-a"})
        metrics.record(tx, "task", "task-1", "seconds", 2.5)
        metrics.record(tx, "task", "task-2", "success", 0)
        assert [one.metric_value for one in metrics.of_entity(tx, "task", "task-1")] == [1.0, 2.5]
        (success,) = metrics.of_entity(tx, "task", "task-1", "success")
        assert success.context == {"agent_id": "agent-a"}


def test_a_call_of_a_model_costs_its_job(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        rows.task(tx, "task-1")
        call = {"task_id": "task-1", "model": "opus", "input_tokens": 10, "output_tokens": 5}
        usage.record(tx, {**call, "cost_usd": 0.25, "duration_ms": 100})
        usage.record(tx, {**call, "cost_usd": 0.5, "is_estimate": True})
        usage.record(tx, {**call, "model": "haiku"})
        assert sessions.get(tx, "job-1").cost_usd == 0.75
        assert [one.is_estimate for one in usage.of_task(tx, "task-1")] == [False, True, False]
        assert usage.cost_between(tx, tx.now_iso, "9") == 0.75
        assert usage.cost_between(tx, "", tx.now_iso) == 0.0
        assert usage.cost_by_agent(tx) == {"agent-a": 0.75}
        opus, haiku = usage.by_model(tx)
        assert opus == usage.ModelTotal(
            model="opus", calls=2, input_tokens=20, output_tokens=10, cost_usd=0.75, duration_ms=100
        )
        assert isinstance(opus.input_tokens, int)
        assert haiku.model == "haiku"
        assert usage.by_model(tx, since="9") == []


def test_a_delivery_is_one_command(any_store: Store, rows: Rows) -> None:
    with any_store.transaction() as tx:
        rows.company(tx)
        first = commands.record(tx, {**COMMAND, "delivery_id": "D1"})
        assert first is not None
        assert commands.record(tx, {**COMMAND, "delivery_id": "D1"}) is None
        second = commands.record(tx, COMMAND)
        assert second is not None
        assert second > first
        assert commands.annotate(tx, first, session_id="job-1")
        assert not commands.annotate(tx, 999, session_id="job-1")
        assert commands.get(tx, first).session_id == "job-1"
        assert [one.id for one in commands.newest(tx)] == [second, first]
        assert [one.id for one in commands.newest(tx, before_id=second)] == [first]
        seen = commands.since(tx, tx.now_iso)
        assert [(one.id, one.intent, one.text) for one in seen] == [
            (first, "write", "write it"),
            (second, "write", "write it"),
        ]
        assert commands.since(tx, "9") == []
        with pytest.raises(NotFound):
            commands.get(tx, 999)


def test_a_command_belongs_to_a_known_surface(store: Store) -> None:
    with pytest.raises(ConstraintViolated), store.transaction() as tx:
        commands.record(tx, {**COMMAND, "surface": "telepathy"})


def test_a_lesson_is_met_as_often_as_the_facts_say(any_store: Store, clock: SettableClock) -> None:
    lesson = {"category": "tests", "title": "run them", "description": "d", "source": "task-1"}
    with any_store.transaction() as tx:
        assert lessons.learn(tx, **lesson, times=2)
    clock.advance(seconds=1)
    with any_store.transaction() as tx:
        assert not lessons.learn(tx, **lesson, times=2)
        assert lessons.learn(tx, **{**lesson, "description": "more"}, times=3)
        assert not lessons.learn(tx, **lesson, times=1)
        assert lessons.learn(tx, **{**lesson, "title": "other"}, times=1)
        first, _ = lessons.list_lessons(tx)
        assert (first.times_encountered, first.description) == (3, "more")
        assert lessons.mark_automated(tx, first.id, "a check")
        assert not lessons.mark_automated(tx, first.id, "again")
        assert lessons.list_lessons(tx, limit=1)[0].automated_via == "a check"


def test_the_audit_is_read_by_entity_and_from_its_newest(any_store: Store) -> None:
    entry = {
        "actor_id": "U1",
        "actor_role": "ceo",
        "surface": "slack",
        "action": "job.stop",
        "entity_type": "session",
        "outcome": "done",
    }
    with any_store.transaction() as tx:
        for number in range(3):
            audit.write(tx, {**entry, "entity_id": f"job-{number}", "detail": {"n": number}})
        (first,) = audit.of_entity(tx, "session", "job-0")
        assert (first.detail, first.ordered_at) == ({"n": 0}, tx.now_iso)
        newest = audit.newest(tx, limit=2)
        assert [one.entity_id for one in newest] == ["job-2", "job-1"]
        assert [one.entity_id for one in audit.newest(tx, before_id=newest[-1].id)] == ["job-0"]
