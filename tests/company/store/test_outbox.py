"""Words on their way: queued once, delivered in order, never lost."""

from company.store import outbox
from company.store.gate import Store, Transaction
from company.store.outbox import Word
from tests.conftest import SettableClock

LONG_AGO = "2000-01-01T00:00:00.000Z"


def claim(
    tx: Transaction,
    *,
    limit: int = 1,
    stale_before: str = LONG_AGO,
    by: str = "one",
    own_before: str = LONG_AGO,
) -> list[Word]:
    claims = outbox.claim(tx, by=by, limit=limit, edits=5, stale_before=stale_before, own_before=own_before)
    return [one.word for one in claims]


def say(tx: Transaction, key: str, *, kind: str = "note", subject: str = "job-1") -> bool:
    return outbox.say(tx, kind=kind, subject_id=subject, dedup_key=key, payload={"key": key})


def statuses(store: Store, subject: str = "job-1") -> list[str]:
    with store.reading() as tx:
        return [word.status for word in outbox.of_subject(tx, subject)]


def test_one_cause_is_one_message(any_store: Store) -> None:
    with any_store.transaction() as tx:
        assert say(tx, "a")
        assert not say(tx, "a")
    assert statuses(any_store) == ["pending"]


def test_a_newer_state_of_a_jobs_message_replaces_the_ones_that_wait(any_store: Store) -> None:
    with any_store.transaction() as tx:
        say(tx, "planned", kind="job")
        (word,) = claim(tx, limit=1)
        outbox.mark_sent(tx, word.id, "1.1", "C1")
        say(tx, "working", kind="job")
        say(tx, "other", kind="job", subject="job-2")
        say(tx, "a note")
        say(tx, "closed", kind="job")
        assert not say(tx, "working", kind="job")  # told late and again: it stays replaced
    assert statuses(any_store) == ["sent", "superseded", "pending", "pending"]
    assert statuses(any_store, "job-2") == ["pending"]


def test_words_about_one_subject_wait_for_those_before_them(any_store: Store) -> None:
    with any_store.transaction() as tx:
        for key in "abc":
            say(tx, key)
        say(tx, "d", subject="job-2")
    with any_store.transaction() as tx:
        first = claim(tx, limit=2)
        assert [word.payload["key"] for word in first] == ["a", "b"]
        assert [word.payload["key"] for word in claim(tx, limit=2, by="two")] == ["d"]
    with any_store.transaction() as tx:
        outbox.mark_sent(tx, first[0].id, "1.1")
        assert claim(tx, limit=2) == []
        outbox.put_back(tx, first[1].id, "429", not_before_at="2026-11-25T09:00:05.000Z")
        assert claim(tx, limit=2) == []


def test_the_process_before_this_one_left_claims_that_are_taken_at_once(
    any_store: Store, clock: SettableClock
) -> None:
    with any_store.transaction() as tx:
        say(tx, "a")
        (word,) = claim(tx)
        assert not word.is_uncertain
    clock.advance(seconds=1)
    with any_store.transaction() as tx:
        assert claim(tx, by="two", own_before=tx.now_iso) == []
        (again,) = claim(tx, own_before=tx.now_iso)
        assert again.is_uncertain
        assert again.delivery_id == word.delivery_id


def test_a_message_is_edited_by_the_newest_state_and_ends_go_first(any_store: Store) -> None:
    with any_store.transaction() as tx:
        for subject in ("job-1", "job-2"):
            say(tx, f"{subject} begins", kind="job", subject=subject)
        for word in claim(tx, limit=2):
            outbox.mark_sent(tx, word.id, f"{word.id}.0", "C1")
        for subject, status in (("job-1", "in_progress"), ("job-2", "completed")):
            payload = {"status": status}
            outbox.say(tx, kind="job", subject_id=subject, dedup_key=f"{subject} on", payload=payload)
        (found,) = outbox.claim(tx, by="one", limit=5, edits=1, stale_before=LONG_AGO, own_before=LONG_AGO)
    assert found.word.subject_id == "job-2"
    assert found.anchor == outbox.Anchor(channel_id="C1", message_ts="2.0")


def test_a_claim_whose_deliverer_died_is_taken_again(any_store: Store, clock: SettableClock) -> None:
    with any_store.transaction() as tx:
        say(tx, "a")
        claim(tx, limit=1)
    clock.advance(seconds=60)
    with any_store.transaction() as tx:
        assert claim(tx, limit=1, stale_before="2026-11-25T09:00:00.000Z") == []
        assert len(claim(tx, limit=1, stale_before="2026-11-25T09:00:30.000Z")) == 1


def test_what_did_not_arrive_is_tried_later_and_given_up_at_last(
    any_store: Store, clock: SettableClock
) -> None:
    with any_store.transaction() as tx:
        say(tx, "a")
        (word,) = claim(tx, limit=1)
        assert outbox.put_back(tx, word.id, "429", not_before_at="2026-11-25T09:00:05.000Z")
        assert claim(tx, limit=1) == []
    clock.advance(seconds=5)
    with any_store.transaction() as tx:
        (word,) = claim(tx, limit=1)
        assert (word.attempts, word.last_error) == (1, "429")
        assert outbox.put_back(tx, word.id, "channel_not_found", not_before_at=None)
        assert not outbox.put_back(tx, word.id, "again", not_before_at=None)
        assert not outbox.mark_sent(tx, word.id, "1.1")
    assert statuses(any_store) == ["dead"]
