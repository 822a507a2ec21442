import pytest

from company.errors import NotFound, NotPermitted, OrderRefused
from company.orders.agents import HireRequest
from company.orders.office import Actor, Office
from company.orders.proposals import ProposalDecided, approve, dismiss
from company.store import agents, audit, candidates, outbox
from tests.company.at_once import at_once
from tests.company.history import History
from tests.conftest import SettableClock


@pytest.fixture
def history(office: Office, clock: SettableClock) -> History:
    return History(office, clock)


def hired(office: Office) -> list[str]:
    with office.store.reading() as tx:
        return [row.id for row in agents.list_agents(tx, include_inactive=True) if row.hired_by]


def test_approving_hires_the_proposed_agent(office: Office, history: History, ana: Actor) -> None:
    candidate_id = history.candidate()
    decided = approve(office, ana, candidate_id)
    assert (decided.is_new, decided.decision, decided.by) == (True, "approved", "U-ANA")
    assert (decided.agent_id, hired(office)) == ("agent-blog-writer", ["agent-blog-writer"])
    with office.store.reading() as tx:
        row = candidates.get(tx, candidate_id)
        assert (row.is_automated, row.agent_id, row.approved_at) == (True, decided.agent_id, decided.at)
        agent = agents.get(tx, "agent-blog-writer")
        assert (agent.role, agent.keywords) == ("Writes blog posts", ("write blog",))
        assert "- write a blog post" in (agent.prompt or "")
        (word,) = outbox.of_subject(tx, candidate_id)
        assert word.payload["decision"] == "approved"
        (entry,) = audit.of_entity(tx, "automation_candidate", candidate_id)
        assert (entry.action, entry.outcome) == ("proposal.approve", "done")


def test_what_is_hired_may_be_edited_first(office: Office, history: History, ana: Actor) -> None:
    other = HireRequest(name="Ghost", role="Writes for others", team="marketing")
    assert approve(office, ana, history.candidate(), other).agent_id == "agent-ghost"
    with office.store.reading() as tx:
        assert agents.get(tx, "agent-ghost").team_id == "team-marketing"


def test_a_second_approval_reads_who_was_first(office: Office, history: History, ana: Actor) -> None:
    candidate_id = history.candidate()
    first, second = approve(office, ana, candidate_id), approve(office, ana, candidate_id)
    assert second == ProposalDecided(**{**vars(first), "is_new": False})
    assert hired(office) == ["agent-blog-writer"]


def test_dismissing_is_for_good(office: Office, history: History, ana: Actor) -> None:
    candidate_id = history.candidate()
    assert dismiss(office, ana, candidate_id).is_new
    late = approve(office, ana, candidate_id)
    assert (late.is_new, late.decision, late.agent_id) == (False, "dismissed", None)
    assert not dismiss(office, ana, candidate_id).is_new
    assert hired(office) == []


def test_dismissing_what_was_approved_changes_nothing(office: Office, history: History, ana: Actor) -> None:
    candidate_id = history.candidate()
    approve(office, ana, candidate_id)
    assert dismiss(office, ana, candidate_id).decision == "approved"
    with office.store.reading() as tx:
        assert candidates.get(tx, candidate_id).dismissed_at is None


def test_a_taken_name_refuses_and_the_proposal_stays_open(
    office: Office, history: History, ana: Actor
) -> None:
    candidate_id = history.candidate(name="Backend")
    with pytest.raises(OrderRefused, match="works here already"):
        approve(office, ana, candidate_id)
    with office.store.reading() as tx:
        assert candidates.get(tx, candidate_id).is_open
    assert approve(office, ana, candidate_id, HireRequest(name="B2", role="x", team="engineering")).is_new


def test_a_proposal_whose_time_is_over_is_refused(office: Office, history: History, ana: Actor) -> None:
    candidate_id = history.candidate()
    with office.store.transaction() as tx:
        tx.update("automation_candidates", {"expires_at": tx.now_iso}, {"id": candidate_id})
    with pytest.raises(OrderRefused, match="ended on 2026-11-25"):
        approve(office, ana, candidate_id)
    assert hired(office) == []


def test_only_the_ceo_decides(office: Office, history: History, otto: Actor) -> None:
    candidate_id = history.candidate()
    for decide in (approve, dismiss):
        with pytest.raises(NotPermitted):
            decide(office, otto, candidate_id)
    assert hired(office) == []


def test_an_unknown_proposal_is_not_found(office: Office, ana: Actor) -> None:
    with pytest.raises(NotFound):
        approve(office, ana, "auto-nothing")


def test_eight_approvals_at_once_hire_one_agent(office: Office, history: History, ana: Actor) -> None:
    candidate_id = history.candidate()
    decided = at_once(*[lambda: approve(office, ana, candidate_id)] * 8)
    assert sum(one.is_new for one in decided) == 1
    assert {one.agent_id for one in decided} == {"agent-blog-writer"}
    assert hired(office) == ["agent-blog-writer"]


def test_approving_and_dismissing_at_once_is_one_decision(
    office: Office, history: History, ana: Actor
) -> None:
    candidate_id = history.candidate()
    decided = at_once(
        *[lambda: approve(office, ana, candidate_id)] * 4, *[lambda: dismiss(office, ana, candidate_id)] * 4
    )
    assert sum(one.is_new for one in decided) == 1
    assert len({one.decision for one in decided}) == 1
    assert len(hired(office)) == (decided[0].decision == "approved")
