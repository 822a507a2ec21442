"""What stands between the two ``---`` lines of a priority file: settings, read strictly and written back.

Every key is optional; an empty value is as good as none. A value is taken only when it can mean one thing: texts
that reach git are checked as in ``target.py``, commands as in ``argv.py``, and unknown keys are refused.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from company.closest import did_you_mean
from company.errors import PriorityFileError
from company.work.argv import check_name, parse_argv, write_argv
from company.work.recurrence import ScheduleError
from company.work.schedule import parse_schedule
from company.work.target import safe_branch, safe_target
from company.yaml_text import YamlDocument, YamlError, load_yaml, write_scalar

NAMES_MAX = 100  # entries of one list
NAME_MAX = 200  # characters of a name
ITERATIONS_MAX = 20  # as config.yaml's work.max_iterations
URGENCY = ("urgent", "high", "medium", "low")  # their places are the numbers of sessions.priority
_NAME = re.compile(r"\w[\w .:/@+-]*")
_FENCE = re.compile(r"(?:---|\.\.\.)[ \t]*")


@dataclass(frozen=True)
class Check:
    """A command that the file itself names: it must be green at the end."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a priority file may settle. None and () are: as configured."""

    team: str | None = None  #: id, name or domain
    repo: str | None = None  #: a configured name, a path or an address
    branch: str | None = None  #: to deliver on
    base: str | None = None  #: to start from: a branch, a tag or a commit
    model: str | None = None
    runner: str | None = None
    agents: tuple[str, ...] = ()  #: () is by keywords
    checks: tuple[Check, ...] = ()
    setup: tuple[tuple[str, ...], ...] = ()
    max_iterations: int | None = None
    budget_usd: float | None = None
    depends_on: tuple[str, ...] = ()  #: job ids, or names of files or jobs
    priority: int = 2  #: 0 urgent, 1 high, 2 medium, 3 low
    schedule: str | None = None  #: 'every weekday 09:00', or cron


def split_front_matter(text: str, name: str) -> tuple[str, int, str]:
    """Return the front matter ('' when there is none), its first line's number, and the body.

    It opens with ``---`` on the first line that is not blank. Raises PriorityFileError when it does not close.
    """
    lines = text.split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines) or lines[start].rstrip() != "---":
        return "", 1, text
    for number in range(start + 1, len(lines)):
        if _FENCE.fullmatch(lines[number]):
            return "\n".join(lines[start + 1 : number]), start + 2, "\n".join(lines[number + 1 :])
    raise PriorityFileError(
        name, "the front matter opens and never closes", line=start + 1, mend="close it by a line with ---"
    )


def parse_settings(yaml_text: str, first_line: int, name: str) -> Settings:
    """Read front matter. Raises PriorityFileError at the first value that cannot be taken."""
    try:
        document = load_yaml(yaml_text, name=name, first_line=first_line)
    except YamlError as error:
        raise PriorityFileError(
            name, error.reason, line=error.line, mend="write 'key: value' lines between the two ---"
        ) from error
    if document.data is None:
        return Settings()
    if not isinstance(document.data, dict):
        raise PriorityFileError(
            name,
            "the front matter is no list of keys and values",
            line=document.line_of(()),
            mend="write 'key: value' lines between the two ---, or start the file with its # title",
        )
    values = {
        key: _value(key, value, document, name) for key, value in document.data.items() if value is not None
    }
    return Settings(**values)


def render_settings(settings: Settings) -> str:
    """Write front matter, without the two ``---``; '' when everything is as configured."""
    texts = ("team", "repo", "branch", "base", "model", "runner", "schedule")
    lines = [
        f"{key}: {write_scalar(value)}" for key in texts if (value := getattr(settings, key)) is not None
    ]
    if settings.priority != Settings.priority:
        lines.append(f"priority: {URGENCY[settings.priority]}")
    if settings.max_iterations is not None:
        lines.append(f"max_iterations: {settings.max_iterations}")
    if settings.budget_usd is not None:
        lines.append(f"budget_usd: {settings.budget_usd!r}")
    for key, names in (("agents", settings.agents), ("depends_on", settings.depends_on)):
        if names:
            lines.append(f"{key}: {_flow(names)}")
    if settings.setup:
        lines += ["setup:", *(f"  - {_flow(argv)}" for argv in settings.setup)]
    if settings.checks:
        lines.append("checks:")
        for check in settings.checks:
            lines += [f"  - name: {write_scalar(check.name)}", f"    run: {_flow(check.argv)}"]
    return "".join(f"{line}\n" for line in lines)


def _flow(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(write_scalar, texts))}]"


