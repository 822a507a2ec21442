import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from company.clock import to_iso
from company.learning.evaluation import (
    AgentFacts,
    CompanyEvaluation,
    ExperimentLine,
    FinishedTask,
    ProposalLine,
    Strength,
    Trend,
    evaluate_agent,
    render_evaluation,
)
from company.learning.pattern import PatternType, Sighting
from company.learning.rules import Recommendation

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def tasks(history: str, *, days_ago: float, task_type: str = "general") -> list[FinishedTask]:
    return [
        FinishedTask(
            recorded_at=to_iso(NOW - timedelta(days=days_ago, seconds=-i)),
            id=f"task-{days_ago}-{i:02d}",
            is_success=letter == "S",
            task_type=task_type,
            error="" if letter == "S" else "tests: red",
        )
        for i, letter in enumerate(history)
    ]


FACTS = AgentFacts(
    agent_id="agent-backend",
    name="Backend",
    role="Database & GraphQL",
    emoji="B",
    team="Engineering",
    completed=9,
    failed=1,
    avg_duration_s=3.5,
    points=85,
    cost_usd=0.0,
    tasks=(),
)


def test_an_agent_s_record_is_evaluated_by_its_counters() -> None:
    evaluation = evaluate_agent(FACTS, NOW)
    assert evaluation.success_rate == pytest.approx(0.9)
    assert evaluation.recommendation is Recommendation.DOUBLE_DOWN
    assert evaluation.why == "9 of 10 completed: 90 % or more"


def test_an_agent_without_tasks_is_monitored_and_has_no_rate() -> None:
    evaluation = evaluate_agent(replace(FACTS, completed=0, failed=0), NOW)
    assert (evaluation.success_rate, evaluation.recommendation) == (None, Recommendation.MONITOR)


@pytest.mark.parametrize(
    ("before", "lately", "trend"),
    [
        ("SSSSS", "FFFFS", Trend.FALLING),
        ("FFFFS", "SSSSS", Trend.RISING),
        ("SSSSF", "SSSSF", Trend.STEADY),
        ("SSSS", "FFFFF", Trend.TOO_FEW),
        ("SSSSS", "FFFF", Trend.TOO_FEW),
    ],
)
def test_trend_compares_14_days_with_the_14_before(before: str, lately: str, trend: Trend) -> None:
    facts = replace(FACTS, tasks=[*tasks(before, days_ago=20), *tasks(lately, days_ago=3)])
    assert evaluate_agent(facts, NOW).trend is trend


def test_what_it_is_good_at_and_its_present_failures_are_shown() -> None:
    history = [*tasks("SSF", days_ago=5, task_type="schema"), *tasks("SFF", days_ago=1)]
    evaluation = evaluate_agent(replace(FACTS, tasks=history), NOW)
    assert evaluation.consecutive_failures == 2
    assert evaluation.strengths == (
        Strength(task_type="general", completed=1, finished=3),
        Strength(task_type="schema", completed=2, finished=3),
    )


def company(**changes: object) -> CompanyEvaluation:
    evaluation = CompanyEvaluation(
        company="Example Ltd",
        day="2026-11-25",
        jobs={"completed": 3, "failed": 1, "stopped": 0},
        points=52,
        cost_usd=1.5,
        agents=[
            evaluate_agent(replace(FACTS, tasks=tasks("SSSSS", days_ago=1, task_type="schema")), NOW),
            evaluate_agent(replace(FACTS, agent_id="agent-x", name="Idle", completed=0, failed=0), NOW),
        ],
        experiments=[
            ExperimentLine(
                name="opus for Backend",
                treatment="model opus instead of sonnet",
                status="killed",
                decision="kill",
                attempts=3,
                success_rate=0.0,
                reason="3 failures in a row",
                is_decided_today=True,
            )
        ],
        patterns=[
            Sighting(
                type=PatternType.FAILURE,
                subject="error: x",
                title="The same error 2 times",
                description="x",
                count=2,
                confidence=0.75,
                first_at=to_iso(NOW),
                last_at=to_iso(NOW),
                is_watch=True,
            )
        ],
        proposals=[ProposalLine(candidate_id="auto-1", agent_name="Blog", intent="write blog", commands=4)],
    )
    return replace(evaluation, **changes)  # type: ignore[arg-type] # the fields of one test case


def test_the_report_says_what_happened_in_order() -> None:
    text = render_evaluation(company())
    assert text.startswith("# Evaluation of 2026-11-25: Example Ltd\n\n")
    assert "In the last 24 hours: 3 completed, 1 failed; +52 points; $1.50." in text
    assert "| B Backend | Engineering | 9 | 1 | 90.0 % | too few tasks | +85 | - | Double Down |" in text
    assert "schema 5 of 5" in text
    assert "No finished task yet: Idle." in text
    assert "| opus for Backend | model opus instead of sonnet | killed, today | kill | 3 | 0.0 % |" in text
    assert "- **The same error 2 times** (to watch): x" in text
    assert "- Hire **Blog** for “write blog”: 4 commands so far (`auto-1`)" in text


def test_an_empty_company_has_a_short_report() -> None:
    text = render_evaluation(company(agents=[], experiments=[], patterns=[], proposals=[], jobs={}, points=0))
    assert "no job ended; +0 points" in text
    assert text.count("## ") == 1
    assert "No finished task" not in text


def test_words_of_people_and_agents_stay_in_their_cell() -> None:
    hostile = "x | y\n# heading `code` <script>[link](http://a) **bold**"
    one = company().experiments[0]
    text = render_evaluation(company(experiments=[replace(one, name=hostile)]))
    row = next(line for line in text.splitlines() if "heading" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 8
    assert r"\<script>" in row
    assert r"\*\*bold\*\*" in row
