"""What starts by itself: add, pause, resume, remove, list.

A schedule begins at the moment it is added or resumed: slots before that are passed over, never caught up. One that
was removed keeps its row, so that config.yaml does not bring it back; adding its name again does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import tzlocal

from company.clock import from_iso, to_iso
from company.errors import OrderRefused
from company.ids import new_id
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_agent, find_schedule
from company.orders.starting import StartRequest, understand
from company.store import schedules
from company.work.schedule import Schedule, ScheduleError, parse_schedule

if TYPE_CHECKING:
    from company.config import Config
    from company.store.gate import Transaction
    from company.store.schedules import ScheduleRow

ACTIONS = ("priority", "evaluation")


@dataclass(frozen=True, kw_only=True)
class ScheduleRequest:
    """What is to start by itself, and when."""

    name: str
    when: str  #: 'every weekday 09:00', or cron
    text: str | None = None  #: the priority file to start; None for an evaluation
    action: str = "priority"
    time_zone: str | None = None  #: IANA name; None: the company's
    agent: str | None = None  #: the automation it belongs to


@dataclass(frozen=True, kw_only=True)
class ScheduleChange:
    """What became of a schedule."""

    schedule_id: str
    name: str
    is_changed: bool  #: False: it was so already
    words: str  #: when, in words
    next_at: str | None  #: the next slot; None when it is paused or removed


@dataclass(frozen=True, kw_only=True)
class ScheduleView:
    """A schedule with its next slot."""

    row: "ScheduleRow"
    words: str
    next_at: str | None
    problem: str = ""  #: why its expression cannot be used


def add(office: Office, actor: Actor, request: ScheduleRequest) -> ScheduleChange:
    """Add a schedule. Raises OrderRefused where the name is taken or the expression is not understood."""
    with order(office, actor, Action.ADD_SCHEDULE, "schedule", request.name) as taken:
        schedule_id = insert_schedule(office, taken.tx, actor, request)
        taken.entity_id = schedule_id
        taken.detail = {"when": request.when, "action": request.action}
        return _change(office, schedules.get(taken.tx, schedule_id), is_changed=True)


def insert_schedule(office: Office, tx: "Transaction", actor: Actor, request: ScheduleRequest) -> str:
    """Add a schedule inside an order that is under way, and return its id; hiring with a rhythm adds this way."""
    columns = _columns(office, tx, request)
    known = schedules.find(tx, request.name)
    if known is not None and known.is_active:
        raise OrderRefused(
            "name_taken",
            f"there is a schedule {known.name!r} already",
            mend=f"take another name, or agent-service schedules remove {known.name}",
        )
    return _keep(tx, actor, known, columns)


def pause(office: Office, actor: Actor, schedule: str) -> ScheduleChange:
    """Let a schedule start nothing until it is resumed."""
    return _set_paused(office, actor, Action.PAUSE_SCHEDULE, schedule, is_paused=True)


def resume(office: Office, actor: Actor, schedule: str) -> ScheduleChange:
    """Let a paused schedule go on from its next slot."""
    return _set_paused(office, actor, Action.RESUME_SCHEDULE, schedule, is_paused=False)


def remove(office: Office, actor: Actor, schedule: str) -> ScheduleChange:
    """Remove a schedule for good."""
    with order(office, actor, Action.REMOVE_SCHEDULE, "schedule", schedule) as taken:
        known = find_schedule(taken.tx, schedule)
        taken.entity_id = known.id
        is_changed = schedules.remove(taken.tx, known.id)
        if not is_changed:
            taken.change_nothing()
        return _change(office, schedules.get(taken.tx, known.id), is_changed=is_changed)


def list_schedules(office: Office, *, include_removed: bool = False) -> list[ScheduleView]:
    """List the schedules by name, each with its next slot."""
    with office.store.reading() as tx:
        rows = schedules.list_schedules(tx, include_removed=include_removed)
    return [view_of(office, row) for row in rows]


def company_time_zone(config: "Config") -> str:
    """Return the time zone the company lives in: config.yaml's, else the machine's."""
    return config.company.time_zone or tzlocal.get_localzone_name() or "UTC"


def _set_paused(
    office: Office, actor: Actor, action: Action, schedule: str, *, is_paused: bool
) -> ScheduleChange:
    with order(office, actor, action, "schedule", schedule) as taken:
        known = find_schedule(taken.tx, schedule)
        taken.entity_id = known.id
        if not known.is_active:
            raise OrderRefused(
                "removed",
                f"schedule {known.name!r} was removed",
                mend="agent-service schedules add brings it back",
            )
        is_changed = schedules.set_paused(taken.tx, known.id, is_paused=is_paused)
        if not is_changed:
            taken.change_nothing()
        elif not is_paused:
            schedules.mark_slot(taken.tx, known.id, taken.tx.now_iso)
        return _change(office, schedules.get(taken.tx, known.id), is_changed=is_changed)


def _columns(office: Office, tx: "Transaction", request: ScheduleRequest) -> dict[str, Any]:
    if request.action not in ACTIONS:
        raise OrderRefused(
            "unknown_action", f"a schedule starts a priority or an evaluation, no {request.action!r}"
        )
    if not request.name.strip():
        raise OrderRefused("bad_name", "a schedule needs a name")
    if (request.text is None) == (request.action == "priority"):
        raise OrderRefused("bad_schedule", "a priority has a file to start, an evaluation has none")
    if request.text is not None:
        # What it names must be there: it would be refused at each of its times, when nobody looks.
        understand(office, tx, StartRequest(content=request.text.encode(), name=request.name))
    zone = request.time_zone or company_time_zone(office.config)
    try:
        parse_schedule(request.when, zone)
    except ScheduleError as error:
        raise OrderRefused("bad_schedule", str(error), mend=error.mend) from error
    return {
        "name": request.name.strip(),
        "action": request.action,
        "expression": request.when.strip(),
        "time_zone": zone,
        "priority_text": request.text,
        "agent_id": find_agent(tx, request.agent).id if request.agent else None,
    }


def _keep(tx: "Transaction", actor: Actor, known: "ScheduleRow | None", columns: dict[str, Any]) -> str:
    fresh = {**columns, "is_active": 1, "is_paused": 0, "last_slot_at": tx.now_iso, "created_by": actor.id}
    if known is not None:
        schedules.edit(tx, known.id, **fresh)
        return known.id
    schedule_id = new_id("sched")
    if not schedules.insert_new(tx, {"id": schedule_id, **fresh}):
        raise OrderRefused("name_taken", f"there is a schedule {columns['name']!r} already")
    return schedule_id


def _change(office: Office, row: "ScheduleRow", *, is_changed: bool) -> ScheduleChange:
    view = view_of(office, row)
    return ScheduleChange(
        schedule_id=row.id, name=row.name, is_changed=is_changed, words=view.words, next_at=view.next_at
    )


def view_of(office: Office, row: "ScheduleRow") -> ScheduleView:
    """Return a schedule's row with its words and its next slot."""
    try:
        schedule = parse_schedule(row.expression, row.time_zone)
    except ScheduleError as error:
        return ScheduleView(row=row, words=row.expression, next_at=None, problem=str(error))
    runs = row.is_active and not row.is_paused
    next_at = _next(schedule, row, office.clock.now()) if runs else None
    return ScheduleView(row=row, words=schedule.describe(), next_at=next_at)


def _next(schedule: Schedule, row: "ScheduleRow", now: datetime) -> str | None:
    after = max(now, from_iso(row.last_slot_at)) if row.last_slot_at else now
    slot = schedule.next_after(after)
    return to_iso(slot) if slot is not None else None
