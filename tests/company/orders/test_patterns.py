"""Detection over the real store: facts are counted, looking is not, and people's decisions stay."""

import pytest

from company.errors import NotPermitted
from company.orders.office import Actor, Office
from company.orders.patterns import detect, proposed_name
from company.orders.proposals import approve, dismiss
from company.store import candidates, outbox, patterns
from company.store.candidates import Candidate
from company.store.patterns import Pattern
from tests.company.at_once import at_once
from tests.company.history import History
from tests.conftest import SettableClock


@pytest.fixture
def history(office: Office, clock: SettableClock) -> History:
    return History(office, clock)


def stored(office: Office) -> list[Pattern]:
    with office.store.reading() as tx:
        return patterns.list_patterns(tx)


def proposals(office: Office) -> list[Candidate]:
    with office.store.reading() as tx:
        return candidates.list_candidates(tx, include_decided=True)


def test_success_failure_and_errors_are_remembered(office: Office, otto: Actor, history: History) -> None:
    history.tasks("SSSSS", agent_id="agent-backend")
    history.tasks("FFF", agent_id="agent-frontend", error="tests: 3 failed")
    found = detect(office, otto)
    assert {(one.pattern_type, one.subject, one.detection_count) for one in stored(office)} == {
        ("success", "agent-backend", 5),
        ("failure", "agent-frontend", 3),
        ("failure", "error: tests: # failed", 3),
    }
    assert len(found.changed) == 3
    assert {one.first_detected_at < one.last_detected_at for one in stored(office)} == {True}


def test_an_error_seen_twice_is_watched_and_not_stored(office: Office, otto: Actor, history: History) -> None:
    history.tasks("FSF", error="no space left")
    found = detect(office, otto)
    assert [one.is_watch for one in found.seen.sightings] == [True]
    assert (found.changed, stored(office)) == ((), [])


def test_looking_again_changes_nothing_until_there_is_a_newer_fact(
    office: Office, otto: Actor, history: History, clock: SettableClock
) -> None:
    history.tasks("FFF")
    detect(office, otto)
    before = stored(office)
    clock.advance(days=3)
    assert detect(office, otto).changed == ()
    assert stored(office) == before
    history.tasks("F")
    assert len(detect(office, otto).changed) == 2
    assert [one.detection_count for one in stored(office)] == [4, 4]


def test_what_a_person_made_of_a_pattern_stays(office: Office, otto: Actor, history: History) -> None:
    history.tasks("FFFS")
    detect(office, otto)
    with office.store.transaction() as tx:
        for one in patterns.list_patterns(tx):
            patterns.decide(tx, one.id, "false_positive")
    history.tasks("FFFF")
    detect(office, otto)
    assert {(one.status, one.detection_count) for one in stored(office)} == {
        ("false_positive", 4),
        ("false_positive", 7),
    }


def test_an_intent_commanded_three_times_is_proposed_once(
    office: Office, otto: Actor, history: History
) -> None:
    for text in ("write a post", "another post", "one more post"):
        history.command("write blog-post", text)
    history.command("", "status")
    first, *later = [detect(office, otto) for _ in range(3)]
    (candidate,) = proposals(office)
    assert (first.proposed, [one.proposed for one in later]) == ((candidate.id,), [(), ()])
    assert (candidate.proposed_agent_name, candidate.occurrence_count) == ("Write Blog Post", 3)
    assert candidate.sample_commands == ("one more post", "another post", "write a post")
    assert [one.detection_count for one in stored(office)] == [3]
    with office.store.reading() as tx:
        (word,) = outbox.of_subject(tx, candidate.id, "proposal")
    assert word.payload["commands"] == 3


def test_a_candidate_counts_every_command_ever_given_and_never_fewer(
    office: Office, otto: Actor, history: History, clock: SettableClock
) -> None:
    for _ in range(3):
        history.command("deploy")
    detect(office, otto)
    clock.advance(days=10)
    detect(office, otto)
    assert [one.occurrence_count for one in proposals(office)] == [3]
    for _ in range(4):
        history.command("deploy")
    detect(office, otto)
    assert [one.occurrence_count for one in proposals(office)] == [7]


def test_detection_never_resets_what_was_decided(
    office: Office, ana: Actor, otto: Actor, history: History
) -> None:
    for intent in ("write blog", "deploy"):
        for _ in range(3):
            history.command(intent)
    detect(office, otto)
    by_intent = {one.normalized_intent: one.id for one in proposals(office)}
    approve(office, ana, by_intent["write blog"])
    dismiss(office, ana, by_intent["deploy"])
    before = proposals(office)
    for intent in ("write blog", "deploy"):
        history.command(intent)
    assert detect(office, otto).proposed == ()
    assert proposals(office) == before


def test_eight_detections_at_once_leave_one_row_each(office: Office, otto: Actor, history: History) -> None:
    history.tasks("FFF")
    for _ in range(3):
        history.command("deploy")
    found = at_once(*[lambda: detect(office, otto)] * 8)
    assert sum(len(one.proposed) for one in found) == 1
    assert sum(len(one.changed) for one in found) == 3
    assert (len(stored(office)), len(proposals(office))) == (3, 1)


def test_approving_during_detections_hires_one_agent(
    office: Office, ana: Actor, otto: Actor, history: History
) -> None:
    for _ in range(3):
        history.command("deploy")
    (candidate_id,) = detect(office, otto).proposed
    history.command("deploy")
    at_once(*[lambda: str(detect(office, otto))] * 4, *[lambda: str(approve(office, ana, candidate_id))] * 4)
    (candidate,) = proposals(office)
    assert (candidate.is_automated, candidate.agent_id) == (True, "agent-deploy")


def test_who_only_looks_does_not_detect(office: Office, vera: Actor, history: History) -> None:
    history.tasks("FFF")
    with pytest.raises(NotPermitted):
        detect(office, vera)
    assert stored(office) == []


@pytest.mark.parametrize(
    ("intent", "name"),
    [
        ("write blog-post", "Write Blog Post"),
        ("fix_CI", "Fix CI"),
        ("?!", "Automation"),
        ("x" * 99, "X" + "x" * 59),
    ],
)
def test_an_agent_is_named_after_the_intent(intent: str, name: str) -> None:
    assert proposed_name(intent) == name
