"""The folder ``scheduled/``: a file in it is a schedule, and a file taken out of it ends its schedule.

Only schedules that came as files have one here (those of config.yaml and of orders have none). A file that is missed
may be about to come back (editors save by renaming), so it must have been missed for a while; and on a database that
several folders share, only a file that this process has seen here can be missed here.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from company.errors import OrderRefused
from company.orders import schedules
from company.orders.office import Office
from company.orders.permission import actor_for
from company.store import schedules as schedule_rows
from company.store.schedules import ScheduleRow
from company.work.job import FOLDER, JobStatus
from daemon.intake.rejecting import move_beside

log = logging.getLogger(__name__)

SCHEDULED = "scheduled"  #: holds the files that start by themselves
FOLDER_ACTOR = "priorities"  #: who orders what the folder says
MISSED_S = 2.0  # how long a file must have been gone


class ScheduledFolder:
    """Keeps files and schedules together. Called with the inbox's lock held."""

    def __init__(self, folder: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """``folder`` is ``priorities/``."""
        self._inbox, self._monotonic = folder, monotonic
        self._seen: set[str] = set()
        self._missed_since: dict[str, float] = {}

    def follow(self, office: Office, *, is_settled: bool) -> None:
        """Move away the files of schedules that were removed; remove the schedules whose files were.

        ``is_settled``: no file is on its way into the folder.
        """
        with office.store.reading() as tx:
            rows = schedule_rows.list_schedules(tx, include_removed=True)
        paths = self._paths(rows)
        for row in rows:
            if row.is_active:
                self._seen.update({row.id} & paths.keys())
            elif row.id in paths:
                for path in paths[row.id]:
                    move_beside(path, self._inbox / FOLDER[JobStatus.STOPPED], path.name)
        if is_settled:
            self._remove(office, self._missed(office, rows, paths))

    def let_go(self, office: Office, name: str) -> None:
        """Remove the schedule ``name`` where its file is gone: it is being dropped again, perhaps changed."""
        with office.store.reading() as tx:
            row = schedule_rows.find(tx, name)
        if (
            row is not None
            and row.is_active
            and self._is_ours(office, row)
            and row.id not in self._paths([row])
        ):
            self._remove(office, [row])

    def _paths(self, rows: Iterable[ScheduleRow]) -> dict[str, list[Path]]:
        """Return the files of each schedule that has one. Raises OSError when there is no such folder."""
        paths = list((self._inbox / SCHEDULED).iterdir())
        found: dict[str, list[Path]] = {}
        for row in rows if paths else ():
            named = re.compile(rf"\.{re.escape(row.id)}(-\d+)?\.md$")
            if mine := [path for path in paths if named.search(path.name)]:
                found[row.id] = mine
        return found

    def _missed(
        self, office: Office, rows: Iterable[ScheduleRow], paths: dict[str, list[Path]]
    ) -> list[ScheduleRow]:
        now = self._monotonic()
        missing = {
            row.id: row
            for row in rows
            if row.is_active and row.id not in paths and self._is_ours(office, row)
        }
        self._missed_since = {row_id: self._missed_since.get(row_id, now) for row_id in missing}
        return [row for row in missing.values() if now - self._missed_since[row.id] >= MISSED_S]

    def _is_ours(self, office: Office, row: ScheduleRow) -> bool:
        is_alone = not office.config.database.url  # an SQLite file belongs to one folder
        return row.created_by == FOLDER_ACTOR and (is_alone or row.id in self._seen)

    def _remove(self, office: Office, rows: Iterable[ScheduleRow]) -> None:
        for row in rows:
            try:
                schedules.remove(office, actor_for(office.config, FOLDER_ACTOR, "file"), row.id)
            except (
                OrderRefused
            ) as refused:  # the office may not; asked once, and again when the folder changes
                log.warning("schedule %s goes on though its file is gone: %s", row.name, refused)
                continue
            self._missed_since.pop(row.id, None)
            log.info("schedule %s was removed: its file is gone from %s", row.name, SCHEDULED)
