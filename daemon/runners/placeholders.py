"""What a command in config.yaml may say of the run: ``{task}``, ``{brief}``, ``{worktree}`` …, and where.

``{task}`` and ``{brief}`` are written by others (a priority file, a person, a repository). They may be arguments,
never program text. ``refusal`` is a guard for the operator who writes the command, not against them.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from daemon.runners.protocol import RunTask

ARGUMENT_MAX = 100_000  # bytes; Linux takes 131072 for one argument or variable (MAX_ARG_STRLEN)

_PLACEHOLDER = re.compile(r"\{(brief|brief_file|task|worktree|job|agent|iteration|base|python)\}")
_WRITTEN_BY_OTHERS = re.compile(r"\{(?:brief|task)\}")
_WHOLE_ARGUMENT = re.compile(r"(?:--[A-Za-z0-9][A-Za-z0-9-]*=)?\{(?:brief|task)\}")

#: run what their first argument, or the one after an option like -c, says
_INTERPRETER = re.compile(
    r"(?:ba|da|z|k|mk|a|fi|c|tc|pw|nu|x)?sh|(?:python|pypy|perl|ruby|lua|php|node|tclsh)[\d.]*|deno|bun|[gmn]?awk|g?sed"
    r"|\{python\}"
)
#: run the command that their arguments are
_WRAPPER = re.compile(
    r"env|timeout|nice|ionice|nohup|setsid|stdbuf|sudo|doas|time|exec|command|prlimit|setpriv|uvx?|npx"
)
#: make a command of any of their arguments
_ASSEMBLES = re.compile(
    r"ssh|su|eval|watch|xargs|parallel|find|make|flock|chroot|cmd|powershell|osascript|script"
)
_CODE_OPTION = re.compile(
    r"-[A-Za-z]*[cCeErRS]|--?(?:eval|command|execute|expression|exec|print|run)|--split-string"
)
_SAYS_NOTHING = re.compile(r"-.*|[A-Za-z_][A-Za-z0-9_]*=.*|[\d.]+[a-z]?", re.DOTALL)


def refusal(argv: Sequence[str]) -> str | None:
    """Say why ``argv`` could make a program of what a file says; None when it does not.

    ``{brief}`` and ``{task}`` are an argument of their own or the value of a ``--long-option=``; behind an
    interpreter or a wrapper they come after the script or the program, which the command itself names.
    """
    for place, word in enumerate(argv):
        if not _WRITTEN_BY_OTHERS.search(word):
            continue
        if place == 0:
            return "the program itself cannot come from a priority file"
        if not _WHOLE_ARGUMENT.fullmatch(word):
            return f"{word!r}: {{brief}} and {{task}} must be an argument of their own, or be read from $AGENT_TASK"
        if any(_runs(argv, start, place) for start in range(place)):
            return f'{word!r} would be run as a program: use "$1" or $AGENT_TASK in a script'
    return None


def _runs(argv: Sequence[str], start: int, place: int) -> bool:
    """Say whether the program at ``start`` would run the argument at ``place``."""
    name = Path(argv[start]).name
    if start >= 2 and _CODE_OPTION.fullmatch(argv[start - 2]):
        return False  # sh -c 'script' sh {task}: the word before is what the script sees as $0
    if _ASSEMBLES.fullmatch(name):
        return True
    is_interpreter = _INTERPRETER.fullmatch(name) is not None
    if not is_interpreter and not _WRAPPER.fullmatch(name):
        return False
    if is_interpreter and any(
        _CODE_OPTION.fullmatch(word) for word in (argv[place - 1], argv[place].split("=")[0])
    ):
        return True
    return all(_SAYS_NOTHING.fullmatch(word) for word in argv[start + 1 : place])


def fill(word: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders of ``word`` in one pass: what is put in is never looked at again."""
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], word)


def values_of(task: RunTask) -> dict[str, str]:
    """Return what each placeholder stands for."""
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


def variables_of(values: Mapping[str, str], feedback_path: Path) -> dict[str, str]:
    """Return the same as environment variables; the brief as its file."""
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
    """Cut ``text`` to what the kernel takes as one argument; the brief's file always holds all of it."""
    data = text.replace("\0", "").encode("utf-8", "replace")
    if len(data) <= ARGUMENT_MAX:
        return data.decode()
    return data[:ARGUMENT_MAX].decode("utf-8", "ignore") + "\n[cut: the whole is in $AGENT_BRIEF_FILE]"
