"""Priority files: what the Markdown means, and that writing one back changes nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.errors import PriorityFileError
from company.work.priority import Check, ChecklistItem, Priority, body_of, parse_priority, render_priority
from company.work.priority_body import ENTRIES_MAX

WHOLE = """---
branch: feature/chf
---
# Add the Swiss franc ##

Our shop in Zürich opens in March.

## Background

> They asked twice.

- [ ] add **CHF** to the schema
      and to the docs
- [x] ask the bank
* [X] ask again

```sh
# no heading
- [ ] no checkbox
## Files
```

1. [ ] show CHF

## Expected Outcome:

Prices can be read in CHF.

## Files

- `src/currency.py`: the list
- web/prices.html
- `src/currency.py`

## Dependencies

* the rates of the bank
none

## Complexity

small, a day

## Notes

More words.
"""


def parse(text: str, name: str = "a.md") -> Priority:
    return parse_priority(text.encode(), name)


def test_every_part_of_the_markdown_is_found() -> None:
    priority = parse(WHOLE)
    assert priority.title == "Add the Swiss franc"
    assert priority.items == (
        ChecklistItem("add **CHF** to the schema and to the docs", False, 12),
        ChecklistItem("ask the bank", True, 14),
        ChecklistItem("ask again", True, 15),
        ChecklistItem("show CHF", False, 23),
    )
    assert [item.line for item in priority.items] == [12, 14, 15, 23]
    assert priority.expected_outcome == "Prices can be read in CHF."
    assert priority.files == ("src/currency.py", "web/prices.html")
    assert priority.dependencies == ("the rates of the bank",)
    assert priority.complexity == "small, a day"
    assert priority.description.startswith("Our shop in Zürich opens in March.\n\n## Background")
    assert priority.description.endswith("## Notes\n\nMore words.")
    assert "# no heading\n- [ ] no checkbox\n## Files" in priority.description
    assert "ask the bank" not in priority.description
    assert (priority.kind, priority.rank_note, priority.text) == ("priority", None, WHOLE)


def test_an_agent_reads_the_body_without_the_front_matter() -> None:
    assert (
        body_of(parse(WHOLE))
        == WHOLE.partition("---\n# ")[1].removeprefix("---\n") + WHOLE.partition("---\n# ")[2]
    )


def test_sections_may_begin_with_a_label_in_bold() -> None:
    priority = parse(
        "# T\n\n**Description:** why\n**Files**: `a.py`, b.py\n__Complexity:__ high\n**Expected outcome:** x\n"
    )
    assert (priority.files, priority.complexity, priority.description) == (("a.py",), "high", "why")
    assert priority.expected_outcome == "x"


def test_an_unclosed_code_fence_reaches_to_the_end() -> None:
    priority = parse("# T\n~~~\n- [ ] code\n```\n## Files\n- x\n")
    assert (priority.items, priority.files) == ((), ())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# One\n# Two\n", "One"),
        ("## Two\n\n# One\n", "One"),
        ("## Files\n- a.py\n\n## Change it\n", "Change it"),
        ("### **Bold** title\n", "**Bold** title"),
        ("# **All bold**\n", "All bold"),
        ("fix the login\n", "fix the login"),
        ("- [ ] fix the login\n", "fix the login"),
        ("#\n\nwords\n", "words"),
        ("```\n# code\n```\nwords\n", "words"),
        ("```\n# code\n```\n", "my-file"),
        ("#hashtag\n", "#hashtag"),
        ("#  Two \t spaces\u2028and more \n", "Two spaces and more"),
        (f"# {'x' * 300}\n", "x" * 200),
        ("# C#\n", "C#"),
        ("# 🎉\n", "🎉"),
    ],
)
def test_the_title_is_one_short_line_whatever_is_there(text: str, title: str) -> None:
    priority = parse(text, "my-file.md")
    assert priority.title == title
    assert priority.title.splitlines() == [priority.title]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "~/.ssh/id", "..\\x"])
def test_paths_that_leave_the_repository_are_refused(path: str) -> None:
    with pytest.raises(PriorityFileError, match="outside the repository") as caught:
        parse(f"# T\n\n## Files\n\n- `ok.py`\n- `{path}`\n")
    assert (caught.value.line, caught.value.mend) == (6, "write paths from the repository's top folder")


def test_more_checkboxes_than_anyone_reads_are_refused() -> None:
    assert len(parse("# T\n" + "- [ ] x\n" * ENTRIES_MAX).items) == ENTRIES_MAX
    with pytest.raises(PriorityFileError, match="more than 500"):
        parse("# T\n" + "- [ ] x\n" * (ENTRIES_MAX + 1))


def test_writing_a_changed_wish_changes_nothing_else() -> None:
    """What orders does with what a person said beside a file."""
    priority = replace(parse(WHOLE), team="engineering", agents=("backend",))
    again = parse(render_priority(priority))
    assert again == priority
    assert (again.team, again.branch, body_of(again)) == ("engineering", "feature/chf", body_of(priority))


NAMES = (
    st.from_regex(r"[A-Za-zäß0-9][\w .:/@+-]{0,12}", fullmatch=True)
    .map(str.strip)
    .filter(lambda text: text and len(text.splitlines()) == 1)
)
ARGUMENTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\t\r\"'\\#$|&; :,[]{}\u2028\ufeff"),
    max_size=8,
)
COMMANDS = st.builds(lambda program, rest: (program, *rest), NAMES, st.lists(ARGUMENTS, max_size=3))
CHECKS = st.builds(Check, NAMES.map(lambda text: " ".join(text.split())), COMMANDS)
BRANCHES = st.from_regex(r"[a-z0-9ü]{1,6}(/[a-z0-9-]{1,6}x)?", fullmatch=True)
MARKDOWN = st.lists(
    st.sampled_from(
        ["# A title", "## Files", "- `a.py`", "- [ ] one", "- [x] two", "  more", "## Description", "```", "~~~", "---",
         "...", "", "**Files:** a", "## Expected outcome", "words: [", "1. **B** — why", "| 1 | C | d |", "## 1. D"]
    )
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12),
    max_size=12,
).map("\n".join)  # fmt: skip
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "team": NAMES,
        "repo": st.sampled_from(["sample", "https://example.org/a.git", "git@h:p", "/a b/c", "yes", "1.5"]),
        "branch": BRANCHES,
        "base": BRANCHES,
        "model": NAMES,
        "runner": NAMES,
        "agents": st.lists(NAMES, unique=True, max_size=3).map(tuple),
        "checks": st.lists(CHECKS, max_size=3, unique_by=lambda check: check.name).map(tuple),
        "setup": st.lists(COMMANDS, max_size=3).map(tuple),
        "max_iterations": st.integers(1, 20),
        "budget_usd": st.floats(0, allow_nan=False, allow_infinity=False),
        "depends_on": st.lists(NAMES, unique=True, max_size=3).map(tuple),
        "priority": st.integers(0, 3),
        "schedule": st.sampled_from(["every weekday 09:00", "0 9 * * 1-5", "every 15 minutes"]),
    },
)  # fmt: skip


@given(
    SETTINGS,
    MARKDOWN,
    st.sampled_from(["a.md", "priorities-2026-11-25.md", "priorities-2026-11-25.job-1.md"]),
)
def test_a_file_that_is_written_is_read_back_the_same(
    settings: dict[str, object], body: str, name: str
) -> None:
    try:
        plain = parse_priority(f"---\n---\n{body}".encode(), name)
    except PriorityFileError:
        return  # such a body is no priority file, whatever is settled about it
    priority = replace(plain, **settings)  # type: ignore[arg-type] # fields by name
    text = render_priority(priority)
    again = parse_priority(text.encode(), name)
    assert again == priority
    assert body_of(again) == body_of(priority)
    assert render_priority(again) == text
