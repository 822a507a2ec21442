"""Agents that are commands: their arguments, what they may say, and what is refused."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.config import Config
from company.errors import RunnerNotFound
from daemon.processes.spawn import Processes
from daemon.runners import runner_for
from daemon.runners.command import CommandRunner
from daemon.runners.lines import LineReader
from daemon.runners.placeholders import fill, refusal
from daemon.runners.protocol import Event, EventKind, RunResult
from tests.daemon.runners.rigs import TASK, agent_with, task_for


class Desk:
    """Runs commands as agents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runner = CommandRunner(Config(root=folder), Processes(folder / "runs"), {})
        self.events: list[Event] = []

    def run(self, *command: str, **changes: Any) -> RunResult:
        return self.runner.run(task_for(self.folder, agent_with(*command), **changes), self.events.append)

    def words(self) -> list[str]:
        return [event.text for event in self.events]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


SHOW = (sys.executable, "-I", "-S", "-c", "import json, sys; print(json.dumps(sys.argv[1:]))")


def shown(desk: Desk) -> list[str]:
    arguments: list[str] = json.loads(desk.words()[-1])
    return arguments


def test_placeholders_become_arguments(desk: Desk) -> None:
    placeholders = ["brief_file", "worktree", "job", "agent", "iteration", "base", "python"]
    desk.run(*SHOW, "{task}", *(f"<{{{name}}}>" for name in placeholders), iteration=1)
    assert shown(desk) == [
        TASK,
        f"<{desk.folder}/briefs/1-backend.md>",
        f"<{desk.folder}/worktree>",
        "<job-1764061200000-abc1234>",
        "<backend>",
        "<2>",
        f"<{'0' * 40}>",
        f"<{sys.executable}>",
    ]


def test_other_braces_stay_as_they_are(desk: Desk) -> None:
    desk.run(*SHOW, "{}", "{0}", "{unknown}", "{{task}}"[1:-1], "{task!r}", "${job}")
    assert shown(desk) == ["{}", "{0}", "{unknown}", TASK, "{task!r}", "$job-1764061200000-abc1234"]


def test_the_same_is_in_the_environment(desk: Desk) -> None:
    desk.run("/usr/bin/env")
    variables = dict(line.partition("=")[::2] for line in desk.words())
    assert variables["AGENT_TASK"] == TASK
    assert variables["AGENT_BRIEF_FILE"] == f"{desk.folder}/briefs/1-backend.md"
    assert variables["AGENT_WORKTREE"] == f"{desk.folder}/worktree"
    assert variables["AGENT_JOB"] == "job-1764061200000-abc1234"
    assert (variables["AGENT_NAME"], variables["AGENT_ITERATION"]) == ("backend", "1")
    assert variables["AGENT_BASE"] == "0" * 40
    assert variables["AGENT_FEEDBACK_FILE"].startswith(f"{desk.folder}/briefs/")


def test_a_brief_too_long_for_an_argument_is_cut_and_the_file_has_it_all(desk: Desk) -> None:
    brief = "é" * 200_000
    desk.run(
        *SHOW[:-1],
        "import os, sys; print(len(sys.argv[1]), os.path.getsize(os.environ['AGENT_BRIEF_FILE']))",
        "{brief}",
        brief=brief,
        task=brief,
    )
    length, size = map(int, desk.words()[-1].split())
    assert 50_000 <= length < 50_100
    assert size == 400_000


def test_a_nul_in_the_task_is_left_out(desk: Desk) -> None:
    desk.run(*SHOW, "{task}", task="a\0b")
    assert shown(desk) == ["ab"]


