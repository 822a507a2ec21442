"""Pause and resume: of everything, of a team, of a repository. What runs goes on; nothing new of it starts."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, get_args

from company.clock import to_iso
from company.config.runners import ProgramName
from company.errors import OrderRefused
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_repository, find_team
from company.orders.targets import target_of
from company.orders.usage_limits import runner_scope
from company.store import pauses

if TYPE_CHECKING:
    from company.store.gate import Reading

ALL = "all"


@dataclass(frozen=True, kw_only=True)
class PauseChange:
    """What became of a scope."""

    scope: str  #: 'all', 'team:<id>' or 'repository:<name>'
    is_changed: bool  #: False: it was so already
    by: str  #: who paused or resumed it
    until_at: str | None = None  #: it ends by itself then; None: it does not


def pause(
    office: Office, actor: Actor, scope: str = ALL, *, reason: str = "", until: datetime | None = None
) -> PauseChange:
    """Let nothing of ``scope`` start. ``scope`` is 'all', or a team or repository by name."""
    with order(office, actor, Action.PAUSE, "pause", scope) as taken:
        if until is not None and until <= office.clock.now():
            raise OrderRefused("bad_time", "a pause ends in the future")
        taken.entity_id = meant = _scope(office, taken.tx, scope)
        until_at = to_iso(until) if until is not None else None
        is_changed = pauses.pause(taken.tx, meant, by=actor.id, reason=reason[:500], until_at=until_at)
        now = next(one for one in pauses.list_pauses(taken.tx) if one.scope == meant)
        if not is_changed:
            taken.change_nothing(paused_by=now.paused_by)
        return PauseChange(scope=meant, is_changed=is_changed, by=now.paused_by, until_at=now.until_at)


def resume(office: Office, actor: Actor, scope: str = ALL) -> PauseChange:
    """Let ``scope`` go on."""
    with order(office, actor, Action.RESUME, "pause", scope) as taken:
        taken.entity_id = meant = _scope(office, taken.tx, scope)
        is_changed = pauses.resume(taken.tx, meant)
        if not is_changed:
            taken.change_nothing()
        return PauseChange(scope=meant, is_changed=is_changed, by=actor.id)


def _scope(office: Office, tx: "Reading", word: str) -> str:
    """Return the scope that ``word`` means: with its kind written out, else a team's name, else a repository's."""
    kind, colon, name = word.strip().partition(":")
    if not colon and kind.lower() == ALL:
        return ALL
    if colon and kind.lower() == "team":
        return f"team:{find_team(tx, name).id}"
    if colon and kind.lower() in ("repository", "repo"):
        return f"repository:{target_of(office.config, find_repository(tx, name))}"
    if colon and kind.lower() == "runner" and name.strip() in get_args(ProgramName):
        return runner_scope(name.strip())
    try:
        return f"team:{find_team(tx, word).id}"
    except OrderRefused:
        pass
    try:
        return f"repository:{target_of(office.config, find_repository(tx, word))}"
    except OrderRefused:
        raise OrderRefused(
            "unknown_scope",
            f"{word!r} is neither 'all' nor a team nor a repository",
            mend="write all, team:NAME, repository:NAME or runner:NAME",
        ) from None
