"""Step 6, before the run: what is put together for an agent's brief, from the plan, the tree and the repository.

The repository's own words are read from the tree the run starts from, never through a link and never without a bound:
they are data (company/work/brief.py), and what an agent may do is not theirs to say.
"""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from company.store.notes import Note
from company.store.sessions import Session
from company.work.brief import GUIDANCE_MAX, BriefFacts, compose_brief
from company.work.priority import Priority, body_of
from company.work.staff import Agent
from daemon.job.facts import ReadyFacts, StoryFacts, finding_from

GUIDANCE_FILES = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md")  #: the first that says something is told
ADDITIONS_FOLDER = ".agents"  #: <short id>.md in it: what the repository adds to that agent's instructions


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One agent's part in one iteration of a job."""

    session: Session
    priority: Priority
    agent: Agent
    iteration: int
    story: StoryFacts
    findings: list[dict[str, Any]]

    @property
    def name(self) -> str:
        """What the run's branch, worktree, brief and output are called."""
        return f"{self.iteration + 1}-{self.agent.short_id}"

    @property
    def has_work_in_the_tree(self) -> bool:
        """An earlier run of the agent ended well."""
        return any(run["agent_id"] == self.agent.id and run["ended_well"] for run in self.story["runs"])

    @property
    def task(self) -> str:
        """What the agent is asked to do."""
        return self.story["plan"]["descriptions"][self.agent.id]


def brief_for(part: Assignment, tree: Path, told: Sequence[Note] = ()) -> str:
    """Write the brief of one run that starts from ``tree``; ``told`` is what people said to the job."""
    ready, agent, priority = part.story["ready"], part.agent, part.priority
    excused = _excused_checks(ready)
    mine = [finding_from(facts) for facts in part.findings if facts["agent_id"] in (agent.id, None)]
    return compose_brief(
        BriefFacts(
            agent=agent,
            prompt=standing_instructions(agent),
            task=part.task,
            priority_text=body_of(priority),
            expected_outcome=priority.expected_outcome,
            files=priority.files,
            checks=[name for name in (check["name"] for check in ready["checks"]) if name not in excused],
            red_before=excused,
            colleagues_done=[
                f"{run['agent_id'].removeprefix('agent-')}: {', '.join(run['files'])}"
                for run in part.story["runs"]
                if run["ended_well"]
            ],
            guidance=_guidance(tree),
            additions=_words_in(tree, f"{ADDITIONS_FOLDER}/{agent.short_id}.md"),
            findings=mine,
            notes=[f"{one.author}: {one.body}" for one in told if one.kind == "note"],
            before=[f"{one.author}:\n{one.body}" for one in told if one.kind != "note"],
            iteration=part.iteration,
        )
    )


def _excused_checks(ready: ReadyFacts) -> list[str]:
    """Return the checks that may stay red: they were so before any work, and the file does not name them."""
    named = {check["name"] for check in ready["checks"] if check["is_named"]}
    return [
        check["name"] for check in ready["baseline"] if not check["is_green"] and check["name"] not in named
    ]


def standing_instructions(agent: Agent) -> str:
    """Return how ``agent`` works: its own prompt where it has one, else the shipped one, else its role."""
    shipped = files("daemon.prompts").joinpath(f"{agent.short_id}.md")
    if agent.prompt:
        return agent.prompt
    if shipped.is_file():
        return shipped.read_text(encoding="utf-8")
    return f"You are {agent.name}, {agent.role}."


def _guidance(tree: Path) -> str:
    return next((text for name in GUIDANCE_FILES if (text := _words_in(tree, name)).strip()), "")


def _words_in(tree: Path, name: str) -> str:
    """Read a text file of the tree, cut; '' where there is none, or where a link or something else takes its place."""
    folder = tree
    for part in Path(name).parts[:-1]:
        folder /= part
        if folder.is_symlink():
            return ""
    path = tree / name
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
        with path.open("rb") as file:
            return file.read(4 * GUIDANCE_MAX).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""
