"""What a person means by a word: a job by the end of its id, an agent, a team or a repository by its name.

Every function takes the word as typed and returns one row, or refuses naming what there is.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from company.closest import did_you_mean
from company.errors import NotFound, OrderRefused
from company.ids import JOB_ID
from company.store import agents, lookups, repositories, schedules, sessions, teams

if TYPE_CHECKING:
    from company.store.agents import AgentRow
    from company.store.gate import Reading
    from company.store.repositories import Repository
    from company.store.schedules import ScheduleRow
    from company.store.sessions import Session
    from company.store.teams import Team

Row = TypeVar("Row")

LAST = "last"
#: a refusal names at most so many of what there is
_NAMED_MAX = 5


def find_job(tx: "Reading", word: str) -> "Session":
    """Return the job that ``word`` means: its id, any unique beginning or end of it, or ``last``."""
    wanted = word.strip().lower()
    if wanted == LAST:
        newest = lookups.newest_job_id(tx)
        if newest is None:
            raise OrderRefused("no_job", "there is no job yet", mend="agent-service drop FILE")
        return sessions.get(tx, newest)
    if JOB_ID.fullmatch(wanted):
        return _known_job(tx, wanted)
    found = lookups.job_ids_like(tx, wanted, _NAMED_MAX + 1)
    if not found:
        raise _no_job(word)
    return sessions.get(tx, _only(found, word, "job"))


def _known_job(tx: "Reading", job_id: str) -> "Session":
    try:
        return sessions.get(tx, job_id)
    except NotFound:
        raise _no_job(job_id) from None


def _no_job(word: str) -> OrderRefused:
    return OrderRefused("unknown_job", f"no job is called {word!r}", mend="agent-service jobs")


def find_agent(tx: "Reading", word: str) -> "AgentRow":
    """Return the agent, active or not, that ``word`` means: id, short id, name, or a unique beginning of one."""
    rows = agents.list_agents(tx, include_inactive=True)
    named = [(row, (row.id, row.id.removeprefix("agent-"), row.name.lower())) for row in rows]
    return _find(named, word, "agent", "agent-service agents --all")


def find_team(tx: "Reading", word: str) -> "Team":
    """Return the team that ``word`` means: id, short id, name or domain."""
    rows = teams.list_teams(tx)
    named = [
        (row, (row.id, row.id.removeprefix("team-"), row.name.lower(), row.domain.lower())) for row in rows
    ]
    return _find(named, word, "team", f"use one of: {_names(row.id.removeprefix('team-') for row in rows)}")


def find_repository(tx: "Reading", word: str) -> "Repository":
    """Return the active repository called ``word``."""
    rows = repositories.list_repositories(tx)
    named = [(row, (row.id, row.name.lower())) for row in rows]
    known = _names(row.name for row in rows)
    mend = f"use one of: {known}" if known else "add one to repositories in config.yaml"
    return _find(named, word, "repository", mend)


def find_schedule(tx: "Reading", word: str) -> "ScheduleRow":
    """Return the schedule, paused and removed ones too, that ``word`` means: id or name."""
    rows = schedules.list_schedules(tx, include_removed=True)
    named = [(row, (row.id, row.id.removeprefix("sched-"), row.name.lower())) for row in rows]
    return _find(named, word, "schedule", "agent-service schedules list")


def _find(named: Sequence[tuple[Row, tuple[str, ...]]], word: str, kind: str, mend: str) -> Row:
    wanted = word.strip().lower()
    exact = [row for row, names in named if wanted in names]
    if exact:
        return exact[0]
    begun = {
        names[0]: row for row, names in named if wanted and any(name.startswith(wanted) for name in names)
    }
    if not begun:
        near = did_you_mean(wanted, (names[1] if len(names) > 2 else names[-1] for _, names in named))
        mend = f"{near} {mend}".strip()
        raise OrderRefused(f"unknown_{kind}", f"no {kind} is called {word!r}", mend=mend)
    return begun[_only(list(begun), word, kind)]


def _only(found: list[str], word: str, kind: str) -> str:
    if len(found) == 1:
        return found[0]
    raise OrderRefused(
        "ambiguous", f"{word!r} could be several {kind}s: {_names(found)}", mend="write more of its name"
    )


def _names(found: Iterable[str]) -> str:
    names = list(found)
    more = ", …" if len(names) > _NAMED_MAX else ""
    return ", ".join(names[:_NAMED_MAX]) + more
