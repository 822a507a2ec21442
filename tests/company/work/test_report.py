"""The report of a session, as people read it."""

import pytest

from company.work.report import ReportedTask, SessionStory, counted, duration, render_report
from company.work.verification import CheckResult, Comparison, Finding


def story(**changes: object) -> SessionStory:
    defaults: dict[str, object] = {
        "job_id": "job-1", "title": "Add | pipes", "status": "completed", "outcome": "1 file changed",
        "team": "Engineering", "repository": "shop", "requested_by": "ada", "branch": "agent/job-1",
        "base": "a" * 40, "commit": "b" * 40, "delivered_to": "/srv/shop.git", "patch": "reports/p", "pr_url": None,
        "started_at": "2026-11-25T09:00:00.000Z", "completed_at": None, "duration_s": 3.0, "iterations": 1,
        "points": 30.0, "cost_usd": 0.0, "tasks": [], "baseline": [], "comparisons": [], "findings": [], "files": [],
    }  # fmt: skip
    return SessionStory(**{**defaults, **changes})  # type: ignore[arg-type] # a test's shorthand


def test_a_report_begins_with_what_became_of_it_and_says_that_no_model_was_used() -> None:
    report = render_report(story())
    assert report.startswith("# Add | pipes\n\n**completed**: 1 file changed\n")
    assert "| Cost | no model used |" in report
    assert "| Points | +30 |" in report
    assert "The repository has no checks" in report


def test_tasks_checks_and_findings_have_their_sections() -> None:
    task = ReportedTask(
        agent="Backend",
        iteration=0,
        status="failed",
        task="a|b",
        duration_s=0.1,
        error="check: tests: broken\nmore",
    )
    report = render_report(
        story(
            tasks=[task],
            baseline=[CheckResult(name="tests", is_green=True, exit_code=0, duration_s=1.0)],
            comparisons=[Comparison(name="tests", before=True, after=False, verdict="broken", is_fault=True)],
            findings=[
                Finding(agent_id="agent-backend", source="check: tests", text="broken", detail="line\n# 2")
            ],
            notes=["Backend: hooks/pre-commit was planted"],
        )
    )
    assert "| 1 | Backend | ✗ failed | 0.1 s | a\\|b | check: tests: broken<br>more |" in report
    assert "| tests | green | red | broken |" in report
    assert "- **backend**, check: tests: broken" in report
    assert "      # 2" in report
    assert "## What was noticed\n\n- Backend: hooks/pre-commit was planted" in report


def test_a_job_that_ended_before_verification_shows_the_baseline_alone() -> None:
    baseline = [CheckResult(name="tests", is_green=False, exit_code=1, duration_s=1.0)]
    assert "| tests | red | not run | |" in render_report(story(baseline=baseline))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (12, "12 s"),
        (119, "119 s"),
        (185, "3 min 5 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_written_for_people(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_things_are_counted_in_words() -> None:
    assert (counted(1, "file"), counted(0, "file"), counted(3, "finding")) == (
        "1 file",
        "0 files",
        "3 findings",
    )
