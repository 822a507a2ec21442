"""Who may order what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.config import Config
from company.errors import NotPermitted
from company.orders.office import Actor, Role
from company.orders.permission import NEEDED, Action, actor_for, check, is_allowed

RANKED = [Role.NOBODY, Role.VIEWER, Role.OPERATOR, Role.CEO]


def test_every_action_says_whom_it_needs() -> None:
    assert set(NEEDED) == set(Action)


def test_nobody_may_do_nothing_and_the_ceo_everything() -> None:
    for action in Action:
        assert is_allowed(Actor("x", Role.CEO, "slack"), action)
        # Pairing is the one thing that anybody may try: the code decides.
        assert is_allowed(Actor("x", Role.NOBODY, "slack"), action) == (action is Action.PAIR)


@given(st.sampled_from(RANKED), st.sampled_from(RANKED), st.sampled_from(list(Action)))
def test_a_higher_role_may_all_that_a_lower_one_may(one: Role, other: Role, action: Action) -> None:
    lower, higher = sorted((one, other), key=RANKED.index)
    assert not is_allowed(Actor("x", lower, "slack"), action) or is_allowed(
        Actor("x", higher, "slack"), action
    )


def test_people_are_found_in_the_lists_and_an_empty_list_means_nobody(config: Config) -> None:
    assert actor_for(config, "U1", "slack").role is Role.NOBODY
    lists = config.roles.model_copy(update={"ceo": ("U1",), "viewer": ("U1", "U2")})
    staffed = config.model_copy(update={"roles": lists})
    assert actor_for(staffed, "U1", "slack").role is Role.CEO
    assert actor_for(staffed, "U2", "http").role is Role.VIEWER
    assert actor_for(staffed, "", "slack").role is Role.NOBODY


def test_the_terminal_has_the_role_that_configuration_gives_it(config: Config) -> None:
    assert actor_for(config, "ana", "terminal").role is Role.CEO
    strict = config.model_copy(update={"roles": config.roles.model_copy(update={"terminal_role": "viewer"})})
    assert actor_for(strict, "ana", "terminal").role is Role.VIEWER


def test_files_schedules_and_automations_start_work_without_a_list(config: Config) -> None:
    for surface in ("file", "schedule", "automation"):
        assert is_allowed(actor_for(config, "x", surface), Action.START)
        assert not is_allowed(actor_for(config, "x", surface), Action.HIRE)


def test_a_refusal_names_who_what_and_whom_it_needs() -> None:
    with pytest.raises(NotPermitted) as refused:
        check(Actor("U9", Role.VIEWER, "slack"), Action.FIRE)
    assert (refused.value.actor_id, refused.value.role, refused.value.needed) == ("U9", "viewer", "ceo")
    assert refused.value.action == "agent.fire"
