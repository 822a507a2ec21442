"""The daily report: number 1 is taken, with what belongs to it."""

import pytest

from company.errors import PriorityFileError
from company.work.priority import Priority, body_of, parse_priority

NAME = "priorities-2026-11-25.md"


def parse(text: str, name: str = NAME) -> Priority:
    return parse_priority(text.encode(), name)


def test_a_ranked_heading_is_taken_with_its_section() -> None:
    priority = parse(
        "---\nteam: engineering\n---\n# Priorities of 2026-11-25\n\n## 1. **Repair the login**\n\n"
        "Half of the mails.\n\n### Files\n\n- `login.py`\n\n### 1. A step\n\n- [ ] accept plus\n\n## 2. Search\n\n"
        "- [ ] faster\n\n## Notes\n\nx\n"
    )
    assert (priority.kind, priority.rank_note, priority.title) == ("daily", "1 of 2", "Repair the login")
    assert (priority.team, priority.files) == ("engineering", ("login.py",))
    assert [(item.text, item.line) for item in priority.items] == [("accept plus", 16)]
    assert "Search" not in body_of(priority)
    assert "Notes" not in body_of(priority)


@pytest.mark.parametrize(
    "heading",
    ["## 1. Repair", "## 1) Repair", "## 1: Repair", "## #1 Repair", "## #1: Repair", "## Priority 1: Repair",
                "## Priority #1 Repair", "## 1 — Repair", "## 1 - Repair", "###### 1. Repair ######"],
)  # fmt: skip
def test_the_usual_ways_to_rank_a_heading_are_read(heading: str) -> None:
    assert parse(f"# 2026-11-25\n\n{heading}\n\nwhy\n").title == "Repair"


@pytest.mark.parametrize(
    "entry", ["1. **Repair** — why", "1. **Repair**: why", "1) **Repair** why", "1. Repair - why", "1. Repair: why",
              "1. **Repair:** why", "1. [ ] **Repair** – why", " 1.   `Repair` —  why"],
)  # fmt: skip
def test_the_usual_ways_to_rank_a_list_are_read(entry: str) -> None:
    priority = parse(f"Good morning.\n\n{entry}\n   - [ ] a part\n2. **Search** — later\n3. Rest\n\nBye.\n")
    assert (priority.title, priority.rank_note) == ("Repair", "1 of 3")
    assert priority.description == "why"
    assert [item.text for item in priority.items] == ["a part"]


def test_a_list_that_says_one_on_each_line_is_numbered_as_markdown_does() -> None:
    priority = parse("1. First\n1. Second\n1. Third\n")
    assert (priority.title, priority.rank_note) == ("First", "1 of 3")


def test_the_section_of_the_same_name_belongs_to_it() -> None:
    priority = parse(
        "2. Search\n1. **Repair the login** — mails\n\n## Search\n\n- [ ] no\n\n## Repair the Login\n\n- [ ] plus\n\n"
        "### Expected outcome\n\nNo mails.\n\n### Background\n\nOld.\n\n## End\n\n- [ ] no\n"
    )
    assert (priority.title, priority.rank_note) == ("Repair the login", "1 of 2")
    assert [item.text for item in priority.items] == ["plus"]
    assert priority.expected_outcome == "No mails."
    assert "### Background" in priority.description


def test_a_table_is_read() -> None:
    priority = parse(
        "| rank | what | why |\n|---:|---|---|\n| 2 | Search | later |\n| 1 | **Repair a\\|b** | mails |  |\n"
    )
    assert (priority.title, priority.rank_note, priority.description) == ("Repair a|b", "1 of 2", "mails")


def test_what_stands_in_code_is_not_ranked() -> None:
    assert parse("```\n1. code\n## 1. code\n| 1 | code |\n```\n1. Real\n").title == "Real"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [("Nothing today.\n", None, "without a ranked list"), ("# P\n\n2. a\n3. b\n", 3, "nothing is ranked 1")],
)
def test_a_report_without_a_number_one_is_refused(text: str, line: int | None, words: str) -> None:
    with pytest.raises(PriorityFileError, match=words) as caught:
        parse(text)
    assert caught.value.line == line
    assert "1. **Title**" in caught.value.mend


@pytest.mark.parametrize(
    ("name", "kind"),
    [(NAME, "daily"), ("priorities-2026-11-25.job-1764061200000-abc1234.md", "daily"), ("priorities.md", "priority"),
     ("my-priorities-2026-11-25.md", "priority"), ("priorities-2026-11-25-late.md", "priority")],
)  # fmt: skip
def test_the_name_tells_a_daily_report_also_once_it_is_queued(name: str, kind: str) -> None:
    assert parse("# 1. A\n", name).kind == kind
