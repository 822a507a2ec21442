"""Agents that are ordinary commands: the embedded default. No model, no account, no key.

The command is an argument vector from config.yaml. What a priority file says reaches it as an argument of its own,
as an environment variable or as a file, and never as program text: see ``refusal``.
"""

import re
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from company.config import Config
from company.errors import RunnerNotFound
from daemon.processes.spawn import EndReason, ProcessEnd, Processes, ProcessSpec
from daemon.runners.feedback import read_feedback
from daemon.runners.lines import LineReader
from daemon.runners.protocol import OnEvent, Probe, RunResult, RunTask

ARGUMENT_MAX = 100_000  # bytes; Linux takes 131072 for one argument or variable (MAX_ARG_STRLEN)

_PLACEHOLDER = re.compile(r"\{(brief|brief_file|task|worktree|job|agent|iteration|base|python)\}")
_WRITTEN_BY_OTHERS = re.compile(r"\{(?:brief|task)\}")
_WHOLE = re.compile(r"(?:--[A-Za-z0-9][A-Za-z0-9-]*=)?\{(?:brief|task)\}")
_INTERPRETER = re.compile(
    r"(?:ba|da|z|k|mk|a|fi|c|tc|pw|nu|x)?sh|(?:python|pypy|perl|ruby|lua|php|node|tclsh)[\d.]*|deno|bun|[gmn]?awk|g?sed"
    r"|osascript|powershell|cmd|eval|ssh|su|watch|xargs|find|make|\{python\}"
)
_CODE_OPTION = re.compile(
    r"-[A-Za-z]*[cCeErR]|--?(?:eval|command|execute|expression|exec|print|run)|-S|--split-string"
)


class CommandRunner:
    """Runs ``agent.command`` in the worktree. Exit code 0 is a run that ended well."""

    name = "command"

    def __init__(self, config: Config, processes: Processes) -> None:
        self._config, self._processes = config, processes

    def probe(self) -> Probe:
        """Say that it is there: it needs nothing."""
        return Probe(version="built in, no model", reason=None)

    def run(self, task: RunTask, on_event: OnEvent) -> RunResult:
        """Run the command. Raises RunnerNotFound where the agent has none, or one that cannot be used safely."""
        argv = self._argv(task)
        feedback_path = task.brief_path.with_suffix(".feedback.json")
        reader = LineReader(on_event)
        end = self._processes.run(
            ProcessSpec(
                key=task.key,
                argv=argv,
                cwd=task.worktree,
                env={**task.environment, **_variables(task, feedback_path)},
                output_path=task.output_path,
                wall_timeout_s=task.wall_timeout_s,
                idle_timeout_s=task.idle_timeout_s,
                output_limit_bytes=task.output_limit_bytes,
                memory_limit_bytes=task.memory_limit_bytes,
            ),
            reader.hear,
            reader.hear_again,
        )
        reason = why_not(end, reader.last_line)
        return RunResult(
            ok=not reason,
            reason=reason,
            exit_code=end.exit_code,
            ended=end.reason,
            duration_s=end.duration_s,
            model_used=reader.usage.model,
            input_tokens=reader.usage.input_tokens,
            output_tokens=reader.usage.output_tokens,
            cost_usd=reader.usage.cost_usd,
            feedback=read_feedback(feedback_path, self._processes.redactor),
        )

    def _argv(self, task: RunTask) -> tuple[str, ...]:
        mend = f"agents: … id: {task.agent.id}, command: [program, argument, …]  (docs/runners.md)"
        if not task.agent.command:
            raise RunnerNotFound(self.name, f"{task.agent.name} has no command", mend=mend)
        if reason := refusal(task.agent.command):
            raise RunnerNotFound(self.name, f"the command of {task.agent.name}: {reason}", mend=mend)
        values = _placeholders(task)
        return tuple(fill(word, values) for word in task.agent.command)


def refusal(argv: tuple[str, ...]) -> str | None:
    """Say why ``argv`` would make program text out of what a file says; None when it does not.

    ``{brief}`` and ``{task}`` are an argument of their own or the value of a ``--long-option=``, never the program,
    and never what an interpreter is told to run.
    """
    if _WRITTEN_BY_OTHERS.search(argv[0]):
        return "the program itself cannot come from a priority file"
    interprets = any(_INTERPRETER.fullmatch(Path(word).name) for word in argv)
    for before, word in pairwise(argv):
        if not _WRITTEN_BY_OTHERS.search(word):
            continue
        if not _WHOLE.fullmatch(word):
            return f"{word!r}: {{brief}} and {{task}} must be an argument of their own, or read $AGENT_TASK"
        if interprets and (_CODE_OPTION.fullmatch(before) or _CODE_OPTION.fullmatch(word.partition("=")[0])):
            return f'{before} {word}: what a file says would be run as a program; use "$1" or $AGENT_TASK in a script'
    return None


def fill(word: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders of ``word`` in one pass: what is put in is never looked at again."""
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], word)


def why_not(end: ProcessEnd, last_line: str) -> str:
    """Say in one line why a process did not end well; '' when it did."""
    if end.reason is EndReason.EXITED:
        if end.exit_code == 0:
            return ""
        ended = f"signal {end.signal}" if end.exit_code is None else f"exit {end.exit_code}"
        return f"{ended}: {last_line}" if last_line else ended
    words = end.reason.value.replace("_", " ")
    return f"{words}: {end.error}" if end.error else words


def _placeholders(task: RunTask) -> dict[str, str]:
    return {
        "brief": _fitting(task.brief),
        "brief_file": str(task.brief_path),
        "task": _fitting(task.task),
        "worktree": str(task.worktree),
        "job": task.job_id,
        "agent": task.agent.short_id,
        "iteration": str(task.iteration + 1),
        "base": task.base_commit,
        "python": sys.executable,
    }


def _variables(task: RunTask, feedback_path: Path) -> dict[str, str]:
    values = _placeholders(task)
    return {
        "AGENT_BRIEF_FILE": values["brief_file"],
        "AGENT_TASK": values["task"],
        "AGENT_WORKTREE": values["worktree"],
        "AGENT_JOB": values["job"],
        "AGENT_NAME": values["agent"],
        "AGENT_ITERATION": values["iteration"],
        "AGENT_BASE": values["base"],
        "AGENT_FEEDBACK_FILE": str(feedback_path),
    }


def _fitting(text: str) -> str:
    """Cut ``text`` to what the kernel takes as one argument; the brief file always holds all of it."""
    data = text.replace("\0", "").encode("utf-8", "replace")
    if len(data) <= ARGUMENT_MAX:
        return data.decode()
    return data[:ARGUMENT_MAX].decode("utf-8", "ignore") + "\n[cut: the whole is in $AGENT_BRIEF_FILE]"
