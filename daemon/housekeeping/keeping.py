"""Housekeeping carried out: what the rule names is removed, each for itself; the books and repositories kept small.

Repeating it is harmless, and two at once are: whoever comes second finds nothing. What cannot be removed is named in
the log and tried again at the next pass.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from company.clock import to_iso
from company.errors import AgentServiceError, GitError
from company.orders.office import Office
from company.store import sessions
from company.store.gate import Transaction
from company.store.upkeep import (
    ended_for_good,
    forget_measurements,
    forget_orders,
    forget_words,
    tend,
)
from company.work.retention import Kind, Removal, in_bytes, may_go
from daemon.engine import Engine
from daemon.git.clone import Clone
from daemon.git.upkeep import forget_branch, pack, set_aside, stored_clones
from daemon.git.worktree import remove_job
from daemon.housekeeping.looking import Found, Sight, look, rules_of
from daemon.housekeeping.removing import measure, remove
from daemon.processes.spawn import Processes

log = logging.getLogger(__name__)

EVERY_S = 3600.0
_TICK_S = 0.001  # a datetime keeps microseconds of the file system's nanoseconds
_STEPS_AT_ONCE = 500  # jobs whose steps are forgotten in one transaction of the engine


@dataclass(frozen=True)
class Gone:
    """Something that was removed, or would be."""

    kind: Kind
    name: str
    reason: str
    size: int  #: bytes it takes; 0 for branches, whose room comes back when the clone is packed


class Housekeeper:
    """Keeps one company's folders and books bounded. ``engine`` is the daemon's; without it its notes are left."""

    def __init__(
        self, office: Callable[[], Office], processes: Processes, engine: Engine | None = None
    ) -> None:
        self._office, self._processes, self._engine = office, processes, engine
        self._leaving = threading.Event()
        self._thread: threading.Thread | None = None
        self._began_at = float("-inf")

    def begin_when_due(self) -> None:
        """Begin a pass in a thread of its own, once an hour and not while one is under way."""
        is_at_work = self._thread is not None and self._thread.is_alive()
        if is_at_work or time.monotonic() - self._began_at < EVERY_S:
            return
        self._began_at = time.monotonic()
        self._thread = threading.Thread(target=self._pass_safely, name="housekeeping", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Begin nothing more: the process ends at once, and the next start goes on."""
        self._leaving.set()

    def close(self) -> None:
        """End the pass that is under way, after what it is removing at this moment."""
        self.leave()
        if self._thread is not None:
            self._thread.join()

    def plan(self) -> list[Gone]:
        """Say what would go now, and its size. Changes nothing. Raises StoreError."""
        _, going = self._going()
        return [
            Gone(found.thing.kind, found.thing.name, removal.reason, found.thing.size or _size_of(found))
            for found, removal in going
        ]

    def pass_once(self) -> list[Gone]:
        """Remove what may go, and look after repositories and books; return what went. Raises StoreError."""
        office = self._office()
        sight, going = self._going()
        gone = [one for found, removal in going if (one := self._remove(found, removal)) is not None]
        if self._leaving.is_set():
            return gone
        self._pack(office, sight)
        self._forget_rows(office)
        self._tend_files(office)
        if gone:
            log.info("housekeeping: %d removed, %s", len(gone), in_bytes(sum(one.size for one in gone)))
        return gone

    def _pass_safely(self) -> None:
        try:
            self.pass_once()
        except (AgentServiceError, OSError) as error:
            log.warning("housekeeping: %s; it goes on in an hour", error)
        except Exception:  # the top of a thread; a fault here must cost no job anything
            log.exception("housekeeping")

    def _going(self) -> tuple[Sight, list[tuple[Found, Removal]]]:
        office = self._office()
        sight = look(office.config, office.store)
        by_key = {found.key: found for found in sight.found}
        removals = may_go(
            [found.thing for found in sight.found], sight.ended, rules_of(office.config), office.clock.now()
        )
        going = [(by_key[one.thing.kind, one.thing.name], one) for one in removals]
        whole = {found.thing.name for found, _ in going if found.thing.kind is Kind.CLONE}
        # What is in a clone that goes needs no removal of its own.
        return sight, [pair for pair in going if pair[0].parts or _clone(pair[0]).path.name not in whole]

    def _remove(self, found: Found, removal: Removal) -> Gone | None:
        if self._leaving.is_set():
            return None
        thing = found.thing
        try:
            size = _REMOVERS.get(thing.kind, _remove_place)(self._processes, found)
        except (GitError, OSError) as error:
            log.warning("housekeeping: %s %s stays: %s", thing.kind, thing.name, error)
            return None
        except Exception:  # a damaged file in one of a thousand folders must not keep the others
            log.exception("housekeeping: %s %s stays", thing.kind, thing.name)
            return None
        if size is None:
            return None
        log.info(
            "housekeeping: removed %s %s (%s): %s", thing.kind, thing.name, in_bytes(size), removal.reason
        )
        return Gone(thing.kind, thing.name, removal.reason, size)

    def _pack(self, office: Office, sight: Sight) -> None:
        in_use = {found.thing.name for found in sight.found if found.thing.kept_because.startswith("a job")}
        for clone in stored_clones(office.config.folders.state / "clones"):
            if self._leaving.is_set() or clone.path.name in in_use:
                continue
            try:
                for name in pack(clone):
                    log.info("housekeeping: packed %s", name)
            except (GitError, OSError) as error:
                log.warning("housekeeping: %s is not packed: %s", clone.path.name, error)

    def _forget_rows(self, office: Office) -> None:
        kept = office.config.retention
        chores: tuple[tuple[int | None, Callable[[Transaction, str], int], str], ...] = (
            (kept.outbox_days, forget_words, "messages"),
            (kept.metrics_days, forget_measurements, "measurements"),
            (kept.audit_days, forget_orders, "entries of the audit"),
        )
        for days, forget, what in chores:
            if days is None or self._leaving.is_set():
                continue
            with office.store.transaction() as tx:
                count = forget(tx, to_iso(office.clock.now() - timedelta(days=days)))
            if count:
                log.info("housekeeping: removed %d %s older than %d days", count, what, days)
        if kept.steps_days is not None and self._engine is not None:
            self._forget_steps(office, self._engine, timedelta(days=kept.steps_days))

    def _forget_steps(self, office: Office, engine: Engine, keep_for: timedelta) -> None:
        over = engine.over_before(office.clock.now() - keep_for, _STEPS_AT_ONCE)
        with office.store.reading() as tx:
            ended = ended_for_good(tx, over)
        # Of one whose row has not ended the engine's word is needed still: the watchdog reads it.
        if ended:
            engine.forget(sorted(ended))
            log.info("housekeeping: removed the steps of %d jobs", len(ended))

    def _tend_files(self, office: Office) -> None:
        state = office.config.folders.state
        with office.store.reading() as tx:
            is_idle = not sessions.pending_and_running(tx)[1]
        for name in ("agent-service.db", "engine.db"):
            if self._leaving.is_set() or not (state / name).exists():
                continue
            try:
                tended = tend(state / name, may_rewrite=is_idle)
            except AgentServiceError as error:
                log.info("housekeeping: %s is left for the next time: %s", name, error)
                continue
            if tended.was_rewritten:
                words = f"{in_bytes(tended.before)} to {in_bytes(tended.after)}"
                log.info("housekeeping: %s was written anew, from %s", name, words)


