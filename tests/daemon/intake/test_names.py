"""What a name in the inbox says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.errors import PriorityFileError
from daemon.intake.names import is_ignored, kept_name, numbered, refuse_name


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.md", ".add-login.md.swp", ".#add-login.md", "#add-login.md#", "add-login.md~", "~$add-login.md",
        "add-login.tmp", "add-login.md.part", "add-login.MD.TMP", "add-login.md.crdownload", "README.md",
        "Thumbs.db", "add-login.md.reason.md", ".goutputstream-ABC123", "add-login.md.bak",
    ],
)  # fmt: skip
def test_unfinished_and_hidden_names_are_ignored(name: str) -> None:
    assert is_ignored(name)


@pytest.mark.parametrize(
    "name", ["add-login.md", "README first.md", "reason.md", "part.md", "a#b.md", "4913", "x"]
)
def test_other_names_are_not(name: str) -> None:
    assert not is_ignored(name)


@pytest.mark.parametrize(
    "name", ["a.md", "a.MD", "a.markdown", "a.txt", "a", "v1.2 release.md", "überarbeiten.md"]
)
def test_names_of_text_files_are_taken(name: str) -> None:
    refuse_name(name)


@pytest.mark.parametrize("name", ["a.png", "a.md.exe", "a\n.md", "a\x1b[31m.md", "a\u202e.md", "a\udce9.md"])
def test_other_names_are_refused_with_a_mend(name: str) -> None:
    with pytest.raises(PriorityFileError) as caught:
        refuse_name(name)
    assert caught.value.mend


@given(st.text(min_size=1).filter(lambda name: "/" not in name and "\0" not in name), st.integers(1, 999))
def test_a_kept_name_always_fits_and_can_always_be_printed(name: str, number: int) -> None:
    kept = numbered(kept_name(name), number)

    assert kept.isprintable()
    assert "/" not in kept
    assert 0 < len(f"{kept}.reason.md".encode()) <= 255
    assert kept not in {".", ".."} or name == kept


@given(st.text("abc._-", min_size=1, max_size=30), st.integers(1, 999), st.integers(1, 999))
def test_numbers_tell_names_apart(name: str, first: int, second: int) -> None:
    assert (numbered(name, first) == numbered(name, second)) == (first == second)
