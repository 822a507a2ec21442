"""What goes into a brief besides the task: the agent's own instructions, and the repository's words as data."""

import os
from pathlib import Path

import pytest

from company.config import load_config
from company.work.staff import Agent, Duty
from daemon.job.briefing import _guidance, _words_in, standing_instructions
from tests.checkout import CHECKOUT


def an_agent(short_id: str, prompt: str | None = None) -> Agent:
    return Agent(
        id=f"agent-{short_id}", team_id="team-engineering", name=short_id.title(), role="Whatever", emoji="",
        duty=Duty.WORK, model="sonnet", runner="command", prompt=prompt,
    )  # fmt: skip


def shipped_agents() -> list[str]:
    config = load_config(CHECKOUT / "config.yaml", {})
    return [agent.short_id for agent in config.agents]


@pytest.mark.parametrize("short_id", shipped_agents())
def test_everyone_of_the_shipped_staff_has_instructions(short_id: str) -> None:
    words = standing_instructions(an_agent(short_id))
    assert words.startswith("You are ")
    assert len(words.split()) > 150


def test_an_edited_prompt_takes_the_shipped_ones_place() -> None:
    assert standing_instructions(an_agent("backend", "Only ever add tests.")) == "Only ever add tests."


def test_a_hired_agent_without_a_prompt_is_told_its_role() -> None:
    assert standing_instructions(an_agent("gardener")) == "You are Gardener, Whatever."


def test_the_first_guidance_that_says_something_is_told(tmp_path: Path) -> None:
    (tmp_path / "AGENTS.md").write_text("  \n")
    (tmp_path / "CLAUDE.md").write_text("Use tabs.")
    assert _guidance(tmp_path) == "Use tabs."


def test_no_link_leads_out_of_the_tree(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("the keys")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "AGENTS.md").symlink_to(secret)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "backend.md").write_text("the keys")
    (tree / ".agents").symlink_to(outside)
    assert _guidance(tree) == ""
    assert _words_in(tree, ".agents/backend.md") == ""


def test_what_is_no_file_says_nothing_and_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "AGENTS.md")
    (tmp_path / "CLAUDE.md").mkdir()
    (tmp_path / "CONTRIBUTING.md").write_bytes(b"\xff\xfe plain")
    assert _guidance(tmp_path).endswith(" plain")
