"""Reading a file that anybody may have put there."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from company.errors import PriorityFileError
from daemon.intake.reading import StillWritten, is_being_written, read_file


@contextmanager
def without_privileges() -> Iterator[None]:
    """Be nobody for a moment, where the suite runs as root, who may read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_file_without_the_right_to_read_it_is_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "secret.md"
        path.write_text("# Secret\n")
        path.chmod(0)
        with without_privileges(), pytest.raises(PriorityFileError, match="may not read it"):
            read_file(path, "secret.md", 1000)


def test_somebody_elses_file_is_read_where_its_writers_cannot_be_known() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "open.md"
        path.write_text("# Open\n")
        path.chmod(0o644)
        with without_privileges():
            assert read_file(path, "open.md", 1000) == b"# Open\n"


def test_a_writer_is_seen_for_as_long_as_it_has_the_file_open(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    with path.open("w") as writer:
        writer.write("# a")
        assert is_being_written(path)
        with pytest.raises(StillWritten):
            read_file(path, "a.md", 1000)
    assert not is_being_written(path)
    with path.open():  # a reader is no writer
        assert not is_being_written(path)


def test_what_is_no_file_is_not_being_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    assert not any(is_being_written(tmp_path / name) for name in ("pipe", "link", "missing", "."))


def test_exactly_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"x" * 1000)
    assert len(read_file(path, "a.md", 1000)) == 1000
    path.write_bytes(b"x" * 1001)
    with pytest.raises(PriorityFileError, match="larger than 1000 bytes"):
        read_file(path, "a.md", 1000)


LOOKING = """
import sys
from pathlib import Path
from daemon.intake.reading import is_being_written
path, stop = Path(sys.argv[1]), Path(sys.argv[2])
print("looking", flush=True)
while not stop.exists():
    is_being_written(path)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="leases are Linux's")
def test_a_writer_that_meets_the_look_neither_ends_the_service_nor_is_held_up(tmp_path: Path) -> None:
    path, stop = tmp_path / "a.md", tmp_path / "stop"
    path.write_text("x")
    command = [sys.executable, "-c", LOOKING, str(path), str(stop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as looking:
        assert looking.stdout
        assert looking.stdout.readline() == "looking\n"
        for _ in range(3000):  # without F_SETSIG the first hundred ended it: SIGIO
            with path.open("a") as writer:
                writer.write("y")
        stop.touch()
    assert looking.returncode == 0
