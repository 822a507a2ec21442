"""How work starts: words or a file become one pending session, started once.

What makes it one job is the session's ``start_key``, unique in the database, so two doors, two deliveries or two
hosts that start the same thing make one row:

* ``file:<sha256>:<n>``         a dropped file: the same content within config.yaml's window is the same job
* ``command:<surface>:<id>``    a command, by the platform's own delivery id
* ``schedule:<id>:<slot>``      a schedule, by its slot

A writing transaction holds the one write lock, so what is looked up here stays true until the row is in.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from company.clock import to_iso
from company.errors import OrderRefused, PriorityFileError
from company.ids import JOB_ID, new_id, new_job_id, slug
from company.orders.audit import order
from company.orders.commands import Said, note_start
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_team
from company.orders.targets import resolve_target
from company.orders.telling import tell_job
from company.orders.threads import Context, keep_context
from company.store import agents, dependencies, repositories, sessions, teams
from company.work.plan import PlanRefused, named_worker
from company.work.priority import Priority, parse_priority, render_priority

if TYPE_CHECKING:
    from company.store.gate import Reading, Transaction
    from company.store.sessions import Session

#: bytes; the longest name every file system here takes, less what ``rejected/`` may add to it
NAME_MAX_BYTES = 255 - len(".reason.md")
#: surfaces on which starting is a person's command; a schedule or an automation repeats what was said before
_SAID_BY_PEOPLE = frozenset({"file", "slack", "http", "terminal"})
_UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """What is to be done: the bytes of a priority file, or a person's own words, which need no front matter."""

    content: bytes
    name: str = ""  #: the file's name as it was dropped; '' for words
    team: str | None = None  #: id, name or domain. This and the next five win over what the file says
    repo: str | None = None
    branch: str | None = None
    model: str | None = None
    runner: str | None = None
    agents: tuple[str, ...] = ()
    arrived_at: datetime | None = None  #: when the file came (None: now): a job made since then is its own
    delivery_id: str | None = None  #: the platform's id of this command
    command_id: int | None = None  #: where ``commands.record`` wrote it down; None: it is written down now
    schedule_id: str | None = None
    slot: datetime | None = None
    channel_id: str | None = None
    thread_ts: str | None = None
    context: tuple[Context, ...] = ()  #: what its agents should know beside it


@dataclass(frozen=True, kw_only=True)
class Started:
    """The job that came of it."""

    job_id: str
    is_new: bool  #: False: the same thing was started before
    title: str
    team_id: str
    priority_file: str


@dataclass(frozen=True)
class Understood:
    """A request read, with the team and the repository it means."""

    priority: Priority
    team_id: str
    target_repo: str | None  #: as the job's row names it; None: a workspace of its own


def understand(office: Office, tx: "Reading", request: StartRequest) -> Understood:
    """Read a request as starting it would, and change nothing. Raises PriorityFileError, OrderRefused."""
    priority = _read(request)
    target_repo = _target(office, tx, request, priority)
    _check_model(office, request, priority)
    _check_agents(tx, request, priority)
    _check_dependencies(tx, request, priority)
    return Understood(priority, _team_id(office, tx, request, priority, target_repo), target_repo)


def start(office: Office, actor: Actor, request: StartRequest) -> Started:
    """Make the pending session of ``request``, or find the one that the same request made before.

    Raises PriorityFileError for what the file says wrongly, OrderRefused for what was said beside it.
    """
    with order(office, actor, Action.START, "session", request.name[:200]) as taken:
        meant = understand(office, taken.tx, request)
        priority = meant.priority
        if priority.schedule and request.schedule_id is None:
            raise OrderRefused(
                "has_schedule",
                f"this starts {priority.schedule}, not now",
                mend="add it as a schedule, or take `schedule:` out of it",
            )
        known = _started_before(office, taken.tx, actor, request)
        if known is not None:
            taken.entity_id = known.id
            taken.change_nothing(started_at=known.created_at)
            return started(known, is_new=False)
        row = _row(office, taken.tx, actor, request, meant)
        taken.entity_id = row["id"]
        taken.detail = {"title": priority.title, "file": row["priority_file"]}
        begun = insert_session(taken.tx, row)
        keep_context(taken.tx, begun.job_id, request.context)
        if actor.surface in _SAID_BY_PEOPLE:
            note_start(taken.tx, actor, _said(request), begun.job_id, request.command_id)
        return begun


def _said(request: StartRequest) -> Said:
    return Said(
        text=request.content.decode(),
        channel_id=request.channel_id,
        thread_ts=request.thread_ts,
        delivery_id=request.delivery_id,
    )


def insert_session(tx: "Transaction", row: dict[str, Any]) -> Started:
    """Insert a pending session and tell people; the row's key is known to be free."""
    if not sessions.insert_pending(tx, row):
        raise OrderRefused("started_before", f"{row['start_key']} was started before")
    tell_job(tx, row["id"], "pending")
    return started(sessions.get(tx, row["id"]), is_new=True)


