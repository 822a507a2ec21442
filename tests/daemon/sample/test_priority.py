"""The sample's priority file is one the service takes, and calls for the three agents by what it says."""

from company.config import Config
from company.work.plan import Plan, make_plan
from company.work.priority import Priority, parse_priority
from company.work.staff import Agent
from daemon.sample import make_sample


def priority_of(config: Config) -> Priority:
    sample = make_sample(config)
    assert sample is not None
    assert sample.priority_file is not None
    return parse_priority(sample.priority_file.read_bytes(), sample.priority_file.name)


def staff_of(config: Config) -> list[Agent]:
    """The company's agents as they are run in the sample."""
    entry = config.repository("sample")
    assert entry is not None
    return [
        Agent(
            id=agent.id,
            team_id=agent.team,
            name=agent.name,
            role=agent.role,
            emoji=agent.emoji,
            duty=agent.duty,
            model=agent.model,
            runner="command",
            command=entry.commands.get(agent.short_id, ()),
            keywords=agent.keywords,
            works_after=agent.works_after,
        )
        for agent in config.agents
    ]


def test_it_reads_like_what_a_person_writes(config: Config) -> None:
    priority = priority_of(config)
    assert priority.title == "Exact prices, and a page where customers find them"
    assert (priority.repo, priority.priority) == ("sample", 1)
    assert [item.done for item in priority.items] == [False, False, False]
    assert "python -m unittest" in priority.expected_outcome
    assert "pricelist/invoice.py" in priority.files
    assert "12.50" in priority.description


def test_the_tests_it_asks_for_must_be_green_in_the_end(config: Config) -> None:
    entry = config.repository("sample")
    assert entry is not None
    named = [(check.name, check.argv) for check in priority_of(config).checks]
    assert named == [(check.name, check.run) for check in entry.checks]


def test_two_work_side_by_side_and_the_third_builds_on_them_each_on_its_own_item(config: Config) -> None:
    priority = priority_of(config)
    plan = make_plan(priority, "team-engineering", staff_of(config))
    assert isinstance(plan, Plan)
    assert plan.waves == (("agent-backend", "agent-infrastructure"), ("agent-frontend",))
    assert plan.left_out == {}
    asked = [
        plan.description_for(agent) for agent in ("agent-backend", "agent-infrastructure", "agent-frontend")
    ]
    assert asked == [f"{priority.title}: {item.text}" for item in priority.items]
