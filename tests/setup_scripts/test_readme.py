"""README.md says what is so: its commands are those of the program."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from daemon.cli.main import app
from tests.checkout import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `agent-service ([^`]+)` \| (.+) \|$", README, re.MULTILINE))
SPEAKS_OF_COMMANDS = [CHECKOUT / "README.md", CHECKOUT / "config.yaml", *(CHECKOUT / "docs").glob("*.md")]


def commands() -> dict[str, Any]:
    """Return the program's commands by name; click's types are private to typer."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def test_the_table_has_every_command_once_and_no_other() -> None:
    usages = re.findall(r"^\| `agent-service ([^`]+)` \|", README, re.MULTILINE)
    assert sorted(usage.split()[0] for usage in usages) == sorted(commands())


@pytest.mark.parametrize("usage", ROWS)
def test_a_row_names_what_its_command_cannot_do_without(usage: str) -> None:
    name, *arguments = usage.split()
    needed = [
        one.metavar for one in commands()[name].params if one.param_type_name == "argument" and one.required
    ]
    assert arguments == needed


@pytest.mark.parametrize("usage", [one for one in ROWS if hasattr(commands()[one.split()[0]], "commands")])
def test_a_row_of_a_group_names_all_it_holds(usage: str) -> None:
    held = commands()[usage.split()[0]].commands
    assert set(re.findall(r"`(\w+)`", ROWS[usage])) == set(held)


@pytest.mark.parametrize("path", SPEAKS_OF_COMMANDS, ids=lambda path: path.name)
def test_no_page_speaks_of_a_command_that_is_not_there(path: Path) -> None:
    # A name in prose is no command: those stand in backticks, in code blocks or after a prompt.
    said = re.findall(r"(?:[`$/]|^ *)agent-service ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(said) <= set(commands())
