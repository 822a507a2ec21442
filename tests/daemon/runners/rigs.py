"""What the contract suite needs to know of a runner: how to make it, and how to have an agent play a scenario.

A later runner adds a rig of its own to RIGS: its double of the real program reads the scenario and plays it in the
program's own language. Every scenario's agent first appends 'started' to ``count`` in the worktree.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from company.config import Config
from company.work.staff import Agent, Duty
from daemon.processes.spawn import Processes
from daemon.runners import RUNNERS
from daemon.runners.command import CommandRunner
from daemon.runners.protocol import Runner, RunTask

SECRET = "of-the-agent-alone"  # in the agent's environment, as AGENT_API_KEY
BRIEF = "Do it.\n`touch pwned` $(touch pwned); {task} {python} %s \"quoted\" 'single' é\n"
TASK = "add {brief} $(touch pwned) `touch pwned`; touch pwned"


class Scenario(StrEnum):
    """What the agent does."""

    WORKS = "works"  #: writes made.txt and brief-seen.txt (the brief as it came), says 'hello from the agent'
    FAILS = "fails"  #: says 'it went wrong', ends badly
    STUBBORN = (
        "stubborn"  #: ignores SIGTERM, as does a grandchild in its own session; their pids in pids; for ever
    )
    SILENT = "silent"  #: says nothing, for ever
    WAITS = "waits"  #: says 'before', waits until go exists in the worktree, says 'after', ends well
    LEAKS = "leaks"  #: says its AGENT_API_KEY in every way it can, ends badly saying it
    GARBAGE = "garbage"  #: bytes that are no UTF-8, halves and depths of JSON, a line of 2 MB; ends well
    LOOKS = "looks"  #: writes its environment (JSON) and working directory to seen.json, ends well
    # of coding-agent programs alone: see program_double.py
    HANGS = "hangs"
    RETRIES = "retries"
    WORKS_ON = "works_on"
    DIES = "dies"
    LEAVES = "leaves"
    EXITS = "exits"
    SHOUTS = "shouts"
    RECITES = "recites"
    ASKS = "asks"
    MISSING = "missing"  #: the program is not there


@dataclass(frozen=True)
class Rig:
    """A runner and its double."""

    name: str
    make: Callable[[Config, Processes, Mapping[str, str]], Runner]
    task: Callable[[Path, Scenario, dict[str, Any]], RunTask]
    config: Callable[[Path, Scenario], Config] = lambda folder, scenario: Config(root=folder)
    service: Mapping[str, str] = field(default_factory=dict)  #: the service's environment
    exits_with_0: bool = False  #: whatever happened


def agent_with(*command: str, runner: str = "command") -> Agent:
    return Agent(
        id="agent-backend",
        team_id="team-engineering",
        name="Backend",
        role="Database",
        emoji="",
        duty=Duty.WORK,
        model="none",
        runner=runner,
        command=command,
    )


def task_for(folder: Path, agent: Agent, **changes: Any) -> RunTask:
    """Make a task whose worktree, brief and output lie in ``folder``."""
    worktree = folder / "worktree"
    worktree.mkdir(exist_ok=True)
    brief_path = folder / "briefs" / "1-backend.md"
    brief_path.parent.mkdir(exist_ok=True)
    facts: dict[str, Any] = {
        "key": "job-1/1-backend",
        "job_id": "job-1764061200000-abc1234",
        "agent": agent,
        "iteration": 0,
        "brief": BRIEF,
        "brief_path": brief_path,
        "task": TASK,
        "worktree": worktree,
        "base_commit": "0" * 40,
        "model": "none",
        "output_path": folder / "output" / "1-backend.log",
        "wall_timeout_s": 30.0,
        "idle_timeout_s": None,
        "environment": {"PATH": os.environ["PATH"], "AGENT_API_KEY": SECRET},
        **changes,
    }
    brief_path.write_text(facts["brief"], encoding="utf-8")
    return RunTask(**facts)


def command_task(folder: Path, scenario: Scenario, changes: dict[str, Any]) -> RunTask:
    script = str(Path(__file__).with_name("command_agent.py"))
    command: tuple[str, ...] = (sys.executable, "-I", "-S", script, scenario.value, "{brief}")
    if scenario is Scenario.MISSING:
        command = ("no-such-program-at-all",)
    return task_for(folder, agent_with(*command), **changes)


CREDENTIAL = "of-the-program-alone"
KEYS = {
    "claude": "ANTHROPIC_API_KEY",
    "codex": "CODEX_API_KEY",
    "opencode": "OPENROUTER_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "pi": "OPENROUTER_API_KEY",
}


def double(folder: Path, name: str) -> Path:
    """Put the program's double into a folder of its own, under the program's name."""
    program = folder / "bin" / name
    if not program.exists():
        program.parent.mkdir(exist_ok=True)
        script = Path(__file__).with_name("program_double.py")
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -I -S "{script}" {name} "$@"\n', encoding="utf-8"
        )
        program.chmod(0o755)
    return program


def program_rig(name: str) -> Rig:
    """Return the rig of a coding-agent program."""

    def config(folder: Path, scenario: Scenario) -> Config:
        program = "no-such-program-at-all" if scenario is Scenario.MISSING else str(double(folder, name))
        runners = {"result_grace_s": 0.5, name: {"program": program}}
        return Config.model_validate({"root": folder, "runners": runners})

    def task(folder: Path, scenario: Scenario, changes: dict[str, Any]) -> RunTask:
        plain = {key: value for key, value in changes.items() if key != "facts"}
        made = task_for(folder, plain.pop("agent", agent_with(runner=name)), **plain)
        facts = {"scenario": scenario.value, **changes.get("facts", {})}
        (folder / "scenario.json").write_text(json.dumps(facts), encoding="utf-8")
        return made

    service = {KEYS[name]: CREDENTIAL, "SLACK_BOT_TOKEN": "xoxb-of-the-service"}
    return Rig(name, RUNNERS[name], task, config, service, exits_with_0=name == "pi")


PROGRAM_RIGS = [program_rig(name) for name in KEYS]
RIGS = [Rig("command", CommandRunner, command_task), *PROGRAM_RIGS]
