"""Pause and resume of everything, of a team, of a repository."""

from datetime import timedelta

import pytest

from company.config import Config, RepositoryConfig
from company.errors import NotPermitted, OrderRefused
from company.orders import pauses, repositories
from company.orders.office import Actor, Office
from company.orders.repositories import RepositoryRequest
from company.store import audit
from company.store import pauses as rows
from company.store.seeding import seed
from tests.conftest import SettableClock


def with_repository(office: Office, config: Config) -> Office:
    entry = RepositoryConfig(name="sample", path="repos/sample")
    changed = config.model_copy(update={"repositories": (entry,)})
    with office.store.transaction() as tx:
        seed(tx, changed)
    return Office(office.store, changed, office.clock)


def paused(office: Office) -> list[str]:
    with office.store.reading() as tx:
        return [one.scope for one in rows.list_pauses(tx)]


@pytest.mark.parametrize(
    ("word", "scope"),
    [
        ("all", "all"),
        ("team:engineering", "team:team-engineering"),
        ("Marketing", "team:team-marketing"),
        ("repository:sample", "repository:sample"),
        ("repo:sample", "repository:sample"),
        ("sample", "repository:sample"),
    ],
)
def test_a_scope_is_paused_and_resumed_by_the_words_people_use(
    office: Office, config: Config, otto: Actor, word: str, scope: str
) -> None:
    office = with_repository(office, config)
    done = pauses.pause(office, otto, word, reason="lunch")
    assert (done.scope, done.is_changed, done.by) == (scope, True, "U-OTTO")
    assert paused(office) == [scope]
    assert pauses.resume(office, otto, word).is_changed
    assert paused(office) == []


def test_pausing_again_says_who_did_and_resuming_again_changes_nothing(
    office: Office, otto: Actor, ana: Actor
) -> None:
    pauses.pause(office, otto)
    again = pauses.pause(office, ana)
    assert (again.is_changed, again.by) == (False, "U-OTTO")
    pauses.resume(office, ana)
    assert not pauses.resume(office, ana).is_changed
    with office.store.reading() as tx:
        assert [one.outcome for one in audit.newest(tx)] == ["nothing_to_do", "done", "nothing_to_do", "done"]


def test_a_pause_may_end_by_itself(office: Office, otto: Actor, clock: SettableClock) -> None:
    until = clock.now() + timedelta(hours=1)
    assert pauses.pause(office, otto, until=until).until_at == "2026-11-25T10:00:00.000Z"
    clock.advance(hours=2)
    assert paused(office) == []
    assert pauses.pause(office, otto).is_changed
    with pytest.raises(OrderRefused):
        pauses.pause(office, otto, "marketing", until=until)


def test_what_is_no_scope_is_refused(office: Office, otto: Actor) -> None:
    for word, code in (
        ("nosuch", "unknown_scope"),
        ("team:x", "unknown_team"),
        ("repo:x", "unknown_repository"),
    ):
        with pytest.raises(OrderRefused) as refused:
            pauses.pause(office, otto, word)
        assert refused.value.code == code


def test_a_viewer_pauses_nothing(office: Office, vera: Actor) -> None:
    with pytest.raises(NotPermitted):
        pauses.pause(office, vera)


def test_a_repository_that_was_only_ordered_is_paused_by_its_place(office: Office, ana: Actor) -> None:
    repositories.add(office, ana, RepositoryRequest(name="site", url="https://example.org/site.git"))
    assert pauses.pause(office, ana, "site").scope == "repository:https://example.org/site.git"
