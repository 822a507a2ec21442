"""Words on their way: queued once, delivered in order, never lost."""

from company.store import outbox
from company.store.gate import Store, Transaction
from tests.conftest import SettableClock

LONG_AGO = "2000-01-01T00:00:00.000Z"


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
        (word,) = outbox.claim(tx, limit=1, stale_before=LONG_AGO)
        outbox.mark_sent(tx, word.id, "1.1")
        say(tx, "working", kind="job")
        say(tx, "other", kind="job", subject="job-2")
        say(tx, "a note")
        say(tx, "closed", kind="job")
        assert not say(tx, "working", kind="job")  # told late and again: it stays replaced
    assert statuses(any_store) == ["sent", "superseded", "pending", "pending"]
    assert statuses(any_store, "job-2") == ["pending"]


def test_words_are_claimed_in_order_and_once(any_store: Store) -> None:
    with any_store.transaction() as tx:
        for key in "abc":
            say(tx, key)
    with any_store.transaction() as tx:
        first = outbox.claim(tx, limit=2, stale_before=LONG_AGO)
    with any_store.transaction() as tx:
        second = outbox.claim(tx, limit=2, stale_before=LONG_AGO)
        assert outbox.claim(tx, limit=2, stale_before=LONG_AGO) == []
    assert [word.payload["key"] for word in (*first, *second)] == ["a", "b", "c"]


def test_a_claim_whose_deliverer_died_is_taken_again(any_store: Store, clock: SettableClock) -> None:
    with any_store.transaction() as tx:
        say(tx, "a")
        outbox.claim(tx, limit=1, stale_before=LONG_AGO)
    clock.advance(seconds=60)
    with any_store.transaction() as tx:
        assert outbox.claim(tx, limit=1, stale_before="2026-11-25T09:00:00.000Z") == []
        assert len(outbox.claim(tx, limit=1, stale_before="2026-11-25T09:00:30.000Z")) == 1


def test_what_did_not_arrive_is_tried_later_and_given_up_at_last(
    any_store: Store, clock: SettableClock
) -> None:
    with any_store.transaction() as tx:
        say(tx, "a")
        (word,) = outbox.claim(tx, limit=1, stale_before=LONG_AGO)
        assert outbox.put_back(tx, word.id, "429", not_before_at="2026-11-25T09:00:05.000Z")
        assert outbox.claim(tx, limit=1, stale_before=LONG_AGO) == []
    clock.advance(seconds=5)
    with any_store.transaction() as tx:
        (word,) = outbox.claim(tx, limit=1, stale_before=LONG_AGO)
        assert (word.attempts, word.last_error) == (1, "429")
        assert outbox.put_back(tx, word.id, "channel_not_found", not_before_at=None)
        assert not outbox.put_back(tx, word.id, "again", not_before_at=None)
        assert not outbox.mark_sent(tx, word.id, "1.1")
    assert statuses(any_store) == ["dead"]
