"""The daily report: ``priorities-YYYY-MM-DD.md``, a ranked list of which number 1 is taken.

Three forms are read, the first that is there: headings (``## 1. Add login``), a numbered list (``1. **Add login**
— why``), a table (``| 1 | Add login | why |``). What is taken is that entry, with the lines under it, and with the
section of the same name where the report has one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from company.errors import PriorityFileError
from company.work.priority_body import Line, heading_of, marked_code, plain

_NAME = re.compile(r"priorities-\d{4}-\d{2}-\d{2}(?:\..*)?", re.DOTALL)
_RANKED_HEADING = re.compile(
    r"(?:priority[ \t]+)?(?:#(?P<hash>\d{1,3})[.):]?|(?P<bare>\d{1,3})(?:[.):]|[ \t]+[-–—]))[ \t]+(?P<title>\S.*)",
    re.IGNORECASE,
)
_RANKED_ENTRY = re.compile(r" {0,3}(\d{1,4})[.)][ \t]+(\S.*)")
_TABLE_ROW = re.compile(r"[ \t]*\|[ \t]*#?(\d{1,4})[.)]?[ \t]*\|(.*)")
_BOLD_TITLE = re.compile(r"\*\*(.+?)\*\*[ \t]*(.*)")
_DASH = re.compile(r" [-–—:] |: ")


@dataclass(frozen=True)
class _Ranked:
    rank: int
    title: str
    lines: list[Line]  #: what belongs to it, its own line rewritten to the words after the title


@dataclass(frozen=True)
class Taken:
    """Number 1 of a report."""

    title: str
    lines: list[Line]
    note: str  #: '1 of 5'


def is_daily_report(name: str) -> bool:
    """Say whether a file of this name is a daily report: ``priorities-2026-11-25.md``, also once it is queued."""
    return _NAME.fullmatch(name) is not None


def take_first(lines: Sequence[Line], name: str) -> Taken:
    """Return number 1. Raises PriorityFileError when nothing is ranked, or nothing is ranked 1."""
    forms: tuple[Callable[[Sequence[Line]], list[_Ranked]], ...] = (_headings, _list_entries, _table_rows)
    ranked = next((found for form in forms if (found := form(lines))), [])
    first = next((one for one in ranked if one.rank == 1), None)
    if first is None:
        raise PriorityFileError(
            name,
            "nothing is ranked 1" if ranked else "a daily report without a ranked list",
            line=ranked[0].lines[0][0] if ranked else None,
            mend="write a list like '1. **Title** — why', or give the file another name",
        )
    own = {number for number, _ in first.lines}
    section = [line for line in _section_named(lines, first.title) if line[0] not in own]
    return Taken(first.title, [*first.lines, *section], f"1 of {len(ranked)}")


def _headings(lines: Sequence[Line]) -> list[_Ranked]:
    found: list[_Ranked] = []
    level, inside = 0, False
    for line, is_code in marked_code(lines):
        heading = None if is_code else heading_of(line[1])
        ranked = _RANKED_HEADING.fullmatch(heading[1]) if heading and level in (0, heading[0]) else None
        if heading and ranked:
            level, inside = heading[0], True
            rank = int(ranked["hash"] or ranked["bare"])
            found.append(_Ranked(rank, plain(ranked["title"]), [(line[0], "")]))
        elif heading and heading[0] <= level:
            inside = False
        elif inside:
            found[-1].lines.append(line)
    return found


def _list_entries(lines: Sequence[Line]) -> list[_Ranked]:
    """Return the entries of the first numbered list; in Markdown it may say 1. on each line."""
    found: list[_Ranked] = []
    for line, is_code in marked_code(lines):
        entry = None if is_code else _RANKED_ENTRY.fullmatch(line[1])
        if entry:
            title, why = _title_and_why(entry[2])
            found.append(_Ranked(int(entry[1]), title, [(line[0], why)]))
        elif found and line[1].strip() and not line[1].startswith((" ", "\t")) and not is_code:
            break
        elif found:
            found[-1].lines.append((line[0], line[1]))
    return found


def _table_rows(lines: Sequence[Line]) -> list[_Ranked]:
    found: list[_Ranked] = []
    for line, is_code in marked_code(lines):
        row = None if is_code else _TABLE_ROW.fullmatch(line[1])
        if row:
            parts = re.split(r"(?<!\\)\|", row[2].rstrip().removesuffix("|"))
            cells = [part.strip().replace("\\|", "|") for part in parts]
            if cells[0]:
                words = [(line[0], cell) for cell in cells[1:] if cell]
                found.append(_Ranked(int(row[1]), plain(cells[0]), words or [(line[0], "")]))
    return found


def _title_and_why(entry: str) -> tuple[str, str]:
    text = re.sub(r"^\[[ xX]\] ", "", " ".join(entry.split()))
    bold = _BOLD_TITLE.fullmatch(text)
    if bold:
        return plain(bold[1]).rstrip(":"), re.sub(r"^(?:[-–—:][ \t]*)+", "", bold[2])
    parts = _DASH.split(text, maxsplit=1)
    return plain(parts[0]), parts[1] if len(parts) > 1 else ""


def _section_named(lines: Sequence[Line], title: str) -> list[Line]:
    """Return what stands under the heading ``title``, up to the next heading of its level; [] when there is none."""
    found: list[Line] = []
    level = 0
    for line, is_code in marked_code(lines):
        heading = None if is_code else heading_of(line[1])
        if heading and level == 0 and heading[1].lower() == title.lower():
            level = heading[0]
        elif heading and level and heading[0] <= level:
            break
        elif level:
            found.append(line)
    return found
