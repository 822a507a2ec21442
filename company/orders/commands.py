"""Every command a person gives, recorded as it was given: before it is understood, whoever gave it.

Recording is no order: it needs no permission and leaves no audit row, because what is refused counts as said, too.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from company.orders.office import Actor, Office
from company.store import commands, sessions

if TYPE_CHECKING:
    from company.store.gate import Transaction

TEXT_MAX = 20_000  # characters; a dropped file's whole text stands in its session


@dataclass(frozen=True, kw_only=True)
class Said:
    """A command as it came."""

    text: str
    intent: str = ""  #: normalized; '' when none is known
    team: str | None = None
    model: str | None = None
    channel_id: str | None = None
    thread_ts: str | None = None
    delivery_id: str | None = None  #: the platform's own id; the same one is recorded once


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Where it was written down."""

    command_id: int
    is_new: bool  #: False: this delivery was recorded before
    is_handled: bool = False  #: it was recorded before, and carried out


def record(office: Office, actor: Actor, said: Said) -> Recorded:
    """Write down what ``actor`` said, once a delivery."""
    with office.store.transaction() as tx:
        return _record(tx, actor, said)


def finish(office: Office, command_id: int) -> None:
    """Note that a recorded command was carried out, so that a redelivery of it is not."""
    with office.store.transaction() as tx:
        commands.mark_handled(tx, command_id)


def note_start(tx: "Transaction", actor: Actor, said: Said, job_id: str, command_id: int | None) -> None:
    """Note which job a command started; one that was not recorded when it came (``None``) is recorded now."""
    session = sessions.get(tx, job_id)
    known = command_id if command_id is not None else _record(tx, actor, said).command_id
    commands.annotate(
        tx,
        known,
        session_id=session.id,
        team=session.team_id,
        model=session.model,
        priority_file=session.priority_file,
        branch_name=session.branch_name,
    )


def _record(tx: "Transaction", actor: Actor, said: Said) -> Recorded:
    command_id = commands.record(
        tx,
        {
            "command_text": said.text[:TEXT_MAX],
            "normalized_intent": said.intent,
            "team": said.team,
            "model": said.model,
            "surface": actor.surface,
            "user_id": actor.id,
            "channel_id": said.channel_id,
            "thread_ts": said.thread_ts,
            "delivery_id": said.delivery_id,
        },
    )
    if command_id is not None:
        return Recorded(command_id=command_id, is_new=True)
    known = commands.find_by_delivery(tx, said.delivery_id or "")
    assert known is not None, "only a delivery that is there is not recorded again"
    return Recorded(command_id=known.id, is_new=False, is_handled=known.handled_at is not None)
