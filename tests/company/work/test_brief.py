"""What an agent is told, and that what it is told about cannot speak for the service."""

from hypothesis import given
from hypothesis import strategies as st

from company.work.brief import BriefFacts, compose_brief, fence
from company.work.staff import Agent, Duty
from company.work.verification import Finding

AGENT = Agent(
    id="agent-backend", team_id="team-engineering", name="Backend", role="Database", emoji="", duty=Duty.WORK,
    model="sonnet", runner="command",
)  # fmt: skip


def facts(**changes: object) -> BriefFacts:
    defaults: dict[str, object] = {
        "agent": AGENT, "prompt": "Be careful.", "task": "Add a column", "priority_text": "the words",
        "expected_outcome": "", "files": (), "checks": ("tests",), "red_before": (), "colleagues_done": (),
        "guidance": "", "additions": "", "findings": (), "notes": (), "iteration": 0,
    }  # fmt: skip
    return BriefFacts(**{**defaults, **changes})  # type: ignore[arg-type] # a test's shorthand


def test_a_brief_says_who_what_and_which_checks() -> None:
    brief = compose_brief(facts())
    assert brief.startswith("# Backend: Database\n\nBe careful.\n\n## Your task\n\nAdd a column\n")
    assert "- tests" in brief
    assert "Expected outcome" not in brief


def test_findings_of_the_last_iteration_are_told_with_their_evidence() -> None:
    finding = Finding(agent_id="agent-backend", source="check: tests", text="broken", detail="line 3: boom")
    brief = compose_brief(facts(findings=(finding,), iteration=1))
    assert "## Found in iteration 1: mend this" in brief
    assert "line 3: boom" in brief


@given(st.text(alphabet="`abc\n# ", max_size=200))
def test_no_text_can_close_its_fence(text: str) -> None:
    fenced = fence(text, 1000).split("\n")
    marks = fenced[0].removesuffix("text")
    assert fenced[-1] == marks
    assert all(marks not in line for line in fenced[1:-1])


def test_a_long_text_is_cut_and_says_so() -> None:
    assert "[cut: 30000 characters in all]" in compose_brief(facts(priority_text="x" * 30000))
