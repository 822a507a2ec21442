"""Step 10: what became of the delivered branch. Merged is rewarded once, by whichever way it was merged.

A thread of its own looks now and then, because looking may mean fetching. Without a forge, merged means: merging the
delivered commit into the base branch would change nothing any more. That holds for a merge, a rebase and a squash,
also after later work on the base. Nothing is asked of jobs that ended more than ``FOLLOW_DAYS`` ago.
"""

import logging
import threading
from datetime import timedelta

from company.clock import to_iso
from company.errors import AgentServiceError
from company.learning.reward import POINTS
from company.orders.telling import tell_job
from company.store import rewards, sessions
from company.store.sessions import Session
from daemon.git.clone import resolve
from daemon.git.merge import is_contained
from daemon.job.preparing import open_target
from daemon.job.workplace import Workplace

log = logging.getLogger(__name__)

FOLLOW_S = 60.0
FOLLOW_DAYS = 30
FOLLOWED_AT_ONCE = 200


class Following:
    """Looks after delivered branches, from ``start`` to ``stop``."""

    def __init__(self, place: Workplace, *, follow_s: float = FOLLOW_S) -> None:
        self._place, self._follow_s = place, follow_s
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, name="following", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """Stop after the look under way, or leave it behind: repeating it is harmless."""
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look(self) -> list[str]:
        """Look at every delivered branch that has not been merged yet; return the jobs that were."""
        merged = []
        for session in self._delivered():
            if self._leaving.is_set():
                break
            try:
                if self._is_merged(session):
                    self._note(session)
                    merged.append(session.id)
            except (AgentServiceError, OSError) as error:  # a remote that is away: the next look tries again
                log.info("%s: cannot be followed at present: %s", session.id, error)
        return merged

    def _run(self) -> None:
        while not self._leaving.wait(self._follow_s):
            try:
                self.look()
            except Exception:  # a fault of ours in one look must not be the last look
                log.exception("following")

    def _delivered(self) -> list[Session]:
        since = to_iso(self._place.clock.now() - timedelta(days=FOLLOW_DAYS))
        with self._place.store.reading() as tx:
            return sessions.delivered_since(tx, since, limit=FOLLOWED_AT_ONCE)

    def _is_merged(self, session: Session) -> bool:
        assert session.head_commit is not None, "only delivered jobs are followed"
        assert session.base_branch is not None, "only delivered jobs are followed"
        clone = open_target(self._place, session, fresh=True)
        tip = resolve(clone, session.base_branch)
        return tip is not None and is_contained(clone, session.head_commit, tip)

    def _note(self, session: Session) -> None:
        with self._place.store.transaction() as tx:
            reason = f"merged into {session.base_branch}"
            if rewards.issue(tx, "session", session.id, "merged", POINTS["session merged"], reason):
                sessions.annotate(tx, session.id, pr_state="merged")
                tell_job(tx, session.id, "merged")
                log.info("%s: %s", session.id, reason)
