"""The watch over the inbox: what arrives, when it is complete, and who takes it.

What is heard (``arriving``) and what is listed (at the start, and every ``rescan_s`` in case something was not heard)
goes through one rule (``settling``); what is settled goes to the inbox. One thread does it all, in order, and sleeps
until something is heard or due. Nothing is kept in memory that a restart could lose: the folder is looked at again.

Where the system's limit of watches is reached, the folder is listed each second instead, that is said in the log
and by ``problem``, and listening is tried again at each slow rescan.
"""

import logging
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from company.orders.office import Office
from daemon.intake.arriving import Arrivals, Hear
from daemon.intake.inbox import Inbox, Taken
from daemon.intake.names import is_ignored
from daemon.intake.settling import FileStability, Fingerprint, Sight

log = logging.getLogger(__name__)

POLL_S = 1.0  # between two listings where nothing can be heard
_SETTLE_MIN_S = 0.05  # a file that is being written is looked at no more often


class Watcher:
    """Takes what is complete in the inbox, from ``start`` to ``stop``."""

    def __init__(
        self,
        office: Callable[[], Office],
        inbox: Inbox,
        wake: Callable[[], None],
        *,
        listen: Callable[[Path, Hear], Arrivals] = Arrivals,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``wake`` is called after something was taken; ``listen`` raises OSError where it cannot."""
        intake = office().config.intake
        self._inbox, self._wake, self._listen, self._monotonic = inbox, wake, listen, monotonic
        self._rescan_s = intake.rescan_s
        self._stability = FileStability(max(intake.settle_s, _SETTLE_MIN_S))
        self._heard: deque[tuple[str, Sight]] = deque()
        self._changed = threading.Condition()
        self._leaving = threading.Event()
        self._is_quiet = False
        self._waiting_claims = 0
        self._arrivals: Arrivals | None = None
        self._folder_id: tuple[int, int] | None = None
        self._listen_at = self._rescan_at = 0.0
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self.problem = ""  #: why arrivals are not heard; '' when they are

    def start(self) -> None:
        """Lay out the folders and begin. Raises OSError when the folders cannot be made."""
        self._inbox.lay_out()
        self._thread.start()

    def stop(self) -> None:
        """Stop between two files. What was not taken is taken at the next start."""
        with self._changed:
            self._leaving.set()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._close_ear()

    def rescan(self) -> None:
        """List the folder now."""
        with self._changed:
            self._rescan_at = 0.0
            self._is_quiet = False
            self._changed.notify_all()

    def wait_until_quiet(self, timeout_s: float) -> bool:
        """List the folder and wait until every file in it was taken; False when that took too long."""
        self.rescan()
        with self._changed:
            return self._changed.wait_for(lambda: self._is_quiet, timeout_s)

    def _run(self) -> None:
        while not self._leaving.is_set():
            with self._changed:
                rest_s = 0.0 if self._heard else self._due_at() - self._monotonic()
                if rest_s > 0:
                    self._is_quiet = not self._stability and not self._waiting_claims
                    self._changed.notify_all()
                    self._changed.wait(rest_s)
            try:
                self.step()
            except OSError as error:  # the folder cannot be read at present; the next rescan tries again
                log.warning("priorities: cannot be read: %s", error)

    def step(self) -> None:
        """Do what is due now; nothing when it is time to leave."""
        if self._leaving.is_set():
            return
        now = self._monotonic()
        if now >= self._rescan_at:
            self._rescan(now)
        with self._changed:
            heard = list(self._heard)
            self._heard.clear()
        for name, sight in heard:
            self._look(name, sight, now)
        for name in self._stability.due(now):
            self._look(name, Sight.LOOKED, now)
        for name in self._stability.settled():
            if self._leaving.is_set():
                return
            self._take(name)

    def _due_at(self) -> float:
        settles_at = self._stability.next_due()
        return self._rescan_at if settles_at is None else min(self._rescan_at, settles_at)

    def _hear(self, name: str, sight: Sight) -> None:
        with self._changed:
            if name:
                self._heard.append((name, sight))
            else:
                self._rescan_at = 0.0
            self._changed.notify_all()

    def _look(self, name: str, sight: Sight, now: float) -> None:
        if is_ignored(name):
            return
        try:
            found = (self._inbox.folder / name).lstat()
        except OSError:
            self._stability.forget(name)
            return
        if stat.S_ISDIR(found.st_mode):  # people keep drafts in folders, and the inbox has folders of its own
            self._stability.forget(name)
            return
        self._stability.note(name, Fingerprint(found.st_size, found.st_mtime_ns, found.st_ino), now, sight)

    def _take(self, name: str) -> None:
        try:
            taken = self._inbox.take(name)
        except OSError as error:  # a full disk, a folder without rights: the file stays for the next rescan
            log.warning("priorities: %r stays: %s", name, error)
            return
        if taken is Taken.UNFINISHED:
            self._look(name, Sight.LOOKED, self._monotonic())
        elif taken is Taken.WAITS:
            self._waiting_claims += 1
        elif taken is not Taken.GONE:
            self._wake()

    def _rescan(self, now: float) -> None:
        self._rescan_at = now + self._rescan_s
        self._inbox.lay_out()
        self._keep_listening(now)
        if self._arrivals is None:
            self._rescan_at = now + min(POLL_S, self._rescan_s)
        self._waiting_claims = self._inbox.take_up_again()
        for name in {path.name for path in self._inbox.folder.iterdir()}.union(self._stability.names()):
            self._look(name, Sight.LOOKED, now)

    def _keep_listening(self, now: float) -> None:
        """Listen to the folder that is there now, where that is possible."""
        found = self._inbox.folder.stat()
        is_same = self._folder_id == (found.st_dev, found.st_ino)
        if self._arrivals is not None and is_same:
            return
        if now < self._listen_at and is_same:
            return
        self._close_ear()
        self._folder_id = (found.st_dev, found.st_ino)
        try:
            self._arrivals = self._listen(self._inbox.folder, self._hear)
            if self.problem:
                log.info("priorities: new files are heard again")
            self.problem = ""
        except OSError as error:
            self._listen_at = now + self._rescan_s
            self.problem = f"{error.strerror or error}: new files are looked for every {POLL_S:g} s"
            log.warning(
                "priorities: %s; raise fs.inotify.max_user_instances and max_user_watches", self.problem
            )

    def _close_ear(self) -> None:
        arrivals, self._arrivals = self._arrivals, None
        if arrivals is not None:
            arrivals.close()