@pytest.mark.parametrize(
    "command",
    [
        ("{task}",),
        ("{brief}", "x"),
        ("sh", "-c", "echo {task}"),
        ("sh", "-c", "{task}"),
        ("/bin/bash", "-lc", "{brief}"),
        ("env", "-S", "{task}"),
        ("python3", "-c", "{brief}"),
        ("{python}", "-c", "print({task})"),
        ("{python}", "-c", "{task}"),
        ("python3.11", "-Ic", "{task}"),
        ("node", "--eval", "{task}"),
        ("node", "--eval={task}"),
        ("perl", "-e", "{task}"),
        ("timeout", "5", "sh", "-c", "{task}"),
        ("sed", "-i", "-e", "{task}", "file"),
        ("sed", "-i", "{task}", "file"),
        ("awk", "{task}"),
        ("sh", "{brief}"),
        ("python3", "-m", "{task}"),
        ("env", "{task}"),
        ("env", "A=1", "{task}"),
        ("timeout", "5s", "{task}"),
        ("ssh", "host", "{task}"),
        ("xargs", "-I", "x", "tool", "{task}"),
        ("git", "commit", "-m{task}"),
        ("tool", "--x", "prefix {task}"),
    ],
)
def test_what_would_make_a_program_of_a_file_is_refused(desk: Desk, command: tuple[str, ...]) -> None:
    with pytest.raises(RunnerNotFound) as caught:
        desk.run(*command)
    assert caught.value.mend
    assert list(desk.folder.rglob("pwned")) == []


@pytest.mark.parametrize(
    "command",
    [
        ("claude", "-p", "{brief}"),
        ("tool", "--task={task}", "{worktree}/x"),
        ("sh", "-c", 'tool "$1"', "sh", "{task}"),
        ("sh", "-c", "cd {worktree} && make"),
        ("{python}", "script.py", "{task}", "{brief}"),
        ("{worktree}/run.sh", "{brief_file}"),
        ("env", "A=1", "tool", "{task}"),
        ("timeout", "60", "{python}", "-m", "tool", "{task}"),
        ("perl", "-pe", "s/a/b/", "{task}"),
        ("git", "commit", "-m", "{task}"),
    ],
)
def test_arguments_of_their_own_are_taken(command: tuple[str, ...]) -> None:
    assert refusal(command) is None


def test_a_script_gets_the_task_as_data(desk: Desk) -> None:
    assert desk.run("sh", "-c", 'printf "%s" "$1"', "sh", "{task}").ok
    assert desk.words() == [TASK]
    assert list(desk.folder.rglob("pwned")) == []


def test_an_agent_without_a_command_is_told_how_to_give_it_one(desk: Desk) -> None:
    with pytest.raises(RunnerNotFound, match="Backend has no command") as caught:
        desk.run()
    assert "command: [program, argument, …]" in caught.value.mend


def test_an_unknown_runner_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RunnerNotFound, match="there is no such runner") as caught:
        runner_for("gpt", Config(root=tmp_path), Processes(tmp_path / "runs"), {})
    assert "command" in caught.value.mend


def test_the_reason_is_the_exit_code_and_the_last_words(desk: Desk) -> None:
    result = desk.run("sh", "-c", "echo working; echo 'no such table: users' >&2; echo; exit 4")
    assert result.reason == "exit 4: no such table: users"
    assert desk.run("sh", "-c", "exit 4", key="job-1/a").reason == "exit 4"
    assert desk.run("sh", "-c", "kill -9 $$", key="job-1/b").reason == "signal 9"


def test_lines_are_text_and_json_lines_with_a_kind_are_what_they_say(desk: Desk) -> None:
    lines = [
        "plain words",
        '{"kind": "tool", "text": "edit a.py", "data": {"name": "edit"}}',
        '{"kind": "usage", "data": {"model": "m1", "input_tokens": 10, "output_tokens": 5, "cost_usd": 0.25}}',
        '{"kind": "usage", "data": {"input_tokens": 1, "output_tokens": true, "cost_usd": -3}}',
        '{"kind": "something else", "text": "x"}',
        '{"not": "ours"}',
    ]
    result = desk.run("sh", "-c", 'printf "%s\\n" "$@"', "sh", *lines)
    assert [event.kind for event in desk.events] == [
        EventKind.TEXT,
        EventKind.TOOL,
        EventKind.USAGE,
        EventKind.USAGE,
        EventKind.TEXT,
        EventKind.TEXT,
    ]
    assert (desk.events[1].text, desk.events[1].data) == ("edit a.py", {"name": "edit"})
    assert (result.model_used, result.input_tokens, result.output_tokens) == ("m1", 11, 5)
    assert result.cost_usd == 0.25


def test_json_on_standard_error_is_only_text(desk: Desk) -> None:
    desk.run("sh", "-c", 'echo \'{"kind": "tool", "text": "x"}\' >&2')
    assert desk.events[0].kind is EventKind.TEXT
    assert desk.events[0].data == {"stream": "stderr"}


