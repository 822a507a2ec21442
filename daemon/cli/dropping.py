"""The command drop: give the company a priority file."""

import fcntl
import glob
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from company.clock import SystemClock
from company.errors import PriorityFileError
from daemon.cli.desk import Desk, hint_if_not_running, open_desk, read_usable_config
from daemon.cli.given_file import read_priority_file
from daemon.cli.jobs import wait_for_end
from daemon.cli.options import Json, Wait
from daemon.cli.output import print_json, print_line, print_note

if TYPE_CHECKING:
    pass

#: s; a running service has taken a file long before this
PATIENCE_S = 10.0
LOOK_S = 0.1
#: s; what a file system's time may lag behind the clock (Linux: one tick, 4 to 10 ms)
CLOCK_GRAIN_S = 0.05
#: a line of the note that the service writes beside a rejected file
_FACT = re.compile(r"^- \*\*(\w+):\*\* (.*)$", re.MULTILINE)


def drop(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A priority file, in Markdown.")],
    wait: Wait = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only show what would be done; touch nothing. Same as: plan FILE")
    ] = False,
    as_json: Json = False,
) -> None:
    """Give the company a priority file.

    A copy is put into the inbox, whole at once; the running service takes it from there. A file that cannot be read is
    refused here, with its line.

    \b
    agent-service drop add-login.md --wait
    """
    from company.work.priority import parse_priority
    from daemon.cli.planning import show_plan

    if plan:
        show_plan(context, file, as_json=as_json)
        return
    config = read_usable_config(context)
    data = read_priority_file(config, file)
    dropped_at = SystemClock().now()
    placed = place_in_inbox(config.folders.priorities, inbox_name(file.name), data)
    shown = placed.relative_to(config.root) if placed.is_relative_to(config.root) else placed
    if not as_json:
        print_line(f"dropped {shown}")
    schedule = parse_priority(data, file.name).schedule
    if not wait or schedule:
        if schedule:
            print_note(f"it starts {schedule}")
        if as_json:
            print_json({"path": str(placed)})
        hint_if_not_running(config, "it takes the file")
        return
    with open_desk(context, needs_config=False) as desk:
        job_id = await_job(desk, placed, data, dropped_at)
        wait_for_end(desk, job_id, as_json=as_json)


def inbox_name(name: str) -> str:
    """Return the name a file gets in the inbox: its own, unless the inbox would pass over that one."""
    from company.ids import slug
    from daemon.intake.names import is_ignored, refuse_name

    try:
        refuse_name(name)
    except PriorityFileError:
        return f"priority-{slug(name)}.md"
    return f"priority-{slug(name.removesuffix('.md'))}.md" if is_ignored(name) else name


def place_in_inbox(inbox: Path, name: str, data: bytes) -> Path:
    """Put ``data`` into the inbox under ``name``, or beside a file of that name that still waits there.

    The watcher never meets half a file: it is written under a hidden name, made durable and renamed.
    """
    inbox.mkdir(parents=True, exist_ok=True)
    temporary = inbox / f".{name[:100]}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Python has no rename that refuses to replace: those who drop take turns instead.
        with _in_turn(inbox):
            target = _free_name(inbox, name)
            temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _free_name(inbox: Path, name: str) -> Path:
    stem = name.removesuffix(".md")
    target, number = inbox / name, 2
    while target.exists() or target.is_symlink():
        target, number = inbox / f"{stem}-{number}.md", number + 1
    return target


@contextmanager
def _in_turn(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def await_job(
    desk: Desk,
    placed: Path,
    data: bytes,
    dropped_at: datetime,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Return the id of the job that the service makes of a dropped file. Raises PriorityFileError."""
    from company.orders.starting import find_file_job

    has_noted = False
    started = time.monotonic()
    while True:
        with desk.office.store.reading() as tx:
            session = find_file_job(desk.office, tx, data, dropped_at)
        if session is not None:
            return session.id
        _raise_if_rejected(placed, dropped_at)
        if not has_noted and time.monotonic() - started > PATIENCE_S:
            print_note("nobody has taken the file yet: is the service running? → agent-service up")
            has_noted = True
        pause(LOOK_S)


def _raise_if_rejected(placed: Path, dropped_at: datetime) -> None:
    """Raise PriorityFileError with the cause that the service wrote beside the file in ``rejected/``."""
    if placed.exists():
        return
    for note in (placed.parent / "rejected").glob(f"{glob.escape(placed.stem)}*.reason.md"):
        if note.stat().st_mtime >= dropped_at.timestamp() - CLOCK_GRAIN_S:
            facts = dict(_FACT.findall(note.read_text(encoding="utf-8")))
            raise PriorityFileError(placed.name, facts.get("Cause", "rejected"), mend=facts.get("Mend", ""))
