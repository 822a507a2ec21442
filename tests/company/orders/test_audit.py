"""An order and its row in the audit stand or fall together."""

import pytest

from company.errors import OrderRefused
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.store import audit, pauses


def pause_and_fail(office: Office, actor: Actor, error: Exception) -> None:
    with order(office, actor, Action.PAUSE, "pause", "all") as taken:
        pauses.pause(taken.tx, "all", by=actor.id)
        raise error


def test_a_change_that_is_refused_is_undone_and_the_refusal_stays(office: Office, otto: Actor) -> None:
    with pytest.raises(OrderRefused):
        pause_and_fail(office, otto, OrderRefused("changed_my_mind", "no"))
    with office.store.reading() as tx:
        assert pauses.list_pauses(tx) == []
        [entry] = audit.newest(tx)
    assert (entry.outcome, entry.detail) == ("refused", {"code": "changed_my_mind", "reason": "no"})


def test_a_fault_is_no_refusal_and_leaves_nothing(office: Office, otto: Actor) -> None:
    with pytest.raises(ZeroDivisionError):
        pause_and_fail(office, otto, ZeroDivisionError())
    with office.store.reading() as tx:
        assert pauses.list_pauses(tx) == []
        assert audit.newest(tx) == []


def test_who_may_not_never_opens_a_transaction(office: Office, vera: Actor) -> None:
    ran = []
    with pytest.raises(OrderRefused), order(office, vera, Action.HIRE, "agent"):
        ran.append("body")
    assert ran == []
