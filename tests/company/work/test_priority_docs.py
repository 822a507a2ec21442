"""The examples of docs/priority-files.md are priority files, and mean what the page says."""

import re
from pathlib import Path

import pytest

from company.work.front_matter import KEYS
from company.work.priority import Check, Priority, parse_priority

PAGE = (Path(__file__).parents[3] / "docs" / "priority-files.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```markdown\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def example(number: int, name: str = "example.md") -> Priority:
    return parse_priority(EXAMPLES[number].encode(), name)


def test_a_title_is_enough() -> None:
    assert example(0).title == "Add the Swiss franc to the price list"


def test_the_example_that_uses_most_of_it() -> None:
    priority = example(1)
    assert (priority.team, priority.repo, priority.agents) == (
        "engineering",
        "sample",
        ("backend", "frontend"),
    )
    assert (priority.priority, priority.budget_usd) == (1, 2.5)
    assert priority.checks == (
        Check("python3 -m unittest", ("python3", "-m", "unittest")),
        Check("style", ("ruff", "check", "src")),
    )
    assert [(item.text, item.done) for item in priority.items] == [
        ("add CHF to the schema of the currencies", False),
        ("show CHF on the price page", False),
        ("ask the bank for the rates", True),
    ]
    assert priority.files == ("src/currency.py", "web/prices.html")
    assert priority.expected_outcome == "Prices can be read in CHF, rounded to 0.05."
    assert (priority.dependencies, priority.complexity) == (("The rates of the bank",), "small")
    assert priority.description == "Our shop in Zürich opens in March."


def test_the_example_of_the_other_keys() -> None:
    priority = example(2)
    assert (priority.base, priority.branch, priority.max_iterations) == ("main", "feature/chf", 2)
    assert priority.setup == (("npm", "ci"), ("python3", "-m", "venv", ".venv"))
    assert (priority.depends_on, priority.schedule) == (("add-currencies.md",), "first Monday 09:00")


@pytest.mark.parametrize("number", [3, 4, 5])
def test_each_form_of_the_daily_report_starts_the_same_job(number: int) -> None:
    priority = example(number, "priorities-2026-11-25.md")
    assert (priority.title, priority.kind, priority.rank_note) == ("Repair the login", "daily", "1 of 2")
    assert "half of the support mails are about it" in priority.description.lower()


def test_the_page_has_every_example_tested_and_every_key_explained() -> None:
    assert len(EXAMPLES) == 6
    assert re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE) == list(KEYS)
