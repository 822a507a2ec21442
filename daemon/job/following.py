"""Step 10: what became of the delivered branch, and what people want of its pull request.

A thread of its own looks now and then, because looking means asking another machine: young ones often, old ones
seldom, and whoever did not answer less and less often. Merged is rewarded once, by whichever way it was merged;
closed is written down; red checks and requested changes are told, and start a follow-up job by themselves as often as
config.yaml allows. Nothing is asked of jobs that ended more than ``FOLLOW_DAYS`` ago.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

from company.clock import from_iso, to_iso
from company.errors import AgentServiceError
from company.learning.reward import POINTS
from company.orders import pull_requests as orders
from company.orders.office import Office
from company.orders.permission import actor_for
from company.orders.telling import tell_job
from company.store import pull_requests, rewards
from company.store.sessions import Session
from company.work.pull_request import Complaint, complaints_key
from daemon.forge.protocol import Delivered, Forge, ForgeError, PullRequestState
from daemon.job.preparing import open_target
from daemon.job.proposing import forge_of, propose
from daemon.job.workplace import Workplace

log = logging.getLogger(__name__)

FOLLOW_S = 60.0
FOLLOW_DAYS = 30
FOLLOWED_AT_ONCE = 200
SELDOM_S = 900.0  # the longest time between two looks at one that is asked about without trouble
AGAIN_S = 3600.0  # the longest time until one is asked about again that could not be


class Following:
    """Looks after delivered branches, from ``start`` to ``stop``."""

    def __init__(
        self, place: Workplace, *, follow_s: float = FOLLOW_S, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._place, self._follow_s, self._now_s = place, follow_s, now_s
        self._is_leaving = False
        self._woken = threading.Event()
        self._due_s: dict[str, float] = {}
        self._troubles: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="following", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """Stop after the look under way, or leave it behind: repeating it is harmless."""
        self._is_leaving = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look_soon_if_wanted(self) -> None:
        """Look now when a person wants something of a pull request. Cheap: called by the pulse."""
        with self._place.store.reading() as tx:
            if pull_requests.wanted(tx):
                self._woken.set()

    def look(self) -> list[str]:
        """Do what is wanted, and look at every delivered branch that is due; return the jobs that were merged."""
        with self._place.store.reading() as tx:
            wanted = pull_requests.wanted(tx)
            since = to_iso(self._place.clock.now() - timedelta(days=FOLLOW_DAYS))
            waiting = pull_requests.followed(tx, since, limit=FOLLOWED_AT_ONCE)
        merged = []
        for session in {one.id: one for one in (*wanted, *waiting)}.values():
            if self._is_leaving:
                break
            is_due = session.pr_request is not None or self._due_s.get(session.id, 0.0) <= self._now_s()
            if is_due and self._ask(session) is PullRequestState.MERGED:
                merged.append(session.id)
        return merged

    def _run(self) -> None:
        while not self._is_leaving:
            self._woken.wait(self._follow_s)
            self._woken.clear()
            try:
                if not self._is_leaving:
                    self.look()
            except Exception:  # a fault of ours in one look must not be the last look
                log.exception("following")

    def _ask(self, session: Session) -> PullRequestState | None:
        """Ask about one; None where it could not be asked. What the forge refuses is told once, and asked again."""
        try:
            state = self._follow(session)
        except ForgeError as error:
            self._wait_longer(session, error.retry_after_s)
            self._tell_error(session, error)
            return None
        except (AgentServiceError, OSError) as error:  # a remote that is away: the next look tries again
            self._wait_longer(session, None)
            log.info("%s: cannot be followed at present: %s", session.id, error)
            return None
        self._troubles.pop(session.id, None)
        age_s = (
            self._place.clock.now() - from_iso(session.completed_at or session.created_at)
        ).total_seconds()
        self._due_s[session.id] = self._now_s() + min(SELDOM_S, age_s / 60)
        return state

    def _follow(self, session: Session) -> PullRequestState | None:
        clone = open_target(self._place, session, fresh=True)
        forge = forge_of(self._place, session, clone)
        delivered = _delivered(session)
        if session.pr_state is None and session.pr_request is None:
            pull = propose(self._place, session, delivered.branch, delivered.base, delivered.head_commit)
            if pull is None:
                raise ForgeError("open the pull request", session.pr_error or "not yet")
            return None
        if session.pr_request is not None:
            self._do(session, forge, delivered)
            forge = forge_of(self._place, session, open_target(self._place, session, fresh=True))
        now = forge.look(delivered)
        state = now.state
        if session.pr_request == "close" and state is not PullRequestState.MERGED:
            state = PullRequestState.CLOSED
        self._note(session, now.number, now.url, state)
        if state in (PullRequestState.DRAFT, PullRequestState.OPEN):
            self._hear(session, forge.complaints(delivered))
        return state

    def _do(self, session: Session, forge: Forge, delivered: Delivered) -> None:
        what = session.pr_request or ""
        acts = {"ready": forge.make_ready, "merge": forge.merge, "close": forge.close}
        error: ForgeError | None = None
        try:
            acts[what](delivered)
        except ForgeError as refused:
            if refused.retry_after_s is not None:  # it may go by itself: what is wanted stays wanted
                raise
            error = refused
        with self._place.store.transaction() as tx:
            words = f"{error}{f' ({error.mend})' if error.mend else ''}" if error else None
            if pull_requests.answered(tx, session.id, what, error=words):
                tell_job(tx, session.id, f"pull_request:{what}:{'refused' if error else 'done'}:{tx.now_iso}")
        if error is not None:
            log.warning("%s: %s", session.id, error)
            raise error

    def _note(self, session: Session, number: int | None, url: str | None, state: PullRequestState) -> None:
        with self._place.store.transaction() as tx:
            is_new = pull_requests.note(tx, session.id, number=number, url=url, state=state.value)
            if state is PullRequestState.MERGED:
                reason = f"merged into {session.base_branch}"
                if rewards.issue(tx, "session", session.id, "merged", POINTS["session merged"], reason):
                    log.info("%s: %s", session.id, reason)
            if is_new:
                tell_job(tx, session.id, f"pull_request:{state.value}")

    def _hear(self, session: Session, complaints: tuple[Complaint, ...]) -> None:
        """Write down what came back; where it is new, tell it, and start what mends it if that may start by itself."""
        before = [Complaint(**one) for one in session.pr_complaints]
        if complaints_key(before) == complaints_key(complaints):
            return
        with self._place.store.transaction() as tx:
            pull_requests.note_complaints(tx, session.id, [asdict(one) for one in complaints])
            tell_job(tx, session.id, f"pull_request:complaints:{tx.now_iso}")
            begun = len(pull_requests.follow_ups(tx, session.id))
        if complaints and begun < self._place.config.github.follow_ups:
            office = Office(self._place.store, self._place.config, self._place.clock)
            orders.follow_up(office, actor_for(office.config, "pull request", "automation"), session.id)

    def _tell_error(self, session: Session, error: ForgeError) -> None:
        words = f"{error}{f' ({error.mend})' if error.mend else ''}"
        with self._place.store.transaction() as tx:
            if pull_requests.note_error(tx, session.id, words):
                log.warning("%s: %s", session.id, words)
                tell_job(tx, session.id, f"pull_request:trouble:{tx.now_iso}")

    def _wait_longer(self, session: Session, wait_s: float | None) -> None:
        times = self._troubles[session.id] = self._troubles.get(session.id, 0) + 1
        self._due_s[session.id] = self._now_s() + (wait_s or min(AGAIN_S, self._follow_s * 2.0**times))


def _delivered(session: Session) -> Delivered:
    assert session.branch_name is not None, "only delivered jobs are followed"
    assert session.head_commit is not None, "only delivered jobs are followed"
    assert session.base_branch is not None, "only delivered jobs are followed"
    return Delivered(
        branch=session.branch_name,
        base=session.base_branch,
        head_commit=session.head_commit,
        number=session.pr_number,
    )
