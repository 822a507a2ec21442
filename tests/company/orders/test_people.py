"""The first CEO pairs by a code; a CEO gives roles; config.yaml wins."""

from functools import partial

import pytest

from company.config import Config
from company.errors import NotPermitted, OrderRefused
from company.orders import people
from company.orders.office import Actor, Office, Role
from company.store import audit
from company.store import people as books
from tests.company.at_once import at_once
from tests.conftest import SettableClock

TEAM = "T1"
NEW = Actor("U1", Role.NOBODY, "slack")


def test_who_sends_the_code_is_the_ceo_and_the_code_is_kept_nowhere(office: Office) -> None:
    code = people.renew_pairing_code(office, TEAM)
    change = people.pair(office, NEW, TEAM, code.lower().replace("-", ""))
    assert (change.user_id, change.role) == ("U1", Role.CEO)
    assert people.actor_of(office, "U1", "slack", workspace_id=TEAM).role is Role.CEO
    assert people.actor_of(office, "U1", "slack", workspace_id="T2").role is Role.NOBODY
    with office.store.reading() as tx:
        kept = books.find_code(tx, TEAM)
        rows = audit.newest(tx, limit=5)
    assert kept is not None
    assert code.replace("-", "") not in str(kept)
    assert (rows[0].action, rows[0].actor_id, rows[0].outcome) == ("role.pair", "U1", "done")


def test_a_code_opens_once_and_of_many_at_once_one_is_ceo(office: Office) -> None:
    code = people.renew_pairing_code(office, TEAM)

    def pair(number: int) -> bool:
        try:
            people.pair(office, Actor(f"U{number}", Role.NOBODY, "slack"), TEAM, code)
        except OrderRefused:
            return False
        return True

    assert sum(at_once(*(partial(pair, number) for number in range(8)))) == 1
    assert not people.is_without_ceo(office, TEAM)
    assert people.new_pairing_code(office, TEAM) is None


def test_wrong_codes_are_counted_and_close_it(office: Office) -> None:
    code = people.renew_pairing_code(office, TEAM)
    for _ in range(people.GUESSES_MAX):
        with pytest.raises(OrderRefused, match=r"not the code|too many"):
            people.pair(office, NEW, TEAM, "AAAA-AAAA")
    with pytest.raises(OrderRefused, match="too many"):
        people.pair(office, NEW, TEAM, code)
    again = people.new_pairing_code(office, TEAM)
    assert again is not None
    assert people.pair(office, NEW, TEAM, again).role is Role.CEO


def test_a_code_is_good_for_a_day(office: Office, clock: SettableClock) -> None:
    code = people.renew_pairing_code(office, TEAM)
    assert people.new_pairing_code(office, TEAM) is None
    clock.advance(seconds=people.CODE_LIFE.total_seconds())
    with pytest.raises(OrderRefused, match="too old"):
        people.pair(office, NEW, TEAM, code)
    assert people.new_pairing_code(office, TEAM) is not None


def test_nobody_pairs_where_config_names_a_ceo(office: Office, config: Config) -> None:
    roles = config.roles.model_copy(update={"ceo": ("U9",), "operator": ("SGROUP1",)})
    staffed = Office(office.store, config.model_copy(update={"roles": roles}), office.clock)
    code = people.renew_pairing_code(staffed, TEAM)
    with pytest.raises(OrderRefused, match="has a CEO"):
        people.pair(staffed, NEW, TEAM, code)
    assert people.new_pairing_code(staffed, TEAM) is None
    in_group = people.actor_of(staffed, "U3", "slack", workspace_id=TEAM, groups={"SGROUP1"})
    assert in_group.role is Role.OPERATOR
    with pytest.raises(OrderRefused, match=r"config\.yaml says"):
        people.revoke(staffed, Actor("U9", Role.CEO, "slack"), TEAM, "U9")


def test_a_ceo_gives_and_takes_roles_but_someone_stays_ceo(office: Office) -> None:
    people.pair(office, NEW, TEAM, people.renew_pairing_code(office, TEAM))
    ceo = people.actor_of(office, "U1", "slack", workspace_id=TEAM)
    assert people.grant(office, ceo, TEAM, "U2", Role.OPERATOR).is_changed
    assert not people.grant(office, ceo, TEAM, "U2", Role.OPERATOR).is_changed
    operator = people.actor_of(office, "U2", "slack", workspace_id=TEAM)
    assert operator.role is Role.OPERATOR
    with pytest.raises(NotPermitted):
        people.grant(office, operator, TEAM, "U2", Role.CEO)
    with pytest.raises(OrderRefused, match="nobody would be CEO"):
        people.revoke(office, ceo, TEAM, "U1")
    with pytest.raises(OrderRefused, match="nobody would be CEO"):
        people.grant(office, ceo, TEAM, "U1", Role.VIEWER)
    assert people.revoke(office, ceo, TEAM, "U2").is_changed
    assert people.actor_of(office, "U2", "slack", workspace_id=TEAM).role is Role.NOBODY
    assert people.actor_of(office, "U1", "slack", workspace_id=TEAM).role is Role.CEO


def test_the_local_slacks_people_have_their_roles_once(office: Office) -> None:
    people.seed_local_roles(office, TEAM, ["U1", "U2", "U3"])
    people.seed_local_roles(office, TEAM, ["U3", "U2", "U1"])
    roles = [people.actor_of(office, one, "slack", workspace_id=TEAM).role for one in ("U1", "U2", "U3")]
    assert roles == [Role.CEO, Role.OPERATOR, Role.VIEWER]
