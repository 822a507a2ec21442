"""How the terminal is written to: tables, lines and JSON.

What comes from outside (titles, names, logs) never becomes markup or a terminal's control sequence. In a pipe
there is no colour and no cutting to a width, so that ``grep`` and ``awk`` see whole lines.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:  # rich takes 60 ms: commands that print JSON do without
    from rich.console import Console, RenderableType
    from rich.text import Text

#: wide enough that no line of a pipe is ever wrapped
_PIPE_WIDTH = 10_000
#: terminal sequences whole, then control characters, then what reorders or hides text
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]|[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)

STATUS_STYLES: Mapping[str, str] = {
    "pending": "dim",
    "in_progress": "cyan",
    "completed": "green",
    "failed": "red",
    "blocked": "yellow",
    "stopped": "magenta",
}


def console(file: TextIO | None = None) -> "Console":
    """Return a console for ``file`` (stdout): rich follows NO_COLOR and TERM by itself."""
    from rich.console import Console

    target = file or sys.stdout
    return Console(file=target, width=None if target.isatty() else _PIPE_WIDTH, highlight=False, markup=False)


def plain(text: object) -> str:
    """Return ``text`` on one line, without anything that could move a cursor or ring a bell."""
    return " ".join(_CONTROL.sub(" ", str(text)).split())


def harmless(text: str) -> str:
    """Return lines of a log without control sequences, for a terminal; tabs and line ends stay."""
    return _CONTROL.sub("", text)


def print_json(facts: Any) -> None:
    """Print ``facts`` as JSON: indented for a terminal and for diffs alike, keys in the order given."""
    sys.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n")


def print_json_line(facts: Any, file: TextIO) -> None:
    """Write ``facts`` as one line of JSON, for whoever reads errors."""
    file.write(json.dumps(facts, ensure_ascii=False) + "\n")


def print_line(text: str) -> None:
    """Print one line."""
    sys.stdout.write(plain(text) + "\n")


def print_note(text: str) -> None:
    """Print one line beside the result: it goes to stderr, so that a pipe does not see it."""
    sys.stderr.write(plain(text) + "\n")


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence["str | Text"]],
    *,
    empty: str,
    numbers: Sequence[str] = (),
    folds: Sequence[str] = (),
) -> None:
    """Print a table; ``empty`` is the line shown when there are no rows.

    ``numbers`` are columns set to the right; ``folds`` are those that give way first where a terminal is narrow.
    """
    if not rows:
        print_line(empty)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(
            heading,
            justify="right" if heading in numbers else "left",
            no_wrap=heading not in folds,
            overflow="fold" if heading in folds else "ellipsis",
        )
    for row in rows:
        table.add_row(*(cell if not isinstance(cell, str) else plain(cell) for cell in row))
    show(table)


def show(renderable: "RenderableType") -> None:
    """Print anything that rich can draw."""
    console().print(renderable)


def styled(text: str, style: str) -> "Text":
    """Return ``text`` in a colour."""
    from rich.text import Text

    return Text(plain(text), style=style)


def status_text(status: str) -> "Text":
    """Return a status in its colour."""
    return styled(status, STATUS_STYLES.get(status, ""))
