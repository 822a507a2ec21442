"""What the service's terminal says while it works: one line for what came, one for how it ended.

The store is the source, so a line tells what was committed, whichever door ordered it. What it told already is kept by
job, so that a look that finds nothing new says nothing; a store that cannot be read now is read at the next look.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from company.errors import StoreError
from company.orders.permission import Action
from company.store import audit, outbox, schedules, sessions, teams
from company.work.report import counted, duration
from daemon.cli.output import print_line, print_note
from daemon.cli.story import UNFINISHED, mark_of
from daemon.cli.times import local_clock, local_day_and_time

if TYPE_CHECKING:
    from company.orders.office import Office
    from company.store.audit import Entry
    from company.store.gate import Reading
    from company.store.outbox import Word
    from company.store.sessions import Session

log = logging.getLogger(__name__)

LOOK_S = 0.25

_SCHEDULE_ORDERS = {
    Action.ADD_SCHEDULE.value: "is a schedule now",
    Action.REMOVE_SCHEDULE.value: "starts no more",
}


class Narrator:
    """Tells what happens, from ``begin`` on. One thread looks; ``look`` may be called by others too."""

    def __init__(self, office: Callable[[], "Office"], *, say: Callable[[str], None] = print_line) -> None:
        self._office, self._say = office, say
        self._lock = threading.Lock()
        self._told: set[str] = set()  # the jobs that had not ended when they were last told of
        self._word_id = self._order_id = 0
        self._silent: str | None = None
        self._seen: int | str | None = None

    def begin(self) -> None:
        """Take what is known by now as told; say only how much goes on."""
        with self._office().store.reading() as tx:
            self._word_id, self._order_id = outbox.newest_id(tx), audit.newest_id(tx)
            pending, running = sessions.pending_and_running(tx)
        self._told = {session.id for session in (*pending, *running)}
        if running or pending:
            self._say(f"{_standing(running, pending)}: left by the last run, and taken up again")

    def keep_looking(self, *, but_not_of: str | None = None) -> None:
        """Look until the process ends, in a thread of its own; say nothing of a job that was shown already."""
        self._silent = but_not_of
        threading.Thread(target=self._keep_looking, name="narrator", daemon=True).start()

    def _keep_looking(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(LOOK_S)
            try:
                self.look()
            except BrokenPipeError:  # nobody reads any more: the work is done all the same
                return
            except StoreError as error:
                log.info("the terminal is told later: %s", error)

    def look(self) -> None:
        """Tell what is new. Raises StoreError, BrokenPipeError."""
        with self._lock:
            office = self._office()
            version = office.store.version()
            if version == self._seen:
                return
            with office.store.reading() as tx:
                lines = list(self._news(office, tx))
            self._seen = version
        for line in lines:
            self._say(line)

    def _news(self, office: "Office", tx: "Reading") -> Iterator[str]:
        clock = local_clock(tx.now_iso, office.config.company.time_zone)
        words, orders = outbox.after(tx, self._word_id), audit.after(tx, self._order_id)
        self._word_id = words[-1].id if words else self._word_id
        self._order_id = orders[-1].id if orders else self._order_id
        for order in orders:
            if order.action in _SCHEDULE_ORDERS and order.outcome == "done":
                yield f"{clock} {_schedule_line(office, tx, order)}"
        for word in words:
            if word.kind == "rejected":
                yield f"{clock} {_rejected_line(word)}"
        new = {word.subject_id for word in words if word.dedup_key == f"job:{word.subject_id}:pending"}
        heard = dict.fromkeys([*(word.subject_id for word in words if word.kind == "job"), *self._told])
        for job_id in heard:
            lines = list(self._news_of(tx, sessions.get(tx, job_id), is_new=job_id in new))
            if job_id != self._silent:
                yield from (f"{clock} {line}" for line in lines)

    def _news_of(self, tx: "Reading", session: "Session", *, is_new: bool) -> Iterator[str]:
        was_open, is_open = session.id in self._told, session.status in UNFINISHED
        if is_new and not was_open:
            yield _taken_line(tx, session)
        elif is_open and not was_open:
            yield f"{mark_of('in_progress')} {_title(session)}: goes on ({session.id})"
        if is_open:
            self._told.add(session.id)
        elif was_open or is_new:  # else it is news of a job that ended before: a merge, a praise
            self._told.discard(session.id)
            yield _ended_line(session)


def farewell(office: "Office", *, say: Callable[[str], None] = print_note) -> None:
    """Say what goes on without the service, and what takes it up; nothing when nothing does. Raises StoreError."""
    with office.store.reading() as tx:
        pending, running = sessions.pending_and_running(tx)
    if running:
        say(
            f"The service stops; {_standing(running, pending)}. Agents at work go on in the background; the next "
            "start takes up what they did: agent-service up"
        )
    elif pending:
        say(f"The service stops; {_standing(running, pending)} for the next start: agent-service up")


def _standing(running: "Collection[Session]", pending: "Collection[Session]") -> str:
    words = []
    if running:
        words.append(f"{counted(len(running), 'job')} {'is' if len(running) == 1 else 'are'} under way")
    if pending:
        words.append(f"{counted(len(pending), 'job')} {'waits' if len(pending) == 1 else 'wait'}")
    return ", ".join(words)


def _taken_line(tx: "Reading", session: "Session") -> str:
    team = teams.get(tx, session.team_id).name
    where = f"{team}, {session.target_repo}" if session.target_repo else team
    source = session.priority_file.removesuffix(f".{session.id}.md")
    source = source if source.endswith(".txt") else f"{source}.md"
    via = f"from {source}" if session.surface == "file" else f"by {session.requested_by} ({session.surface})"
    return f"{mark_of('in_progress')} {_title(session)}: taken {via} ({where}) as {session.id}"


def _title(session: "Session") -> str:
    """Return the title as something that a colon may follow."""
    return session.title.rstrip(".:!?; ") or session.title


def _ended_line(session: "Session") -> str:
    took = f" in {duration(session.duration_seconds)}" if session.duration_seconds is not None else ""
    outcome = f": {session.outcome}" if session.outcome else ""
    ended = f"{_title(session)}: {session.status}{took}{outcome}"
    return f"{mark_of(session.status)} {ended} → agent-service show {session.id}"


def _rejected_line(word: "Word") -> str:
    facts = word.payload
    line = f"line {facts['line']}: " if facts.get("line") else ""
    mend = f" → {facts['mend']}" if facts.get("mend") else ""
    mark, verb = ("·", "taken before") if facts.get("job_id") else (mark_of("failed"), "not taken")
    return f"{mark} {facts['name']}: {verb}: {line}{facts['reason']}{mend} ({facts['kept_as']})"


def _schedule_line(office: "Office", tx: "Reading", order: "Entry") -> str:
    row = schedules.get(tx, order.entity_id)
    when = ""
    if order.action == Action.ADD_SCHEDULE.value:
        from company.orders.schedules import view_of

        view = view_of(office, row)
        next_at = local_day_and_time(view.next_at, office.config.company.time_zone)
        when = f": {view.words}, next {next_at}" if next_at else f": {view.words}"
    return f"{mark_of('pending')} {row.name}: {_SCHEDULE_ORDERS[order.action]}{when}"
