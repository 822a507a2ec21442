"""What is kept of an output, however it is cut into pieces on its way."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from company.redaction import MARK, Redactor
from daemon.processes.following import Follower
from daemon.processes.output import LINE_MAX, OVERLAP, RECORD, SERVICE, STREAMS, Lines, Output, Tail

SECRET = "hunter2-hunter2"
REDACT = Redactor([SECRET]).text


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut ``data`` at the given places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


texts = st.lists(
    st.sampled_from(["a", "é", "\n", "\r\n", SECRET, SECRET[:7], "\0", "word ", "€"]), max_size=60
)
cuts = st.lists(st.integers(min_value=0, max_value=2000), max_size=30)


@given(texts, cuts)
def test_lines_do_not_depend_on_how_the_pipe_cuts_them(words: list[str], places: list[int]) -> None:
    text = "".join(words)
    lines = Lines(REDACT)
    got = "".join(lines.take(piece) for piece in pieces(text.encode(), places)) + lines.flush()
    expected = REDACT(text)
    assert got == (expected if expected.endswith("\n") or not expected else expected + "\n")


@given(st.binary(max_size=400), cuts)
def test_any_bytes_become_text_of_whole_lines(data: bytes, places: list[int]) -> None:
    lines = Lines(REDACT)
    got = "".join(lines.take(piece) for piece in pieces(data, places)) + lines.flush()
    got.encode()
    assert got.count("\n") == data.count(b"\n") + (not data.endswith(b"\n") and bool(data))


@pytest.mark.parametrize("before", range(LINE_MAX - len(SECRET) - 1, LINE_MAX + 2, 5))
def test_a_secret_across_the_cut_of_a_long_line_leaves_nothing(before: int) -> None:
    lines = Lines(REDACT)
    data = b"x" * before + SECRET.encode() + b"y" * OVERLAP + b"\n"
    got = "".join(lines.take(piece) for piece in pieces(data, [before + 7, LINE_MAX]))
    assert SECRET[:4] not in got
    assert got.endswith(f" [cut: {len(data) - 1} bytes in all]\n")
    assert len(got) < LINE_MAX + 100


said = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from([b"one\n", b"tw", b"o\n", b"\xff\n", b"x" * 90, b"\n", SECRET.encode()]),
    ),
    max_size=120,
)


def tell_all(folder: Path) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []
    with Follower(folder, folder / "output", lambda *line: heard.append(line), None) as follower:
        follower.tell()
    return heard


@settings(max_examples=60, deadline=None)
@given(said, st.integers(min_value=200, max_value=3000))
def test_the_file_is_bounded_and_holds_no_secret_and_the_index_covers_it(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[int, bytes]], limit: int
) -> None:
    folder = tmp_path_factory.mktemp("output")
    output = Output(str(folder / "output"), str(folder / "index"), limit, REDACT)
    for stream, data in said:
        output.take(stream, data)
    output.finish()
    text = (folder / "output").read_text(encoding="utf-8")
    index = (folder / "index").read_bytes()
    assert SECRET not in text
    assert len(text.encode()) + len(index) <= limit + 400  # and the notes about what was dropped
    assert len(index) % RECORD == 0
    told = tell_all(folder)
    assert "".join(f"{line}\n" for _, line in told) == text
    if not output.dropped and "output limit" not in text:
        for stream in (0, 1):
            whole = REDACT(b"".join(data for on, data in said if on == stream).decode("utf-8", "replace"))
            lines = [line for on, line in told if on == STREAMS[stream]]
            assert lines == (whole.removesuffix("\n").split("\n") if whole else [])


def test_a_secret_half_dropped_at_the_limit_leaves_nothing(tmp_path: Path) -> None:
    """The beginning of its line is gone, so it cannot be recognised: the rest of that line is not kept either."""
    for shift in range(40):
        output = Output(str(tmp_path / f"out-{shift}"), str(tmp_path / f"index-{shift}"), 400, REDACT)
        for piece in (
            (b"a" * 50 + b"\n") * 9,
            b"z" * shift + SECRET.encode() + b"\n",
            b"tail\n" * 18,
            b"end\n",
        ):
            output.take(0, piece)
        output.finish()
        kept = (tmp_path / f"out-{shift}").read_text()
        assert SECRET[-4:] not in kept.replace(MARK, "")
        assert kept.endswith("end\n")


def test_a_secret_under_way_when_the_limit_is_reached_leaves_nothing(tmp_path: Path) -> None:
    token = "sk-" + "a" * 40
    for cut in range(1, len(token)):
        output = Output(str(tmp_path / f"out-{cut}"), str(tmp_path / f"index-{cut}"), 1000, REDACT)
        output.take(1, token[:cut].encode())
        output.take(0, b"b" * 2000 + b"\n")
        output.take(1, token[cut:].encode() + b"\n")
        output.finish()
        assert "aaaa" not in (tmp_path / f"out-{cut}").read_text()


def test_a_tail_keeps_the_last_bytes() -> None:
    tail = Tail(10)
    assert tail.keep(0, b"one\ntwo\n") == 0
    assert tail.keep(1, b"three\n") == 4
    assert tail.whole() == [(0, b""), (1, b"three\n")]  # 'two' stands behind a line that lost its beginning
    assert tail.keep(0, b"x" * 50 + b"\nlast\n") == 56


def test_a_tail_gives_no_line_without_its_beginning() -> None:
    tail = Tail(10)
    tail.keep(0, b"beginning of a line, its ")
    tail.keep(0, b"end\nok\n")
    assert tail.whole() == [(0, b""), (0, b"ok\n")]


def test_lines_of_a_growing_file_are_told_as_they_come(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    output = Output(str(tmp_path / "output"), str(tmp_path / "index"), 10_000, REDACT)
    with Follower(tmp_path, tmp_path / "output", lambda *line: heard.append(line), None) as follower:
        for number in range(50):
            output.take(number % 3 // 2, f"line {number}\n".encode())
            if number % 4 == 0:
                follower.tell()
                assert len(heard) == number + 1
        output.say(SERVICE, "note")
        follower.tell()
    assert [line for _, line in heard] == [f"line {number}" for number in range(50)] + ["note"]
    assert heard[-1] == ("service", "note")


def test_output_stands_behind_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("before\n")
    output = Output(str(tmp_path / "output"), str(tmp_path / "index"), 10_000, REDACT)
    output.take(0, b"mine\n")
    output.finish()
    assert (tmp_path / "output").read_text() == "before\nmine\n"
    assert tell_all(tmp_path) == [("stdout", "mine")]


def test_a_link_in_the_place_of_the_output_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "output").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        Output(str(tmp_path / "output"), str(tmp_path / "index"), 10_000, REDACT)


def test_a_full_disk_counts_what_it_does_not_take(tmp_path: Path) -> None:
    output = Output("/dev/full", str(tmp_path / "index"), 10_000, REDACT)
    output.take(0, b"lost\n")
    output.finish()
    assert output.dropped == 5
    assert (tmp_path / "index").stat().st_size == 0
