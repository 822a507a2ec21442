"""Patterns: sighted from facts; what a person decided stays."""

from dataclasses import replace

import pytest

from company.errors import NotFound
from company.learning.pattern import PatternType, Sighting
from company.store import patterns
from company.store.gate import Store

SIGHTING = Sighting(
    type=PatternType.FAILURE,
    subject="agent-a",
    title="A fails",
    description="3 in a row",
    count=3,
    confidence=0.8,
    first_at="2026-11-20T00:00:00.000Z",
    last_at="2026-11-22T00:00:00.000Z",
)
NEWER = replace(SIGHTING, description="4 in a row", count=4, last_at="2026-11-23T00:00:00.000Z")


def test_looking_again_changes_nothing_and_newer_facts_do(any_store: Store) -> None:
    with any_store.transaction() as tx:
        assert patterns.sight(tx, SIGHTING)
        assert not patterns.sight(tx, SIGHTING)
        assert patterns.sight(tx, NEWER)
        assert not patterns.sight(tx, SIGHTING)
        assert patterns.sight(tx, replace(SIGHTING, type=PatternType.SUCCESS))
        newest, _ = patterns.list_patterns(tx)
        assert (newest.detection_count, newest.description) == (4, "4 in a row")
        assert newest.first_detected_at == SIGHTING.first_at
        assert len(patterns.list_patterns(tx, since=NEWER.last_at)) == 1


def test_detection_never_changes_what_a_person_decided(any_store: Store) -> None:
    with any_store.transaction() as tx:
        patterns.sight(tx, SIGHTING)
        (found,) = patterns.list_patterns(tx)
        assert patterns.decide(tx, found.id, "actioned", action_taken="hired a writer")
        patterns.sight(tx, NEWER)
        decided = patterns.get(tx, found.id)
        assert (decided.status, decided.action_taken) == ("actioned", "hired a writer")
        assert decided.actioned_at == tx.now_iso
        assert patterns.decide(tx, found.id, "false_positive")
        assert not patterns.decide(tx, "pattern-9", "verified")
        with pytest.raises(NotFound):
            patterns.get(tx, "pattern-9")
