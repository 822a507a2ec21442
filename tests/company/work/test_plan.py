"""Who works on a job, and in which order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.work.plan import Plan, PlanRefused, make_plan, waves_of
from company.work.priority import Priority, parse_priority
from company.work.staff import Agent, Duty

TEAM = "team-engineering"


def agent(name: str, *, duty: Duty = Duty.WORK, after: tuple[str, ...] = (), **fields: object) -> Agent:
    defaults: dict[str, object] = {
        "id": f"agent-{name}", "team_id": TEAM, "name": name.title(), "role": "Someone", "emoji": "", "duty": duty,
        "model": "sonnet", "runner": "command", "command": ("true",), "works_after": tuple(f"agent-{a}" for a in after),
    }  # fmt: skip
    return Agent(**{**defaults, **fields})  # type: ignore[arg-type] # a test's shorthand


STAFF = [
    agent("orchestrator", duty=Duty.PLAN),
    agent("backend", keywords=("schema", "database", "migration")),
    agent("infrastructure", keywords=("package", "dependency")),
    agent("frontend", keywords=("ui", "component", "page"), after=("backend", "infrastructure")),
    agent("verification", duty=Duty.VERIFY, command=()),
    agent("reviewer", duty=Duty.REVIEW, command=()),
]


def priority(text: str) -> Priority:
    return parse_priority(text.encode(), "a.md")


def planned(text: str, staff: list[Agent] = STAFF) -> Plan:
    made = make_plan(priority(text), TEAM, staff)
    assert isinstance(made, Plan), made
    return made


def test_keywords_choose_the_agents_and_the_reason_is_kept() -> None:
    made = planned("# Add a column to the database schema\n")
    assert [(task.agent_id, task.why) for task in made.tasks] == [("agent-backend", "keyword: schema")]
    assert made.waves == (("agent-backend",),)


def test_a_keyword_is_a_whole_word_and_may_stand_in_the_plural() -> None:
    assert [t.agent_id for t in planned("# Rename the components\n").tasks] == ["agent-frontend"]
    assert len(planned("# Build the guide\n").tasks) == 3  # 'ui' inside 'build' and 'guide' calls nobody


def test_without_a_keyword_everyone_works_and_frontend_comes_after_the_two_it_builds_on() -> None:
    made = planned("# Make it faster\n")
    assert made.waves == (("agent-backend", "agent-infrastructure"), ("agent-frontend",))
    assert (made.planner_id, made.verifier_id, made.reviewer_id) == (
        "agent-orchestrator", "agent-verification", "agent-reviewer",
    )  # fmt: skip


def test_the_file_names_its_agents_by_any_of_their_names() -> None:
    made = planned("---\nagents: [Frontend, agent-backend]\n---\n# Change a page\n")
    assert {task.agent_id for task in made.tasks} == {"agent-frontend", "agent-backend"}
    assert made.waves == (("agent-backend",), ("agent-frontend",))


def test_an_unknown_agent_refuses_the_plan_and_lists_those_there_are() -> None:
    made = make_plan(priority("---\nagents: [nobody]\n---\n# Change\n"), TEAM, STAFF)
    assert isinstance(made, PlanRefused)
    assert "nobody" in made.reason
    assert "backend, frontend, infrastructure" in made.mend


def test_an_agent_without_a_command_here_is_left_out_and_said_so() -> None:
    staff = [agent("backend"), agent("frontend", command=())]
    made = planned("# Anything\n", staff)
    assert [task.agent_id for task in made.tasks] == ["agent-backend"]
    assert list(made.left_out) == ["agent-frontend"]


def test_a_named_agent_without_a_command_refuses_the_plan() -> None:
    staff = [agent("backend"), agent("frontend", command=())]
    made = make_plan(priority("---\nagents: [backend, frontend]\n---\n# Anything\n"), TEAM, staff)
    assert isinstance(made, PlanRefused)
    assert "frontend" in made.reason


def test_an_agent_of_a_model_needs_no_command() -> None:
    staff = [agent("backend", runner="claude", command=())]
    assert [task.agent_id for task in planned("# Anything\n", staff).tasks] == ["agent-backend"]


def test_an_agent_is_asked_for_the_open_items_that_name_its_work() -> None:
    made = planned("# Prices\n\n- [ ] add a schema\n- [x] old migration\n- [ ] new page\n")
    assert made.description_for("agent-backend") == "Prices: add a schema"
    assert made.description_for("agent-frontend") == "Prices: new page"


@given(st.dictionaries(st.integers(0, 8), st.frozensets(st.integers(0, 8), max_size=4), max_size=9))
def test_waves_hold_each_agent_once_and_after_what_it_builds_on(graph: dict[int, frozenset[int]]) -> None:
    order = {str(one): tuple(str(other) for other in sorted(others)) for one, others in graph.items()}
    waves = waves_of(order, order)
    place = {agent_id: number for number, wave in enumerate(waves) for agent_id in wave}
    assert sorted(place) == sorted(order)
    assert sum(len(wave) for wave in waves) == len(order)
    if not _has_circle(order):
        for one, others in order.items():
            assert all(place[other] < place[one] for other in others if other in place)


def _has_circle(order: dict[str, tuple[str, ...]]) -> bool:
    def reaches(start: str) -> bool:
        seen: set[str] = set()
        ends = list(order.get(start, ()))
        while ends:
            node = ends.pop()
            if node == start:
                return True
            if node not in seen:
                seen.add(node)
                ends.extend(order.get(node, ()))
        return False

    return any(reaches(node) for node in order)


@pytest.mark.parametrize("duty", [Duty.PLAN, Duty.VERIFY, Duty.REVIEW])
def test_only_workers_can_be_named(duty: Duty) -> None:
    staff = [agent("backend"), agent("other", duty=duty)]
    assert isinstance(make_plan(priority("---\nagents: [other]\n---\n# A\n"), TEAM, staff), PlanRefused)
