"""Hire, fire, rehire, edit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from company.errors import NotPermitted, OrderRefused
from company.orders import agents as staff
from company.orders import schedules
from company.orders.agents import AgentChanges, HireRequest
from company.orders.office import Actor, Office
from company.store import agents, audit, outbox
from company.store.agents import AgentRow
from company.work.staff import Duty

WRITER = HireRequest(name="Blog Writer", role="Writes posts", team="marketing", keywords=("blog",))


def row_of(office: Office, agent_id: str) -> AgentRow:
    with office.store.reading() as tx:
        return agents.get(tx, agent_id)


def test_a_hired_agent_is_there_and_told_of(office: Office, ana: Actor) -> None:
    hired = staff.hire(office, ana, WRITER)
    row = row_of(office, "agent-blog-writer")
    assert (hired.agent_id, hired.is_changed) == ("agent-blog-writer", True)
    assert (row.team_id, row.role, row.keywords) == ("team-marketing", "Writes posts", ("blog",))
    assert (row.is_active, row.hired_by, row.duty, row.llm_preference) == (True, "U-ANA", Duty.WORK, "none")
    with office.store.reading() as tx:
        [word] = outbox.of_subject(tx, row.id)
        [entry] = audit.of_entity(tx, "agent", row.id)
    assert (word.payload["what"], entry.action, entry.outcome) == ("hired", "agent.hire", "done")


def test_all_of_a_request_is_kept(office: Office, ana: Actor) -> None:
    request = HireRequest(
        name="Formatter",
        role="Formats",
        team="team-engineering",
        emoji="🧹",
        model="haiku",
        runner="command",
        command=("ruff", "format", "{worktree}"),
        works_after=("backend",),
        prompt="You format.\n",
    )
    row = row_of(office, staff.hire(office, ana, request).agent_id)
    assert row.command == ("ruff", "format", "{worktree}")
    assert (row.works_after, row.prompt, row.llm_preference) == (("agent-backend",), "You format.\n", "haiku")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "bad_name"),
        ({"name": "株式"}, "bad_name"),
        ({"name": "x" * 61}, "bad_name"),
        ({"role": ""}, "bad_role"),
        ({"team": "nosuch"}, "unknown_team"),
        ({"model": "gpt-0"}, "unknown_model"),
        ({"works_after": ("nosuch",)}, "unknown_agent"),
        ({"name": "Backend"}, "already_hired"),
    ],
)
def test_whom_nobody_can_hire(office: Office, ana: Actor, changes: dict[str, Any], code: str) -> None:
    request = HireRequest(**{"name": "New", "role": "Works", "team": "engineering", **changes})
    with pytest.raises(OrderRefused) as refused:
        staff.hire(office, ana, request)
    assert refused.value.code == code


def test_an_operator_hires_and_fires_nobody(office: Office, otto: Actor) -> None:
    orders: list[Callable[[], object]] = [
        lambda: staff.hire(office, otto, WRITER),
        lambda: staff.fire(office, otto, "backend"),
        lambda: staff.rehire(office, otto, "backend"),
        lambda: staff.edit(office, otto, "backend", AgentChanges(role="x")),
    ]
    for order in orders:
        with pytest.raises(NotPermitted):
            order()
    assert row_of(office, "agent-backend").is_active


def test_a_fired_agent_keeps_its_history_and_comes_back_with_it(office: Office, ana: Actor) -> None:
    with office.store.transaction() as tx:
        agents.count_outcome(tx, "agent-backend", completed=True, duration_s=3)
    fired = staff.fire(office, ana, "Backend")
    assert (fired.agent_id, fired.is_changed, fired.warnings) == ("agent-backend", True, ())
    assert not row_of(office, "agent-backend").is_active
    again = staff.fire(office, ana, "backend")
    assert (again.is_changed, again.by) == (False, "U-ANA")
    back = staff.rehire(office, ana, "backend")
    row = row_of(office, "agent-backend")
    assert back.is_changed
    assert (row.is_active, row.fired_at, row.total_tasks_completed) == (True, None, 1)
    assert not staff.rehire(office, ana, "backend").is_changed


def test_of_eight_who_fire_one_has_done_it(office: Office, ana: Actor) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: staff.fire(office, ana, "backend"), range(8)))
    assert sum(one.is_changed for one in results) == 1


def test_who_leaves_a_gap_is_fired_with_a_warning(office: Office, ana: Actor) -> None:
    assert staff.fire(office, ana, "backend").warnings == ()
    assert staff.fire(office, ana, "frontend").warnings == ()
    assert staff.fire(office, ana, "infrastructure").warnings == ("nobody in engineering does the work now",)
    assert staff.fire(office, ana, "verification").warnings == ("nobody in engineering verifies now",)


def test_hiring_a_name_that_was_fired_says_how_to_take_it_back(office: Office, ana: Actor) -> None:
    staff.hire(office, ana, WRITER)
    staff.fire(office, ana, "blog-writer")
    with pytest.raises(OrderRefused) as refused:
        staff.hire(office, ana, WRITER)
    assert (refused.value.code, refused.value.mend) == ("was_fired", "agent-service rehire blog-writer")


def test_the_schedules_of_a_fired_agent_pause_and_stay_so(office: Office, ana: Actor) -> None:
    staff.hire(office, ana, WRITER)
    text = "---\nagents: [blog-writer]\n---\n# Post\n\nText.\n"
    schedules.add(
        office,
        ana,
        schedules.ScheduleRequest(name="posts", when="every day 9:00", text=text, agent="blog-writer"),
    )
    assert staff.fire(office, ana, "blog-writer").warnings == ("its schedules are paused: posts",)
    assert staff.rehire(office, ana, "blog-writer").warnings == ("its schedules stay paused: posts",)


def test_an_edit_changes_what_is_named_and_nothing_else(office: Office, ana: Actor) -> None:
    before = row_of(office, "agent-backend")
    staff.edit(office, ana, "backend", AgentChanges(model="opus", keywords=("sql",)))
    after = row_of(office, "agent-backend")
    assert (after.llm_preference, after.keywords) == ("opus", ("sql",))
    assert (after.name, after.role, after.prompt) == (before.name, before.role, before.prompt)
    with office.store.reading() as tx:
        assert audit.of_entity(tx, "agent", "agent-backend")[-1].detail == {
            "changed": ["keywords", "llm_preference"]
        }


def test_an_edit_that_names_nothing_or_makes_a_circle_is_refused(office: Office, ana: Actor) -> None:
    for changes, code in (
        (AgentChanges(), "nothing_named"),
        (AgentChanges(works_after=("backend",)), "works_after_itself"),
        (AgentChanges(prompt="x" * 100_001), "bad_prompt"),
    ):
        with pytest.raises(OrderRefused) as refused:
            staff.edit(office, ana, "backend", changes)
        assert refused.value.code == code


def test_an_agent_is_called_by_id_name_or_a_unique_beginning(office: Office, ana: Actor) -> None:
    for word in ("agent-senior-reviewer", "Senior Reviewer", "senior", "SENIOR-REVIEWER"):
        assert staff.edit(office, ana, word, AgentChanges(emoji="🧐")).agent_id == "agent-senior-reviewer"
    for word, code in (("w", "ambiguous"), ("nosuch", "unknown_agent"), ("", "unknown_agent")):
        with pytest.raises(OrderRefused) as refused:
            staff.edit(office, ana, word, AgentChanges(emoji="🧐"))
        assert refused.value.code == code
