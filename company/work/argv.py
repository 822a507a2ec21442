"""Commands as argument vectors. A command line written as one text is split, and never given to a shell."""

import re
import shlex
from collections.abc import Sequence
from typing import Any

CHECK_NAME_MAX = 200  # characters
LENGTH_MAX = 65_536  # characters in all; Linux takes 131072 bytes for one argument

_ACTED_ON = frozenset("|&;<>()$`*?")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


def parse_argv(value: Any) -> tuple[str, ...]:
    """Read a command: a list of arguments, or one text in which no shell has anything to do.

    Raises ValueError with the reason, for the caller to add file and line.
    """
    argv = tuple(_split(value) if isinstance(value, str) else _listed(value))
    if not argv or not argv[0].strip():
        raise ValueError("a command without a program")
    if any("\0" in argument for argument in argv):
        raise ValueError("a NUL character in a command")
    if sum(map(len, argv)) > LENGTH_MAX:
        raise ValueError(f"a command longer than {LENGTH_MAX} characters: make it a script in the repository")
    return argv


def write_argv(argv: Sequence[str]) -> str:
    """Write a command for people, quoted as a shell would need it."""
    return shlex.join(argv)


def check_name(text: str) -> str:
    """Make one short line of a check's name, or of the command that stands for it."""
    return re.sub(r"\s+", " ", text).strip()[:CHECK_NAME_MAX].strip()


def _listed(value: Any) -> list[str]:
    # yaml_text gives whole numbers only where their digits stand as written: [sleep, 5] is exact.
    is_list = isinstance(value, list | tuple)
    wrong = (
        [one for one in value if isinstance(one, bool) or not isinstance(one, str | int)] if is_list else []
    )
    if not is_list:
        raise ValueError(f"a command is a list of arguments or one text, not {_kind(value)}")
    if wrong:
        raise ValueError(f"an argument that is {_kind(wrong[0])}: put it in quotes")
    return [str(argument) for argument in value]


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _split(text: str) -> list[str]:
    word = _what_a_shell_would_do(text)
    if word:
        raise ValueError(f"{word} needs a shell, and none is used: write a script and name it here")
    try:
        argv = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"the quotes do not match ({error})") from error
    if argv and _ASSIGNMENT.match(argv[0]):
        raise ValueError(f"{argv[0]!r} is no program: write 'env {argv[0]} …'")
    return argv


def _what_a_shell_would_do(text: str) -> str | None:
    """Name the first thing in ``text`` that a shell would act on; None when there is none."""
    quote, is_escaped, starts_word = "", False, True
    for character in text:
        if is_escaped:
            is_escaped = False
        elif character == "\\" and quote != "'":
            is_escaped = True
        elif quote:
            if quote == '"' and character in "$`":
                return repr(character)
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "\r\n":
            return "a second line"
        elif character in _ACTED_ON or (starts_word and character in "~#"):
            return repr(character)
        starts_word = not quote and character in " \t"
    return None
