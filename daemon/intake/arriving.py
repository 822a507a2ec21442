"""Hearing of files that arrive in a folder, through watchdog.

On Linux only what tells of an arrival is asked for: a file created, closed after writing, or renamed into the folder.
Renames out of it are left out on purpose. watchdog 7.1 holds such an event for 0.5 s to find its other half, and all
later events wait behind it (DelayedQueue), so each file that the service itself moves on would have delayed the next
one by half a second. Reads, openings and single writes are left out because nobody needs them.

Elsewhere watchdog's own choice of observer tells what it can; files then settle by resting.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    DirDeletedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.utils.platform import is_linux

from daemon.intake.settling import Sight

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

Hear = Callable[[str, Sight], None]
"""Called in a thread of watchdog's with a file's name; with '' when the folder itself is gone."""


class _Ear(FileSystemEventHandler):
    def __init__(self, folder: str, hear: Hear) -> None:
        self._folder, self._hear = folder, hear

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileMovedEvent):
            self._tell(event.dest_path, Sight.RENAMED)
        elif isinstance(event, FileClosedEvent):
            self._tell(event.src_path, Sight.CLOSED)
        elif isinstance(event, FileCreatedEvent | FileModifiedEvent):
            self._tell(event.src_path, Sight.LOOKED)
        elif isinstance(event, DirDeletedEvent) and os.fsdecode(event.src_path) == self._folder:
            self._hear("", Sight.LOOKED)

    def _tell(self, path: bytes | str, sight: Sight) -> None:
        folder, name = os.path.split(os.fsdecode(path))
        if folder == self._folder:
            self._hear(name, sight)


class Arrivals:
    """An open ear at a folder, until it is closed."""

    def __init__(self, folder: Path, hear: Hear) -> None:
        """Begin to listen. Raises OSError where the system's limit of watches is reached."""
        self._observer = _observer()
        self._observer.schedule(_Ear(str(folder), hear), str(folder))
        try:
            self._observer.start()
        except BaseException:
            self._observer.stop()
            raise

    def close(self) -> None:
        """Stop listening and wait for watchdog's threads."""
        self._observer.stop()
        self._observer.join()


def _observer() -> "BaseObserver":
    if is_linux():
        from daemon.intake.inotify import ArrivalObserver

        return ArrivalObserver()
    from watchdog.observers import Observer

    return Observer()
