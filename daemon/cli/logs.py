"""The command logs: a job's log, or the service's own, or its end, or what is yet to come of it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from daemon.cli.desk import open_desk, read_usable_config
from daemon.cli.jobs import resolve_job
from daemon.cli.options import JobNameOrNone, Json
from daemon.cli.output import harmless, print_json, print_note

if TYPE_CHECKING:
    from company.orders.office import Office

LOOK_S = 0.2
_CHUNK = 64 * 1024  # bytes


def logs(
    context: typer.Context,
    job: JobNameOrNone = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the job ends; without a job until Ctrl-C.")
    ] = False,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="So many of the last lines; 0 is all of them.")
    ] = 100,
    bot: Annotated[bool, typer.Option("--bot", help="The bot's log. Only without a job.")] = False,
    as_json: Json = False,
) -> None:
    """Print the service's log; with a job, that job's.

    A job's log has what the service, its agents and its checks said. The service's log is the daemon's.
    """
    if job is None:
        _print_service_log(context, "bot" if bot else "daemon", lines, follow=follow, as_json=as_json)
        return
    if bot:
        raise typer.BadParameter("--bot is the bot's own log: leave out the job")
    with open_desk(context, only_looks=True) as desk:
        job_id = resolve_job(desk, job)
        path = desk.config.folders.logs / "running-jobs" / f"{job_id}.log"
        if as_json:
            text, _ = read_tail(path, lines)
            print_json({"job": job_id, "path": str(path), "lines": text.splitlines()})
            return
        if not path.exists() and not follow:
            print_note(f"{job_id} has no log yet: it has not started")
        text, offset = read_tail(path, lines)
        _write(text)
        if follow:
            for more in follow_file(path, offset, lambda: _has_ended(desk.office, job_id)):
                _write(more)


def _print_service_log(
    context: typer.Context, program: str, lines: int, *, follow: bool, as_json: bool
) -> None:
    from company.service_log import log_of

    path = log_of(read_usable_config(context).folders.logs, program)
    text, offset = read_tail(path, lines)
    if as_json:
        print_json({"program": program, "path": str(path), "lines": text.splitlines()})
        return
    if not path.exists() and not follow:
        print_note(f"there is no {path} yet: the {program} has never run here")
    _write(text)
    if follow:
        for more in follow_file(path, offset, lambda: False):
            _write(more)


def read_tail(path: Path, lines: int) -> tuple[str, int]:
    """Return the last ``lines`` lines (0: all) and the place in the file after them; ('', 0) for no file."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            start = _start_of_last(file.fileno(), end, lines) if lines else 0
            file.seek(start)
            return file.read(end - start).decode("utf-8", "replace"), end
    except FileNotFoundError:
        return "", 0


def _start_of_last(descriptor: int, end: int, lines: int) -> int:
    """Look backwards for the place where the last ``lines`` lines begin."""
    position, seen = end, 0
    while position > 0:
        size = min(_CHUNK, position)
        chunk = os.pread(descriptor, size, position - size)
        for index in range(len(chunk) - 1, -1, -1):
            is_line_end = chunk[index] == 0x0A and position - size + index != end - 1
            seen += is_line_end
            if seen == lines:
                return position - size + index + 1
        position -= size
    return 0


def follow_file(
    path: Path, offset: int, has_ended: Callable[[], bool], *, pause: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Yield what is appended after ``offset``, whole lines at a time, until ``has_ended`` and nothing is left.

    A log that is rotated meanwhile is read to its end, and then the new one.
    """
    rest, file = b"", _opened(path, offset)
    try:
        while True:
            is_last_look = has_ended()
            is_rotated = file is not None and _is_another(path, file)
            for data in _appended(file):
                rest += data
            if file is None or is_rotated:
                if file is not None:
                    file.close()
                file = _opened(path, 0)
                for data in _appended(file):
                    rest += data
            whole, newline, rest = rest.rpartition(b"\n")
            if newline:
                yield (whole + newline).decode("utf-8", "replace")
            if is_last_look:
                if rest:
                    yield rest.decode("utf-8", "replace") + "\n"
                return
            pause(LOOK_S)
    finally:
        if file is not None:
            file.close()


def _opened(path: Path, offset: int) -> BinaryIO | None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    file.seek(offset)
    return file


def _is_another(path: Path, file: BinaryIO) -> bool:
    """Say whether a new file stands where ``file`` stood. While there is none, the old one is the log."""
    try:
        return not os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _appended(file: BinaryIO | None) -> Iterator[bytes]:
    while file is not None and (data := file.read(_CHUNK)):
        yield data


def _has_ended(office: "Office", job_id: str) -> bool:
    from company.store import sessions
    from daemon.cli.story import UNFINISHED

    with office.store.reading() as tx:
        return sessions.get(tx, job_id).status not in UNFINISHED


def _write(text: str) -> None:
    # A log quotes programs; in a terminal none of what they wrote may act as a control sequence.
    sys.stdout.write(harmless(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()
