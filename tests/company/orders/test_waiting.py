"""Decisions that wait are brought up again, escalate, and end; "not now" comes back; two people where configured."""

from dataclasses import replace
from typing import Any

import pytest

from company.errors import OrderRefused
from company.orders import patterns, proposals, waiting
from company.orders.office import Actor, Office
from company.orders.telling import ask
from company.store import candidates, outbox, questions, sessions
from tests.conftest import SettableClock

INTENT = "write blog"


@pytest.fixture
def proposed(office: Office) -> str:
    with office.store.transaction() as tx:
        candidates.propose(
            tx,
            {
                "normalized_intent": INTENT,
                "pattern_description": "asked for 3 times",
                "occurrence_count": 3,
                "sample_commands": ["write a blog post"],
                "confidence_score": 0.9,
                "proposed_agent_name": "Blog Writer",
            },
        )
        found = candidates.find_by_intent(tx, INTENT)
        assert found is not None
        return found.id


def told(office: Office, subject: str, kind: str) -> list[dict[str, Any]]:
    with office.store.reading() as tx:
        return [dict(word.payload) for word in outbox.of_subject(tx, subject, kind)]


def with_decisions(office: Office, **changes: Any) -> Office:
    decisions = office.config.decisions.model_copy(update=changes)
    return replace(office, config=office.config.model_copy(update={"decisions": decisions}))


def test_a_proposal_is_chased_escalates_and_closes_each_once(
    office: Office, clock: SettableClock, proposed: str
) -> None:
    ceo = with_decisions(office)
    ceo = replace(
        ceo,
        config=ceo.config.model_copy(
            update={"roles": ceo.config.roles.model_copy(update={"ceo": ("U0ADA",)})}
        ),
    )
    assert waiting.chase(ceo) == 0
    seen = []
    for hours in (24, 1, 48, 1, 264, 1, 100):
        clock.advance(hours=hours)
        seen.append(waiting.chase(ceo))
    assert seen == [1, 0, 1, 0, 1, 0, 0]
    assert [one["whom"] for one in told(ceo, proposed, "reminder")] == [[], ["U0ADA"]]
    assert told(ceo, proposed, "proposal")[-1]["decision"] == "expired"
    with ceo.store.reading() as tx:
        assert candidates.list_candidates(tx) == []


def test_what_nobody_decides_can_be_put_aside_for_good(
    office: Office, clock: SettableClock, proposed: str
) -> None:
    strict = with_decisions(office, if_expired="dismiss")
    clock.advance(hours=337)
    assert waiting.chase(strict) == 1
    assert waiting.chase(strict) == 0
    with office.store.reading() as tx:
        assert candidates.get(tx, proposed).dismissed_by == waiting.BY_ITSELF


def test_not_now_comes_back(office: Office, clock: SettableClock, ana: Actor, proposed: str) -> None:
    put_off = proposals.snooze(office, ana, proposed)
    assert put_off.is_new
    assert not proposals.snooze(office, ana, proposed).is_new
    assert told(office, proposed, "proposal")[-1]["decision"] == "snoozed"
    with office.store.reading() as tx:
        assert candidates.list_candidates(tx) == []
    clock.advance(hours=100)
    assert waiting.chase(office) == 0
    clock.advance(hours=68)
    assert waiting.chase(office) == 1
    assert waiting.chase(office) == 0
    assert told(office, proposed, "proposal")[-1]["decision"] is None
    with office.store.reading() as tx:
        assert [one.id for one in candidates.list_candidates(tx)] == [proposed]
    assert proposals.approve(office, ana, proposed).is_new
    assert not proposals.snooze(office, ana, proposed).is_new


def test_who_asked_may_not_approve_where_two_are_wanted(office: Office, ana: Actor, proposed: str) -> None:
    with office.store.transaction() as tx:
        tx.insert(
            "user_commands",
            {
                "command_text": "write a blog post", "normalized_intent": INTENT, "executed_at": tx.now_iso,
                "surface": "slack", "user_id": ana.id,
            },
        )  # fmt: skip
    strict = with_decisions(office, requester_may_approve=False)
    with pytest.raises(OrderRefused, match="may not approve"):
        proposals.approve(strict, ana, proposed)
    other = replace(ana, id="U-OTHER")
    assert proposals.approve(strict, other, proposed).is_new
    assert proposals.approve(office, ana, proposed).by == "U-OTHER"


def test_a_question_is_answered_with_its_default_when_its_time_is_over(
    office: Office, clock: SettableClock
) -> None:
    with office.store.transaction() as tx:
        sessions.insert_pending(
            tx,
            {
                "id": "job-1", "team_id": "team-engineering", "title": "Add rate limits", "priority_file": "a.md",
                "priority_text": "# Add rate limits", "start_key": "k", "requested_by": "U-ANA",
            },
        )  # fmt: skip
        row = {"session_id": "job-1", "agent_id": "agent-backend", "question": "Redis?"}
        ask(tx, {**row, "id": "q1", "default_answer": "no", "expires_at": "2026-11-25T10:00:00.000Z"})
        ask(tx, {**row, "id": "q2"})
    clock.advance(hours=1)
    assert waiting.chase(office) == 1
    clock.advance(hours=24)
    assert waiting.chase(office) == 1
    with office.store.reading() as tx:
        first, second = questions.of_session(tx, "job-1")
    assert (first.status, first.answer) == ("expired", "no")
    assert second.status == "open"
    assert told(office, "q1", "question")[-1]["status"] == "expired"
    assert told(office, "q2", "reminder")[0]["job_id"] == "job-1"


def test_a_detected_proposal_is_told_with_its_evidence(office: Office, ana: Actor) -> None:
    with office.store.transaction() as tx:
        for number in range(3):
            tx.insert(
                "user_commands",
                {
                    "command_text": f"write blog post {number}", "normalized_intent": INTENT,
                    "executed_at": tx.now_iso, "surface": "slack", "user_id": ana.id,
                },
            )  # fmt: skip
    (found,) = patterns.detect(office, ana).proposed
    (facts,) = told(office, found, "proposal")
    assert facts["commands"] == 3
    assert "write blog post 0" in facts["samples"]
    assert facts["decision"] is None