def file_name_for(name: str, title: str, job_id: str) -> str:
    """Name a job's file after what was dropped, else after its title: ``add-login.job-….md``.

    What no file system or terminal should meet in a name is replaced, and a long name is cut.
    """
    stem = PurePath(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")).name
    stem = _UNFIT.sub("-", stem.removesuffix(".md")).strip(" .-") or slug(title)
    ending = f".{job_id}.md"
    cut = stem.encode()[: NAME_MAX_BYTES - len(ending)].decode("utf-8", "ignore")
    return f"{cut}{ending}"


def _read(request: StartRequest) -> Priority:
    """Parse the request; what was said beside the file is written into its text, which is the truth later."""
    name = request.name or "the request"
    priority = parse_priority(request.content, name)
    wishes = {
        key: value
        for key in ("team", "repo", "branch", "model", "runner", "agents")
        if (value := getattr(request, key))
    }
    if not wishes:
        return priority
    return parse_priority(render_priority(replace(priority, **wishes)).encode(), name)


def find_file_job(
    office: Office, tx: "Reading", content: bytes, arrived_at: datetime | None
) -> "Session | None":
    """Return the job of a dropped file: one of the same content made since it came, or in the window before.

    So a file found again after a crash, however long the service was away, is the job it made before.
    """
    now = office.clock.now()
    since = min(arrived_at or now, now) - timedelta(seconds=office.config.intake.same_content_window_s)
    return sessions.find_newest_by_start_key(tx, _file_key(content), to_iso(since))


def _started_before(
    office: Office, tx: "Transaction", actor: Actor, request: StartRequest
) -> "Session | None":
    if actor.surface == "file":
        return find_file_job(office, tx, request.content, request.arrived_at)
    return sessions.find_by_start_key(tx, _key(tx, actor, request))


def _key(tx: "Transaction", actor: Actor, request: StartRequest) -> str:
    if actor.surface == "file":
        prefix = _file_key(request.content)
        return f"{prefix}{sessions.count_by_start_key(tx, prefix) + 1}"
    if request.schedule_id is not None:
        if request.slot is None:
            raise ValueError("a schedule starts a slot")
        return f"schedule:{request.schedule_id}:{to_iso(request.slot)}"
    return command_key(actor, request.delivery_id)


def command_key(actor: Actor, delivery_id: str | None) -> str:
    """Return the start key of a command; without a delivery id each giving of it is a new one."""
    return f"command:{actor.surface}:{delivery_id or new_id('once')}"


def _file_key(content: bytes) -> str:
    return f"file:{hashlib.sha256(content).hexdigest()}:"


def _row(
    office: Office, tx: "Transaction", actor: Actor, request: StartRequest, meant: Understood
) -> dict[str, Any]:
    job_id = new_job_id(office.clock.now())
    priority = meant.priority
    return {
        "id": job_id,
        "team_id": meant.team_id,
        "title": priority.title,
        "target_repo": meant.target_repo,
        "priority_file": file_name_for(request.name, priority.title, job_id),
        "priority_text": priority.text,
        "start_key": _key(tx, actor, request),
        "priority": priority.priority,
        "depends_on": list(priority.depends_on),
        "branch_name": priority.branch,
        "base_branch": priority.base,
        "model": priority.model,
        "max_iterations": priority.max_iterations,
        "budget_usd": priority.budget_usd,
        "requested_by": actor.id,
        "surface": actor.surface,
        "channel_id": request.channel_id,
        "thread_ts": request.thread_ts,
        "schedule_id": request.schedule_id,
    }


def _team_id(
    office: Office, tx: "Reading", request: StartRequest, priority: Priority, target_repo: str | None
) -> str:
    """Return the team that is named, else the repository's own, else the company's first."""
    if priority.team:
        try:
            return find_team(tx, priority.team).id
        except OrderRefused as refused:
            raise _wrong(request, request.team, refused.code, refused.reason, refused.mend) from refused
    known = repositories.find(tx, target_repo) if target_repo else None
    if known is not None and known.team_id:
        return known.team_id
    team_ids = [*(team.id for team in office.config.teams), *(row.id for row in teams.list_teams(tx))]
    if not team_ids:
        raise OrderRefused("no_team", "the company has no team", mend="add one to teams in config.yaml")
    return team_ids[0]


def _target(office: Office, tx: "Reading", request: StartRequest, priority: Priority) -> str | None:
    try:
        return resolve_target(office.config, tx, priority.repo)
    except OrderRefused as refused:
        raise _wrong(request, request.repo, refused.code, refused.reason, refused.mend) from refused


def _check_model(office: Office, request: StartRequest, priority: Priority) -> None:
    if priority.model and priority.model not in office.config.models:
        raise _wrong(
            request,
            request.model,
            "unknown_model",
            f"there is no model {priority.model!r}",
            f"use one of: {', '.join(office.config.models)}; or add it to models in config.yaml",
        )


def _check_agents(tx: "Reading", request: StartRequest, priority: Priority) -> None:
    """Refuse names of agents that nobody has: a slip is to be known now, not when the job's turn comes."""
    staff = agents.list_agents(tx, include_inactive=False) if priority.agents else []
    for name in priority.agents:
        found = named_worker(name, staff)
        if isinstance(found, PlanRefused):
            raise _wrong(
                request, ", ".join(request.agents) or None, "unknown_agent", found.reason, found.mend
            )


def _check_dependencies(tx: "Reading", request: StartRequest, priority: Priority) -> None:
    """Refuse the id of a job that never was. The name of a file may still come: admission waits for it."""
    ids = [name for name in priority.depends_on if JOB_ID.fullmatch(name)]
    known = dependencies.find(tx, ids)
    for job_id in ids:
        if job_id not in known:
            raise _wrong(
                request,
                None,
                "unknown_dependency",
                f"depends_on: there is no job {job_id}",
                "agent-service jobs lists them; a file's name may stand there as well",
            )


def _wrong(
    request: StartRequest, said_beside: str | None, code: str, reason: str, mend: str
) -> OrderRefused | PriorityFileError:
    """Blame the order for what was said beside the file, and the file for the rest."""
    if said_beside:
        return OrderRefused(code, reason, mend=mend)
    return PriorityFileError(request.name or "the request", reason, mend=mend)


def started(session: "Session", *, is_new: bool) -> Started:
    """Tell of a session that was started, now or before."""
    return Started(
        job_id=session.id,
        is_new=is_new,
        title=session.title,
        team_id=session.team_id,
        priority_file=session.priority_file,
    )
