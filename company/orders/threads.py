"""What people say where a job is talked about: words for its agents, and quiet.

Words to a job that waits for an answer are the answer; to one that runs or waits its turn, a note that every run from
then on reads; to one that has ended they come too late, and the caller says so or begins new work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from company.errors import OrderRefused
from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_job
from company.orders.telling import tell_job, tell_question
from company.store import notes, questions
from company.work.job import FINAL

if TYPE_CHECKING:
    from company.orders.audit import Order
    from company.store.gate import Transaction
    from company.store.sessions import Session

NOTE_MAX = 20_000  # characters of one note or file
NOTES_MAX = 200  # of one job


class Heard(StrEnum):
    """What words to a job became."""

    NOTED = "noted"
    ANSWERED = "answered"
    MUTED = "muted"  #: its thread is muted: nothing was kept
    TOO_LATE = "too_late"  #: it has ended


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of words to a job."""

    job_id: str
    title: str
    heard: Heard
    is_new: bool  #: False: this delivery was heard before


@dataclass(frozen=True, kw_only=True)
class MuteChange:
    """What became of a job's thread."""

    job_id: str
    title: str
    is_muted: bool
    is_changed: bool  #: False: it was so already
    by: str


@dataclass(frozen=True, kw_only=True)
class Context:
    """Something to know beside the priority: what stood before (``before``), or a file that came with it."""

    kind: str  #: 'before' or 'file'
    author: str  #: who wrote it, or the file's name
    body: str


def tell(
    office: Office,
    actor: Actor,
    job: str,
    text: str,
    *,
    delivery_id: str | None = None,
    is_addressed: bool = True,
) -> Told:
    """Say something to a job's agents. In a muted thread only what is addressed to the service (a mention) is heard."""
    with order(office, actor, Action.TELL, "session", job) as taken:
        session = find_job(taken.tx, job)
        taken.entity_id = session.id
        if not text.strip() or len(text) > NOTE_MAX:
            raise OrderRefused("bad_note", f"words to a job have 1 to {NOTE_MAX} characters")
        heard, is_new = _hear(taken, session, actor, text.strip(), delivery_id, is_addressed=is_addressed)
        taken.detail = {"heard": heard}
        if not is_new:
            taken.change_nothing()
        return Told(job_id=session.id, title=session.title, heard=heard, is_new=is_new)


def _hear(
    taken: "Order",
    session: "Session",
    actor: Actor,
    text: str,
    delivery_id: str | None,
    *,
    is_addressed: bool,
) -> tuple[Heard, bool]:
    tx = taken.tx
    if not is_addressed and notes.find_mute(tx, session.id) is not None:
        return Heard.MUTED, True
    asked = questions.open_of(tx, session.id)
    if asked:
        is_new = questions.answer(tx, asked[0].id, text, actor.id)
        tell_question(tx, asked[0].id, "answered")
        tell_job(tx, session.id, f"answered:{asked[0].id}")
        return Heard.ANSWERED, is_new
    if session.status in FINAL:
        return Heard.TOO_LATE, True
    if len(notes.of_session(tx, session.id)) >= NOTES_MAX:
        raise OrderRefused(
            "many_notes", f"a job takes {NOTES_MAX} notes", mend="start a new job with the rest"
        )
    return Heard.NOTED, notes.add(
        tx, session.id, kind="note", author=actor.id, body=text, delivery_id=delivery_id
    )


def keep_context(tx: "Transaction", job_id: str, context: Sequence[Context]) -> None:
    """Keep what a job should know from its beginning; inside the order that starts it."""
    for one in context[:NOTES_MAX]:
        notes.add(tx, job_id, kind=one.kind, author=one.author[:200], body=one.body[:NOTE_MAX])


def mute(office: Office, actor: Actor, job: str) -> MuteChange:
    """Leave a job's thread to people: what is said there without a mention is not for the agents."""
    with order(office, actor, Action.MUTE, "session", job) as taken:
        session = find_job(taken.tx, job)
        taken.entity_id = session.id
        is_changed = notes.mute(taken.tx, session.id, by=actor.id)
        return _mute_change(taken, session, actor, is_muted=True, is_changed=is_changed)


def unmute(office: Office, actor: Actor, job: str) -> MuteChange:
    """Listen to a job's thread again."""
    with order(office, actor, Action.UNMUTE, "session", job) as taken:
        session = find_job(taken.tx, job)
        taken.entity_id = session.id
        is_changed = notes.unmute(taken.tx, session.id)
        return _mute_change(taken, session, actor, is_muted=False, is_changed=is_changed)


def _mute_change(
    taken: "Order", session: "Session", actor: Actor, *, is_muted: bool, is_changed: bool
) -> MuteChange:
    known = notes.find_mute(taken.tx, session.id)
    if not is_changed:
        taken.change_nothing()
    return MuteChange(
        job_id=session.id,
        title=session.title,
        is_muted=is_muted,
        is_changed=is_changed,
        by=known.muted_by if known is not None else actor.id,
    )
