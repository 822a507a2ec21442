"""The Markdown of a priority file: its title, its sections and its checkboxes. Code fences are left alone.

Sections are known by their heading (``## Files``) or by a label in bold at the start of a line (``**Files:** …``).
What stands under no known heading is description, and so are unknown headings.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from company.errors import PriorityFileError

TITLE_MAX = 200  # characters; a longer one is cut
LINES_MAX = 20_000
ENTRIES_MAX = 500  # checkboxes, files or dependencies of one file

#: a line of the file: its number, and its text without the line's end
Line = tuple[int, str]

_SECTIONS = {
    "description": "description",
    "expected outcome": "expected_outcome",
    "expected outcomes": "expected_outcome",
    "files": "files",
    "dependencies": "dependencies",
    "complexity": "complexity",
    "tasks": "description",
}
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LABEL = re.compile(r"(?:\*\*|__)([A-Za-z ]{4,20}?):?(?:\*\*|__):?[ \t]*(.*)")
_CHECKBOX = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\](?:[ \t]+(.*))?")
_ENTRY = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(.*)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class ChecklistItem:
    """One checkbox."""

    text: str
    done: bool
    line: int = field(compare=False)  #: in the file, from 1


@dataclass(frozen=True, kw_only=True)
class Body:
    """What the Markdown says."""

    title: str
    description: str
    expected_outcome: str
    files: tuple[str, ...]
    dependencies: tuple[str, ...]
    complexity: str
    items: tuple[ChecklistItem, ...]


def parse_body(lines: Sequence[Line], name: str, *, title: str = "") -> Body:
    """Read the body's lines. With a ``title`` given no heading is taken for one.

    Raises PriorityFileError for paths that leave the repository, and for more entries than anyone reads.
    """
    found, rest = (title, list(lines)) if title else _title(lines)
    sorter = _Sorter()
    for line, is_code in marked_code(rest):
        sorter.take(line, is_code=is_code)
    sections = sorter.sections
    files = _entries(sections["files"], name)
    for number, path in files:
        _refuse_leaving(path, number, name)
    _refuse_more(len(sorter.items), "checkboxes", name)
    return Body(
        title=short_title(found or _first_words(lines) or name.partition(".")[0] or "Untitled"),
        description=_joined(sections["description"]),
        expected_outcome=_joined(sections["expected_outcome"]),
        files=tuple(dict.fromkeys(path for _, path in files)),
        dependencies=tuple(text for _, text in _entries(sections["dependencies"], name)),
        complexity=_joined(sections["complexity"]).split("\n")[0],
        items=tuple(sorter.items),
    )


class _Sorter:
    """Puts each line into its section, and checkboxes into a list of their own."""

    def __init__(self) -> None:
        self.sections: dict[str, list[Line]] = {section: [] for section in _SECTIONS.values()}
        self.items: list[ChecklistItem] = []
        self._current = "description"
        self._is_after_item = False

    def take(self, line: Line, *, is_code: bool) -> None:
        """Put one line where it belongs."""
        if is_code or not self._take_structure(line):
            if self._is_after_item and not is_code and line[1].startswith(("  ", "\t")) and line[1].strip():
                self._continue_item(line[1])
                return
            self.sections[self._current].append(line)
            self._is_after_item = False

    def _take_structure(self, line: Line) -> bool:
        number, text = line
        section = _section_of(text)
        if section:
            self._current, words = section
            self.sections[self._current].append((number, words))
            self._is_after_item = False
            return True
        checkbox = _CHECKBOX.fullmatch(text)
        if checkbox and checkbox[2]:
            self.items.append(ChecklistItem(checkbox[2].strip(), checkbox[1] != " ", number))
            self._is_after_item = True
            return True
        if _HEADING.fullmatch(text):
            self._current = "description"
        return False

    def _continue_item(self, text: str) -> None:
        last = self.items[-1]
        self.items[-1] = replace(last, text=f"{last.text} {text.strip()}")


def numbered(text: str, first_line: int = 1) -> list[Line]:
    """Return the lines of ``text`` with their numbers in the file."""
    return list(enumerate(text.split("\n"), first_line))


def marked_code(lines: Sequence[Line]) -> Iterator[tuple[Line, bool]]:
    """Yield each line, and whether it belongs to a code fence (the fence's own lines do)."""
    fence = ""
    for line in lines:
        mark = _FENCE.match(line[1])
        if fence:
            yield line, True
            closes = mark is not None and mark[1].startswith(fence) and not line[1].strip(" \t`~")
            fence = "" if closes else fence
        else:
            fence = mark[1] if mark else ""
            yield line, bool(fence)


def heading_of(text: str) -> tuple[int, str] | None:
    """Return the level and the words of a heading; None for another line."""
    found = _HEADING.fullmatch(text)
    if not found:
        return None
    words = (found[2] or "").rstrip(" \t")
    closed = words.rstrip("#")  # '## Title ##'
    return len(found[1]), plain(closed if closed != words and closed.endswith((" ", "\t")) else words)


def plain(text: str) -> str:
    """Return words without the marks that make them bold, struck out or code at both ends."""
    previous, text = None, text.strip()
    while text != previous:
        previous = text
        for mark in ("**", "__", "~~", "`", "*"):
            if len(text) > 2 * len(mark) and text.startswith(mark) and text.endswith(mark):
                inner = text[len(mark) : -len(mark)]
                text = inner.strip() if mark not in inner else text
    return text


def has_words(text: str) -> bool:
    """Say whether ``text`` is more than Markdown's marks."""
    return bool(text.strip("#*-_`~=|>+[] \t\n"))


def short_title(text: str) -> str:
    """Return ``text`` as a title: one line, cut to ``TITLE_MAX``."""
    return " ".join(text.split())[:TITLE_MAX].rstrip()


def _title(lines: Sequence[Line]) -> tuple[str, list[Line]]:
    """Return the first heading of level 1, else the first that is no section's, and the lines without it."""
    headings = [
        (index, *heading)
        for index, (line, is_code) in enumerate(marked_code(lines))
        if not is_code and (heading := heading_of(line[1])) and heading[1]
    ]
    candidates = [one for one in headings if one[2].lower().rstrip(":") not in _SECTIONS]
    chosen = next((one for one in headings if one[1] == 1), next(iter(candidates), None))
    if chosen is None:
        return "", list(lines)
    return chosen[2], [line for index, line in enumerate(lines) if index != chosen[0]]


def _section_of(text: str) -> tuple[str, str] | None:
    """Return the section that this line begins, and what of the line belongs into it."""
    heading = heading_of(text)
    if heading:
        section = _SECTIONS.get(heading[1].lower().rstrip(":"))
        return (section, "") if section else None
    label = _LABEL.fullmatch(text)
    section = _SECTIONS.get(label[1].strip().lower()) if label else None
    return (section, label[2]) if section and label else None


def _entries(lines: Sequence[Line], name: str) -> list[tuple[int, str]]:
    """Return the entries of a list: the code in each, else its words; of a plain line, its parts by comma."""
    found: list[tuple[int, str]] = []
    for number, text in lines:
        entry = _ENTRY.fullmatch(text)
        parts = [entry[1]] if entry else text.split(",") if "`" not in text else _CODE.findall(text)
        for part in parts:
            code = _CODE.search(part)
            words = (code[1] if code else part).strip()
            if words and words.lower() not in {"none", "-", "n/a"}:
                found.append((number, words))
    _refuse_more(len(found), "entries in one section", name)
    return found


def _refuse_leaving(path: str, line: int, name: str) -> None:
    if "://" not in path and (path.startswith(("/", "~")) or ".." in path.replace("\\", "/").split("/")):
        raise PriorityFileError(
            name,
            f"the file {path[:80]!r} is outside the repository",
            line=line,
            mend="write paths from the repository's top folder",
        )


def _refuse_more(count: int, kind: str, name: str) -> None:
    if count > ENTRIES_MAX:
        raise PriorityFileError(
            name, f"{count} {kind}: more than {ENTRIES_MAX}", mend="split the work into several files"
        )


def _joined(lines: Sequence[Line]) -> str:
    return "\n".join(text for _, text in lines).strip()


def _first_words(lines: Sequence[Line]) -> str:
    """Return the first line outside code that has words, without the marks of a list."""
    for (_, text), is_code in marked_code(lines):
        if is_code:
            continue
        entry = _CHECKBOX.fullmatch(text) or _ENTRY.fullmatch(text)
        words = plain((entry[entry.lastindex or 0] if entry else text).strip())
        if has_words(words):
            return words
    return ""
