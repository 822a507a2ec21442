"""A priority file: Markdown with optional YAML front matter, read into one record and written back.

Everything that starts work is one. What it says is data: it chooses agents, commands and branches among what the
checks of ``front_matter`` let pass, and is never executed, expanded or formatted into anything.

``parse_priority(render_priority(p).encode(), name) == p``: settings are written from their fields, the body as it
was; ``text`` and the numbers of lines, which such a rewriting moves, do not count for equality.
"""

import codecs
import re
from dataclasses import dataclass, field
from typing import Literal

from company.errors import PriorityFileError
from company.work.daily_report import is_daily_report, take_first
from company.work.front_matter import Check, Settings, parse_settings, render_settings, split_front_matter
from company.work.priority_body import LINES_MAX, ChecklistItem, Line, has_words, numbered, parse_body

__all__ = ["BYTES_MAX", "Check", "ChecklistItem", "Priority", "body_of", "parse_priority", "render_priority"]

BYTES_MAX = 16 * 1024 * 1024  # bytes; config.yaml's intake.max_file_bytes is smaller
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # UTF-32's begin with UTF-16's


@dataclass(frozen=True, kw_only=True)
class Priority(Settings):
    """What a priority file asks for."""

    text: str = field(compare=False)  #: the whole file, as it was read
    title: str
    description: str  #: what stands under no other section, without checkboxes
    expected_outcome: str
    files: tuple[str, ...]  #: as written, from the repository's top folder
    dependencies: tuple[str, ...]
    complexity: str
    items: tuple[ChecklistItem, ...]
    kind: Literal["priority", "daily"] = "priority"
    rank_note: str | None = None  #: of a daily report: '1 of 5'


def parse_priority(data: bytes, name: str) -> Priority:
    """Read a priority file. ``name`` is the file's, and tells a daily report from others.

    Raises PriorityFileError with line, reason and mend at the first thing that cannot be taken.
    """
    text = _decoded(data, name)
    front, front_line, body = split_front_matter(_normal(text), name)
    settings = parse_settings(front, front_line, name)
    lines = _lines(body, _normal(text).count("\n") - body.count("\n") + 1, name)
    is_daily = is_daily_report(name)
    taken = take_first(lines, name) if is_daily else None
    read = parse_body(taken.lines, name, title=taken.title) if taken else parse_body(lines, name)
    return Priority(
        **vars(settings),
        **vars(read),
        text=text,
        kind="daily" if is_daily else "priority",
        rank_note=taken.note if taken else None,
    )


def render_priority(priority: Priority) -> str:
    """Write the file: its settings from their fields, its body as it was."""
    _, _, body = split_front_matter(_normal(priority.text), "")
    front = render_settings(priority)
    if not front and not body.lstrip().startswith("---"):
        return body
    return f"---\n{front}---\n{body}"


def body_of(priority: Priority) -> str:
    """Return what an agent should read of it: no front matter; of a daily report, what was taken."""
    _, _, body = split_front_matter(_normal(priority.text), "")
    if priority.kind == "daily":
        taken = take_first(numbered(body), "")
        body = "\n".join((f"# {taken.title}", "", *(text for _, text in taken.lines)))
    return body.strip() + "\n"


def _lines(body: str, first_line: int, name: str) -> list[Line]:
    if not has_words(body):
        raise PriorityFileError(
            name, "there is nothing to do in it", mend="write a # title, and what is to be done under it"
        )
    if body.count("\n") > LINES_MAX:
        raise PriorityFileError(
            name, f"it has more than {LINES_MAX} lines", mend="split the work into several files"
        )
    return numbered(body, first_line)


def _normal(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, name: str) -> str:
    if len(data) > BYTES_MAX:
        raise PriorityFileError(
            name,
            f"larger than {BYTES_MAX} bytes",
            mend="put what is large into the repository, and name it here",
        )
    if not data.strip():
        raise PriorityFileError(name, "it is empty", mend="write a # title, and what is to be done under it")
    if data.startswith(_UTF_16):
        raise PriorityFileError(name, "it is UTF-16 or UTF-32", line=1, mend="save it as UTF-8")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"byte 0x{data[error.start]:02x} is not UTF-8: another encoding, or no text"
        raise PriorityFileError(name, reason, line=line, mend="save it as UTF-8") from None
    control = _CONTROL.search(text)
    if control:
        line = _normal(text[: control.start()]).count("\n") + 1
        character = (
            "a NUL" if control.group() == "\0" else f"a control character (U+{ord(control.group()):04X})"
        )
        raise PriorityFileError(
            name, f"{character}: it is no text file", line=line, mend="save it as UTF-8 text"
        )
    return text
