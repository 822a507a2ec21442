"""Plain data with lines, and nothing that a document could do."""

import contextlib
import math
import time
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from company import yaml_text
from company.yaml_text import YamlDocument, YamlError, load_yaml, write_scalar


@pytest.fixture(autouse=True, params=["libyaml", "python"], scope="module")
def parser(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run every test with libyaml, which PyYAML's wheels carry, and with the parser that is there without it."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "python":
            patch.setattr(yaml_text, "_LOADER", yaml.SafeLoader)
        yield


def load(text: str, **bounds: int) -> YamlDocument:
    return load_yaml(text, name="test.yaml", **bounds)


def refusal(text: str, **bounds: int) -> YamlError:
    with pytest.raises(YamlError) as caught:
        load(text, **bounds)
    return caught.value


def test_data_is_plain_and_every_value_has_its_line() -> None:
    document = load("a: 1\nb:\n  - x\n  - c: 2.5\n    d: [true, ~]\n")
    assert document.data == {"a": 1, "b": ["x", {"c": 2.5, "d": [True, None]}]}
    lines = {
        path: document.line_of(path) for path in [("a",), ("b",), ("b", 0), ("b", 1, "d"), ("b", 1, "d", 1)]
    }
    assert lines == {("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1, "d"): 5, ("b", 1, "d", 1): 5}


def test_the_line_of_what_is_not_there_is_that_of_what_is_around_it() -> None:
    assert load("a:\n  b: 1\n").line_of(("a", "missing", 3)) == 1


def test_lines_count_from_where_the_text_stands_in_a_larger_file() -> None:
    document = load("a: 1\nb: 2\n", first_line=7)
    assert document.line_of(("b",)) == 8
    assert refusal("a: 1\na: 2\n", first_line=7).line == 8


def test_nothing_is_none() -> None:
    assert load("").data is None
    assert load("# only a comment\n").data is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("9:00", "9:00"), ("2026-11-25", "2026-11-25"), ("007", "007"), ("1_000", "1_000"),
        ("+5", "+5"), ("0x1f", "0x1f"), ("12345678901234567890", "12345678901234567890"), ("<<", "<<"), ("=", "="),
        ("-3", -3), ("1e3", 1000.0), (".5", 0.5), ("'5'", "5"), ('"true"', "true"), ("NULL", None),
    ],
)  # fmt: skip
def test_scalars_are_read_as_they_are_meant(text: str, value: object) -> None:
    read = load(f"key: {text}").data["key"]
    assert read == value
    assert type(read) is type(value)


def test_nan_and_infinity_are_numbers_for_others_to_refuse() -> None:
    data = load("[.nan, .inf, -.INF, 1e999]").data
    assert math.isnan(data[0])
    assert data[1:] == [math.inf, -math.inf, math.inf]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: !!python/object/apply:os.system [id]\n", 2, "a tag"),
        ("a: !local x\n", 1, "a tag"),
        ("a: !!str 5\n", 1, "a tag"),
        ("%TAG ! tag:x,2000:\n--- \na: !x 1\n", 3, "a tag"),
        ("a: &x [1]\n", 1, "an anchor"),
        ("a: 1\nb: *x\n", 2, "alias"),
        ("a: 1\nb: 2\na: 3\n", 3, "a second time (the first is on line 1)"),
        ("a:\n  ? [x, y]\n  : 1\n", 2, "a key that is not text"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("a: [1\nb: 2\n", 2, "not YAML"),
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ('a: 1\nb: "open\n', None, "not YAML"),
        ("a: b: c\n", 1, "not YAML"),
        ("a: 1\nb: \0\n", 2, "U+0000"),
        ("a: 1\n\nb: \x1b[31m\n", 3, "U+001B"),
        ('a: 1\nb: "\\0"\n', 2, "U+0000"),
        ('a: "\\ud800"\n', 1, "escape"),
        ("a: \ud800\n", 1, "U+D800"),
    ],
)
def test_what_is_more_than_data_is_refused_with_its_line(text: str, line: int | None, words: str) -> None:
    refused = refusal(text)
    assert words in refused.reason
    if line is not None:
        assert refused.line == line


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_a_bomb_that_a_naive_loader_expands_is_refused_at_its_first_line() -> None:
    naive = yaml.safe_load(BOMB)  # shared lists: 9 ** 9 leaves once anybody walks them
    assert len(naive["i"][0][0][0]) == 9
    assert refusal(BOMB).line == 1


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000])
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    began = time.monotonic()
    refusal(text)
    assert time.monotonic() - began < 20


def test_twenty_levels_are_taken_and_twenty_one_are_not() -> None:
    assert load("[" * 20 + "]" * 20).data
    assert "deeper than 20" in refusal("[" * 21 + "]" * 21).reason


def test_more_than_the_bound_is_refused_in_bytes_not_characters() -> None:
    assert load("é" * 10, max_bytes=20).data == "é" * 10
    assert "larger than 20 bytes" in refusal("é" * 11, max_bytes=20).reason


@given(st.text())
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    with contextlib.suppress(YamlError):
        load(text)


WRITABLE = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from(list("\n\r\t\x85\u2028\u2029\ufeff\"'\\#:-{}[],&*!|>%@` 01.eE~"))
)


@given(st.lists(WRITABLE, max_size=3))
def test_what_is_written_is_read_back_the_same(texts: list[str]) -> None:
    assert load(f"- [{', '.join(map(write_scalar, texts))}]").data == [texts]
    assert load("".join(f"k{number}: {write_scalar(text)}\n" for number, text in enumerate(texts))).data == (
        {f"k{number}": text for number, text in enumerate(texts)} or None
    )


@pytest.mark.parametrize("text", ["plain", "feature/chf", "every weekday 09-00", "a.b_c"])
def test_plain_words_are_written_without_quotes(text: str) -> None:
    assert write_scalar(text) == text