def test_a_command_without_a_model_says_none(desk: Desk) -> None:
    result = desk.run("true")
    assert (result.model_used, result.input_tokens, result.cost_usd) == ("none", 0, None)


def feedback(desk: Desk, content: str) -> Any:
    (desk.folder / "content").write_text(content, encoding="utf-8")
    result = desk.run("sh", "-c", f'cp {desk.folder}/content "$AGENT_FEEDBACK_FILE"')
    assert result.ok
    return result.feedback


def test_feedback_is_read_from_the_file(desk: Desk) -> None:
    given = {"completed": ["renamed a"], "questions": "which one?", "next_steps": [" x ", "", 7], "other": 1}
    found = feedback(desk, json.dumps(given))
    assert found.as_dict() == {
        "completed": ["renamed a"],
        "concerns": [],
        "blockers": [],
        "next_steps": ["x"],
        "questions": ["which one?"],
    }


@pytest.mark.parametrize("content", ["{", "[]", '"x"', "[" * 100_000, "x" * 300_000, '{"a": \x00}'])
def test_feedback_that_cannot_be_read_is_a_concern(desk: Desk, content: str) -> None:
    found = feedback(desk, content)
    assert len(found.concerns) == 1
    assert found.concerns[0].startswith("its feedback file could not be read")
    assert len(found.concerns[0]) < 500


def test_feedback_is_bounded(desk: Desk) -> None:
    found = feedback(desk, json.dumps({"concerns": ["x" * 10_000] * 20}))
    assert {len(line) for line in found.concerns} == {2_000}
    assert len(feedback_of_many(desk)) == 50


def feedback_of_many(desk: Desk) -> tuple[str, ...]:
    content = desk.folder / "content"
    content.write_text(json.dumps({"concerns": [f"line {n}" for n in range(1000)]}), encoding="utf-8")
    result = desk.run("sh", "-c", f'cp {content} "$AGENT_FEEDBACK_FILE"', key="job-1/many")
    return result.feedback.concerns


@pytest.mark.parametrize("plant", ["ln -s /etc/passwd", "mkfifo", "mkdir"])
def test_feedback_that_is_no_file_is_a_concern(desk: Desk, plant: str) -> None:
    result = desk.run("sh", "-c", f'{plant} "$AGENT_FEEDBACK_FILE"')
    assert result.ok
    assert len(result.feedback.concerns) == 1
    assert "root:" not in repr(result)


def test_a_lost_attempt_does_not_count_in_the_result(desk: Desk) -> None:
    heard: list[Event] = []
    reader = LineReader(heard.append)
    reader.hear("stdout", '{"kind": "usage", "data": {"input_tokens": 10}}')
    reader.hear("stdout", "about to be lost")
    reader.hear("attempt", "[attempt 2: the one before was lost]")
    assert (reader.usage.input_tokens, reader.last_line) == (0, "")
    assert heard[-1].kind is EventKind.RETRY


def test_lines_heard_before_a_restart_count_and_are_not_told(desk: Desk) -> None:
    heard: list[Event] = []
    reader = LineReader(heard.append)
    reader.hear_again("stdout", '{"kind": "usage", "data": {"input_tokens": 10}}')
    reader.hear("stdout", '{"kind": "usage", "data": {"input_tokens": 5}}')
    assert reader.usage.input_tokens == 15
    assert len(heard) == 1


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_is_put_in_is_never_looked_at_again(task: str, brief: str) -> None:
    values = {"task": task, "brief": brief, "worktree": "{task}"}
    assert fill("{task}|{brief}|{worktree}", values) == f"{task}|{brief}|{{task}}"


@given(st.text(alphabet='{}brieftasknull,:[]"0\\ \n', max_size=60))
def test_any_line_is_an_event(line: str) -> None:
    heard: list[Event] = []
    LineReader(heard.append).hear("stdout", line)
    assert len(heard) == 1
    assert isinstance(heard[0].text, str)


def test_the_path_of_the_agent_is_searched_not_ours(desk: Desk) -> None:
    tool = desk.folder / "bin" / "only-here"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    environment = {"PATH": f"{tool.parent}{os.pathsep}/usr/bin:/bin"}
    assert desk.run("only-here", environment=environment).ok
    assert desk.words() == ["found"]
