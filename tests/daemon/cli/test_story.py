"""A job's story as a terminal shows it."""

import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from daemon.cli.story import AgentPart, CheckPart, JobStory, lines, plan_words, render, state_words

STORY = JobStory(
    job_id="job-1764061200000-abcdefg",
    title="Add login",
    status="in_progress",
    phase="working",
    team="Engineering",
    repository="sample",
    requested_by="priorities",
    created_at="2026-11-25T09:00:00.000Z",
    duration_s=12.3,
    iteration=1,
    max_iterations=3,
    waves=(("agent-backend", "agent-infrastructure"), ("agent-frontend",)),
    agents=(
        AgentPart(
            id="agent-backend",
            name="Backend",
            emoji="🗄",
            state="in_progress",
            task="Add the table",
            iteration=1,
            duration_s=3.0,
            last_line="writing schema.sql",
        ),
        AgentPart(
            id="agent-frontend",
            name="Frontend",
            emoji="🎨",
            state="pending",
            task="Add the page",
            iteration=1,
            duration_s=None,
        ),
    ),
    checks=(CheckPart(name="unit tests", before=False, after=None),),
    branch="agent/job-1764061200000-abcdefg",
)

DONE = replace(
    STORY,
    status="completed",
    phase="closed",
    agents=tuple(replace(part, state="completed", files=("a.py",)) for part in STORY.agents),
    checks=(CheckPart(name="unit tests", before=False, after=True, verdict="mended", iteration=1),),
    commit="0123456789abcdef",
    outcome="2 files changed",
    report_path="reports/job-1764061200000-abcdefg/report.md",
)


def drawn(story: JobStory, width: int = 100) -> str:
    file = io.StringIO()
    Console(file=file, width=width, highlight=False, markup=False).print(render(story))
    return file.getvalue()


def test_a_running_job_shows_who_works_on_what() -> None:
    text = drawn(STORY)
    assert "Add login" in text
    assert "writing schema.sql" in text
    assert "unit tests" in text
    assert "red before any work" in text
    assert "report.md" not in text


def test_a_finished_job_shows_what_came_of_it_and_where_it_is() -> None:
    text = drawn(DONE)
    assert "red → green" in text
    assert "mended" in text
    assert "0123456789ab" in text
    assert "reports/job-1764061200000-abcdefg/report.md" in text


def test_in_a_pipe_no_line_is_filled_up_to_its_width() -> None:
    assert max(len(line) for line in drawn(DONE, width=10_000).splitlines()) < 120


def test_a_narrow_terminal_cuts_lines_and_wraps_none_of_the_agents() -> None:
    for line in drawn(STORY, width=60).splitlines():
        assert len(line) <= 60


def test_lines_tell_each_thing_once() -> None:
    first = lines(STORY)
    assert first[0] == "job-1764061200000-abcdefg: Add login (Engineering, sample)"
    assert "plan: backend ∥ infrastructure → frontend" in first
    assert "backend: works: Add the table" in first
    assert lines(STORY, STORY) == []
    later = lines(DONE, STORY)
    assert "backend: completed, 1 file" in later
    assert "check unit tests after iteration 1: green (mended)" in later
    assert "completed: 2 files changed" in later
    assert not any(line.startswith("plan:") for line in later)


def test_time_passing_is_no_news() -> None:
    assert lines(replace(STORY, duration_s=99.0), STORY) == []


def test_a_new_iteration_is_told_apart_from_the_one_before() -> None:
    again = replace(STORY.agents[0], iteration=2)
    assert lines(replace(STORY, agents=(again,)), STORY) == ["backend (iteration 2): works: Add the table"]


def test_a_job_that_is_asked_to_stop_says_so() -> None:
    assert state_words(replace(STORY, stop_requested_by="ana")) == "in_progress: stopping"
    assert state_words(STORY) == "in_progress: working"
    assert state_words(DONE) == "completed"


def test_findings_of_a_finished_job_stand_under_it() -> None:
    blocked = replace(
        STORY, status="blocked", findings=("backend: check: unit tests are red",), outcome="gave up"
    )
    assert "unit tests are red" in drawn(blocked)
    assert "to mend: backend: check: unit tests are red" in lines(blocked)


def test_plan_words_set_side_by_side_and_one_after_the_other() -> None:
    assert plan_words((("agent-a", "agent-b"), ("agent-c",))) == "a ∥ b → c"


@given(text=st.text(), outcome=st.text())
def test_nothing_from_outside_moves_the_cursor_or_breaks_a_line(text: str, outcome: str) -> None:
    story = replace(DONE, title=f"\x1b[2J[red]{text}", outcome=f"\x1b]0;x\x07{outcome}", repository=text)
    assert "\x1b" not in drawn(story)
    for line in lines(story):
        assert "\n" not in line
        assert "\x1b" not in line
        assert "\x07" not in line
