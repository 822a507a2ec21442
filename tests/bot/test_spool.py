"""The spool: on the disk when it says so, in order, whole again after a crash."""

from pathlib import Path

import pytest

from bot.spool import Spool


def test_what_was_kept_is_there_after_a_crash_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "state" / "spool.jsonl"
    spool = Spool(path)
    for number in range(3):
        spool.add({"number": number, "text": "ünï\n"})
    again = Spool(path)
    assert len(again) == 3
    assert again.first() == {"number": 0, "text": "ünï\n"}
    assert path.stat().st_mode & 0o077 == 0


def test_the_file_goes_with_the_last_one(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.add({"a": 1})
    spool.add({"a": 2})
    spool.drop_first()
    assert spool.first() == {"a": 2}
    assert (tmp_path / "spool.jsonl").exists()
    spool.drop_first()
    assert (spool.first(), len(spool)) == (None, 0)
    assert not (tmp_path / "spool.jsonl").exists()


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_line_cut_by_a_crash_is_passed_over(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "spool.jsonl"
    spool = Spool(path)
    spool.add({"a": 1})
    spool.add({"a": 2})
    path.write_bytes(path.read_bytes()[:-cut])
    assert [Spool(path).first(), len(Spool(path))] in ([{"a": 1}, 1], [{"a": 1}, 2])
    Spool(path).add({"a": 3})
    assert len(Spool(path)) in (2, 3)
