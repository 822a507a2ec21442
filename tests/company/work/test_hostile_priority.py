"""Content that is no priority file, or that was made to do harm: refused with a cause and a mend, and quickly."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.errors import PriorityFileError
from company.work.priority import BYTES_MAX, Priority, body_of, parse_priority, render_priority

MEBI = 1 << 20


def refusal(data: bytes, name: str = "a.md") -> PriorityFileError:
    with pytest.raises(PriorityFileError) as caught:
        parse_priority(data, name)
    return caught.value


def read(data: bytes, name: str) -> Priority | PriorityFileError:
    try:
        return parse_priority(data, name)
    except PriorityFileError as refused:
        return refused


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"", None, "empty"),
        (b" \n\t\r\n", None, "empty"),
        (b"\xef\xbb\xbf\n", None, "nothing to do"),
        (b"---\nbranch: x\n---\n\n", None, "nothing to do"),
        (b"***\n- [ ]\n```\n```\n", None, "nothing to do"),
        (b"# Title\n\nwords\0more\n", 3, "a NUL"),
        ("# Title\n".encode("utf-16"), 1, "UTF-16"),
        ("# Title\n".encode("utf-16-be"), 1, "a NUL"),
        (b"\xfe\xff" + "# Title\n".encode("utf-16-be"), 1, "UTF-16"),
        ("# Title\n".encode("utf-32"), 1, "UTF-16 or UTF-32"),
        ("# Titel\n\nfür\n".encode("latin-1"), 3, "byte 0xfc is not UTF-8"),
        (b"\x7fELF\x02\x01\x01\0\0\0", 1, "a control character"),
        (b"\x89PNG\r\n\x1a\n\0\0", 1, "byte 0x89 is not UTF-8"),
        (b"PK\x03\x04\x14", 1, "a control character (U+0003)"),
        (b"# T\n\x1b]0;owned\x07\n", 2, "a control character (U+001B)"),
        ("# T\r\x9b31m\r".encode(), 2, "a control character (U+009B)"),
        (b"\xed\xa0\x80", 1, "not UTF-8"),
        (b"# T\n\xc0\xaf", 2, "not UTF-8"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, line: int | None, words: str) -> None:
    refused = refusal(data)
    assert words in refused.reason
    assert refused.line == line
    assert refused.mend


def test_fifty_megabytes_are_refused_without_being_looked_at() -> None:
    began = time.monotonic()
    assert "larger than" in refusal(b"\0" * (50 * MEBI)).reason
    assert "larger than" in refusal(b"#" * (BYTES_MAX + 1)).reason
    assert time.monotonic() - began < 3


def test_more_lines_than_anyone_reads_are_refused() -> None:
    assert parse_priority(b"# T\n" + b"x\n" * 19_000, "a.md").title == "T"
    assert "more than 20000 lines" in refusal(b"# T\n" + b"x\n" * 20_001).reason


LONG = [
    b"# " + b"#" * MEBI, b"# a" + b" " * MEBI + b"#x", b"# " + b"*" * MEBI, b"- [ ]" + b" " * MEBI + b"x",
    b"**" * (MEBI // 2), b"**Files" + b" " * MEBI + b":**", b"`" * MEBI, b"`a" * (MEBI // 2),
    b"1. a" + b" " * MEBI + b"b",
    b"## Files\n" + b"," * MEBI, b"|" * MEBI, b"| 1 |" + b"\\|" * (MEBI // 2), b"\n" * MEBI + b"x",
    b"#\n" * (MEBI // 2),
    b"1. a\n" * (MEBI // 5), b"## 1. a\n" * (MEBI // 8), b"```\n" * (MEBI // 4), b"[" * MEBI, b"a" * MEBI,
    b"## Files\n" + b"../" * (MEBI // 3), b"- " * (MEBI // 2), b"> " * (MEBI // 2), b"~" * MEBI + b"\n" + b"`" * MEBI,
    "\u2028".encode() * (MEBI // 3),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(LONG)))
@pytest.mark.parametrize("name", ["a.md", "priorities-2026-11-25.md"])
def test_a_megabyte_of_anything_is_read_or_refused_quickly(number: int, name: str) -> None:
    began = time.monotonic()
    result = read(LONG[number], name)
    if isinstance(result, PriorityFileError):
        assert len(result.reason) < 1000
        assert result.mend
    else:
        assert len(result.title) <= 200
        body_of(result)
    assert time.monotonic() - began < 20  # what is quadratic takes minutes


FRONTS = [
    b"[" * MEBI, b"{" * MEBI, b"- " * (MEBI // 2), b"a: " * (MEBI // 3), b"? " * (MEBI // 2), b"'" + b"x" * MEBI,
    b"x" * MEBI + b": 1", b"? " + b"x" * MEBI + b"\n: 1", b"budget_usd: " + b"9" * MEBI,
    b"budget_usd: 1e" + b"9" * MEBI,
    b"max_iterations: " + b"9" * 5000, b"branch: " + b"a" * MEBI, b"repo: " + b"a" * MEBI, b"repo: " + b"::" * MEBI,
    b"team: " + b"a" * MEBI, b"schedule: " + b"every " * 100_000, b"agents: [" + b"a," * 400_000 + b"]",
    b"checks: '" + b"a " * 400_000 + b"'", b"setup: [[" + b"a," * 400_000 + b"]]", b"branch: '" + b"\\" * MEBI + b"'",
    b"branch: " + b"a/" * 400_000, b"a: &a [x]\nb: [*a,*a]", b"#" * MEBI, b"depends_on: '" + b"," * MEBI + b"'",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FRONTS)))
def test_a_megabyte_of_front_matter_is_refused_quickly(number: int) -> None:
    began = time.monotonic()
    data = b"---\n" + FRONTS[number] + b"\n---\n# T\n"
    if FRONTS[number].startswith(b"#"):
        assert parse_priority(data, "a.md").title == "T"
    elif FRONTS[number].startswith(b"depends_on"):
        assert parse_priority(data[: MEBI // 2] + b"'\n---\n# T\n", "a.md").depends_on == ()
    else:
        refused = refusal(data)
        assert len(refused.reason) < 1500
        assert refused.mend
    assert time.monotonic() - began < 20  # what is quadratic takes minutes


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(data: bytes) -> None:
    result = read(data, "x.md")
    if isinstance(result, PriorityFileError):
        assert result.reason
    else:
        assert result.title
        assert result.text.encode() == data


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["a.md", "priorities-2026-11-25.md"]))
def test_any_front_matter_is_read_or_refused_and_what_is_read_is_written_back(
    front: str, body: str, name: str
) -> None:
    result = read(f"---\n{front}\n---\n{body}".encode(errors="replace"), name)
    if isinstance(result, PriorityFileError):
        assert result.mend
    else:
        assert parse_priority(render_priority(result).encode(), name) == result


def test_half_of_a_file_is_never_taken_for_another_settlement() -> None:
    """A file read while it was being written is refused, or says less; it never says something else."""
    whole = b"---\nbranch: feature/x\nbudget_usd: 25\npriority: low\n---\n# Do it\n\n- [ ] all of it\n"
    full = parse_priority(whole, "a.md")
    for length in range(len(whole)):
        half = read(whole[:length], "a.md")
        if not isinstance(half, PriorityFileError):
            settled = (half.branch, half.budget_usd, half.priority)
            assert settled == (full.branch, full.budget_usd, full.priority), whole[:length]


def test_the_name_of_the_file_may_be_anything() -> None:
    for name in ("a\nb.md", "x" * 255, "-rf.md", "$(id).md", ".md", "", "\udcff.md"):
        assert parse_priority(b"# T\n", name).title == "T"
        assert parse_priority(b"```\ncode\n```\n", name).title