def _size_of(found: Found) -> int:
    if not found.parts:
        return 0
    beside = measure(found.base, found.clone.beside.name) if found.clone is not None else 0
    return measure(found.base, *found.parts) + beside


def _remove_place(_processes: Processes, found: Found) -> int:
    return remove(found.base, *found.parts)


def _remove_runs(processes: Processes, found: Found) -> int:
    """Remove what is known of a job's processes, but of one that is alive: the sweep ends it first."""
    size = measure(found.base, *found.parts)
    processes.forget(f"{found.thing.job_id}/")
    return size - measure(found.base, *found.parts)


def _remove_branches(_processes: Processes, found: Found) -> int:
    remove_job(_clone(found), str(found.thing.job_id))
    return 0


def _remove_pushed(_processes: Processes, found: Found) -> int:
    forget_branch(_clone(found), found.branch)
    return 0


def _remove_workspace(_processes: Processes, found: Found) -> int:
    return remove(found.base, *found.parts) + remove(found.base, _clone(found).beside.name)


def _remove_clone(_processes: Processes, found: Found) -> int | None:
    used_at = found.thing.used_at
    assert used_at is not None, "a clone is known by its last use"
    aside = set_aside(_clone(found), used_at.timestamp() + _TICK_S)
    return None if aside is None else remove(found.base, aside.name)


def _clone(found: Found) -> Clone:
    assert found.clone is not None, "found in a clone"
    return found.clone


_REMOVERS: dict[Kind, Callable[[Processes, Found], int | None]] = {
    Kind.RUNS: _remove_runs,
    Kind.BRANCHES: _remove_branches,
    Kind.PUSHED: _remove_pushed,
    Kind.WORKSPACE: _remove_workspace,
    Kind.CLONE: _remove_clone,
}