def _value(key: str, value: Any, document: YamlDocument, name: str) -> Any:
    line = document.line_of((key,))
    read = _READERS.get(key)
    if read is None:
        mend = did_you_mean(key, _READERS, f"the keys are: {', '.join(_READERS)}")
        raise PriorityFileError(name, f"no such key: {key[:80]!r}", line=line, mend=mend)
    try:
        return read(value)
    except _ElementFault as fault:
        line = document.line_of((key, fault.index))
        raise PriorityFileError(name, f"{key}: {fault.reason}", line=line, mend=_MENDS[key]) from None
    except (ValueError, ScheduleError) as error:
        raise PriorityFileError(name, f"{key}: {error}", line=line, mend=_MENDS[key]) from None


class _ElementFault(Exception):
    """One element of a list cannot be taken."""

    def __init__(self, index: int, reason: str) -> None:
        self.index, self.reason = index, reason
        super().__init__(reason)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text: put it in quotes")  # noqa: TRY004 - all readers raise one kind
    if not value.strip() or len(value.splitlines()) > 1 or "\t" in value:
        raise ValueError("must be one line of text")
    return value.strip()


def _name(value: Any) -> str:
    text = _text(value)
    if len(text) > NAME_MAX or not _NAME.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is no name")
    return text


def _elements(value: Any, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list")  # noqa: TRY004 - all readers raise one kind
    if len(value) > NAMES_MAX:
        raise ValueError(f"more than {NAMES_MAX} entries")
    read_ones = []
    for index, one in enumerate(value):
        try:
            read_ones.append(read(one))
        except ValueError as error:
            raise _ElementFault(index, str(error)) from None
    return tuple(read_ones)


def _names(value: Any) -> tuple[str, ...]:
    given = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    return tuple(dict.fromkeys(_elements(given, _name)))


def _setup(value: Any) -> tuple[tuple[str, ...], ...]:
    return _elements([value] if isinstance(value, str) else value, parse_argv)


def _checks(value: Any) -> tuple[Check, ...]:
    checks: tuple[Check, ...] = _elements([value] if isinstance(value, str) else value, _check)
    for index, check in enumerate(checks):
        if check.name in {other.name for other in checks[:index]}:
            raise _ElementFault(index, f"a second check named {check.name!r}")
    return checks


def _check(value: Any) -> Check:
    if not isinstance(value, Mapping):
        argv = parse_argv(value)
        return Check(check_name(write_argv(argv)), argv)
    if set(value) != {"name", "run"}:
        raise ValueError("must be a command, or have the keys name and run")
    return Check(check_name(_text(value["name"])), parse_argv(value["run"]))


def _max_iterations(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= ITERATIONS_MAX:
        raise ValueError(f"must be a whole number from 1 to {ITERATIONS_MAX}")
    return value


def _budget_usd(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number of US dollars")  # noqa: TRY004 - all readers raise one kind
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value} is no amount of US dollars")
    return float(value)


def _priority(value: Any) -> int:
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, str) and word in URGENCY:
        return URGENCY.index(word)
    if isinstance(word, int) and not isinstance(word, bool) and 0 <= word < len(URGENCY):
        return word
    raise ValueError(f"must be one of {', '.join(URGENCY)}")


def _schedule(value: Any) -> str:
    text = _text(value)
    parse_schedule(text, "UTC")
    return text


_READERS: dict[str, Callable[[Any], Any]] = {
    "team": _name,
    "repo": lambda value: safe_target(_text(value)),
    "branch": lambda value: safe_branch(_text(value)),
    "base": lambda value: safe_branch(_text(value)),
    "model": _name,
    "runner": _name,
    "agents": _names,
    "checks": _checks,
    "setup": _setup,
    "max_iterations": _max_iterations,
    "budget_usd": _budget_usd,
    "depends_on": _names,
    "priority": _priority,
    "schedule": _schedule,
}
KEYS = tuple(_READERS)
_COMMAND_MEND = "write a program and its arguments, as in: pytest -q, or [pytest, -q]"
_MENDS = {
    "team": "name a team, as in: team: engineering",
    "repo": "name a repository of config.yaml, a folder, or an https:// or ssh:// address",
    "branch": "write a name such as feature/login",
    "base": "write a branch, a tag or a commit, such as main",
    "model": "name a model of config.yaml, as in: model: sonnet",
    "runner": "name a runner, as in: runner: command",
    "agents": "list names, as in: agents: [backend, frontend]",
    "checks": _COMMAND_MEND,
    "setup": _COMMAND_MEND,
    "max_iterations": "write it like: max_iterations: 3",
    "budget_usd": "write it like: budget_usd: 2.50",
    "depends_on": "list job ids or file names, as in: depends_on: [add-login.md]",
    "priority": "write it like: priority: high",
    "schedule": "write it like: schedule: every weekday 09:00",
}
