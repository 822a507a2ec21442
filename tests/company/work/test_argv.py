"""Commands: lists, or text in which no shell has anything to do."""

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.work.argv import LENGTH_MAX, parse_argv, write_argv


@pytest.mark.parametrize(
    ("value", "argv"),
    [
        ("pytest -q", ("pytest", "-q")),
        (["pytest", "-q"], ("pytest", "-q")),
        (["sleep", 5], ("sleep", "5")),
        ("sed -i 's/a | b/c; d $x/' file", ("sed", "-i", "s/a | b/c; d $x/", "file")),
        ('say "a > b"', ("say", "a > b")),
        (r"say a\;b \$HOME", ("say", "a;b", "$HOME")),
        ("say 'two\nlines'", ("say", "two\nlines")),
        ("pytest tests/test_a.py::test[1-x]", ("pytest", "tests/test_a.py::test[1-x]")),
        ("{python} -m unittest {worktree}", ("{python}", "-m", "unittest", "{worktree}")),
        ("a~ b#c", ("a~", "b#c")),
        (["sh", "-c", "a | b"], ("sh", "-c", "a | b")),
        (["say", ""], ("say", "")),
    ],
)
def test_commands_are_taken(value: object, argv: tuple[str, ...]) -> None:
    assert parse_argv(value) == argv


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a | b", "'|'"), ("a && b", "'&'"), ("a; b", "';'"), ("a > f", "'>'"), ("a < f", "'<'"), ("(a)", "'('"),
        ("a $HOME", "'$'"), ('a "$HOME"', "'$'"), ("a `b`", "'`'"), ('a "`b`"', "'`'"), ("a $(b)", "'$'"),
        ("ls *.py", "'*'"), ("ls ?.py", "'?'"), ("ls ~/x", "'~'"), ("a # b", "'#'"), ("a\nb", "a second line"),
        ("a 'b", "quotes do not match"), ("CI=1 pytest", "env CI=1"), ("", "without a program"),
        ("  ", "without a program"), ([], "without a program"), ([""], "without a program"),
        (["a", "\0"], "NUL"), (["a", 1.5], "put it in quotes"), (["a", True], "put it in quotes"),
        (["a", None], "put it in quotes"), (["a", ["b"]], "put it in quotes"), (5, "not a number"),
        (None, "not empty"), ({"a": 1}, "not a mapping"), (True, "not true or false"),
        (["a", "x" * LENGTH_MAX], "make it a script"),
    ],
)  # fmt: skip
def test_what_needs_a_shell_or_means_nothing_is_refused(value: object, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_argv(value)
    assert words in str(caught.value)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
def test_a_command_written_for_people_is_read_back_the_same(argv: list[str]) -> None:
    if argv[0].strip() and not argv[0].partition("=")[0].isidentifier():
        assert parse_argv(write_argv(argv)) == tuple(argv)


SHELL_TEXT = st.text(st.sampled_from("ab '\"\\|&;<>()$`*?~# \t"), max_size=12)


@given(SHELL_TEXT)
def test_what_is_accepted_means_to_a_shell_what_it_means_to_us(text: str) -> None:
    try:
        argv = parse_argv(f"printf {text}")
    except ValueError:
        return
    script = f'set -f; set -- {" ".join(shlex.quote(one) for one in argv)}; first="$*$#"; set +f\n'
    compared = f'{script}set -- printf {text}\n[ "$first" = "$*$#" ]'
    assert subprocess.run(["sh", "-c", compared], cwd="/", check=False).returncode == 0
