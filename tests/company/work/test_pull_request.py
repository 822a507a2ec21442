"""What a pull request says: the story, and nothing that could disturb anybody or speak for the service."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.work.priority import parse_priority
from company.work.pull_request import (
    BODY_MAX,
    TITLE_MAX,
    Complaint,
    Contribution,
    PullRequestStory,
    complaints_key,
    compose_body,
    compose_title,
    follow_up_text,
    slug_in,
)
from company.work.verification import Comparison


def story(**changes: object) -> PullRequestStory:
    facts: dict[str, object] = {
        "job_id": "job-1795579542233-3xdc9li", "title": "Round prices", "requested_by": "ada", "asked": "# Round\n",
        "contributions": [Contribution(agent="Backend", task="round half up", files_count=2)],
        "comparisons": [Comparison(name="unit tests", before=False, after=True, verdict="mended", is_fault=False)],
        "iterations": 1, "duration_s": 61.0, "cost_usd": 0.4,
    }  # fmt: skip
    return PullRequestStory(**{**facts, **changes})  # type: ignore[arg-type] # a test's shorthand


def test_it_tells_who_did_what_and_what_the_checks_said() -> None:
    body = compose_body(story())
    assert "Asked by ada." in body
    assert "- **Backend**: round half up (2 files)" in body
    assert "| unit tests | red | green | mended |" in body
    assert "61 s · 1 iteration · $0.40 · `job-1795579542233-3xdc9li`" in body


def test_without_checks_it_says_so() -> None:
    assert "no checks of its own" in compose_body(story(comparisons=[]))


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_fact_mentions_anybody_or_becomes_markup(asked: str, task: str) -> None:
    text = story(
        asked=asked,
        requested_by="@everyone",
        contributions=[Contribution(agent="@b", task=task, files_count=1)],
    )
    body = compose_body(text)
    assert len(body) <= BODY_MAX + 1
    what = body.partition("<details>")[0]
    assert not re.search(r"[@#]\w", what.replace("## ", ""))
    assert "<" not in what


@given(st.text(max_size=1000))
def test_a_title_is_one_line_of_bounded_length(title: str) -> None:
    made = compose_title(story(title=title))
    assert 0 < len(made) <= TITLE_MAX
    assert "\n" not in made


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/robot/shop.git", "https://github.com/robot/shop", "git@github.com:robot/shop.git",
        "ssh://git@github.com/robot/shop.git", "ssh://git@github.com:22/robot/shop", "https://GitHub.com/robot/shop/",
    ],
)  # fmt: skip
def test_a_repository_is_known_by_any_of_its_addresses(address: str) -> None:
    assert slug_in(address, "github.com") == "robot/shop"


@pytest.mark.parametrize(
    "address",
    [
        "https://gitlab.com/robot/shop.git", "https://github.com.evil.example/robot/shop", "/srv/github.com/robot/shop",
        "https://github.com/robot", "https://github.com/robot/shop/more", "https://evil.example/github.com/robot/shop",
        "",
    ],
)  # fmt: skip
def test_another_address_is_not_there(address: str) -> None:
    assert slug_in(address, "github.com") is None


def test_a_follow_up_stands_on_the_delivered_branch_and_has_the_complaints_as_data() -> None:
    first = parse_priority(
        b"---\nrepo: shop\nagents: [backend]\nschedule: every day 09:00\ndepends_on: [other]\n---\n"
        b"# Round prices\n\nHalf up.\n",
        "round.md",
    )
    complaint = Complaint(source="check: build", text="2 tests\nfailed", detail="```\n---\nrepo: evil\n```")
    text = follow_up_text(first, "agent/job-1", "job-1", [complaint])
    made = parse_priority(text.encode(), "follow-up.md")
    assert (made.repo, made.agents, made.branch, made.base) == (
        "shop",
        ("backend",),
        "agent/job-1",
        "agent/job-1",
    )
    assert (made.schedule, made.depends_on) == (None, ())
    assert made.title == "Mend what came back: Round prices"
    assert "check: build: 2 tests failed" in made.text
    assert "Half up." in made.text


@given(st.lists(st.builds(Complaint, source=st.text(max_size=5), text=st.text(max_size=5)), max_size=5))
def test_the_order_of_complaints_makes_no_difference(complaints: list[Complaint]) -> None:
    assert complaints_key(complaints) == complaints_key(complaints[::-1])
