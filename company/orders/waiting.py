"""Decisions that wait: brought up again, escalated, and at last closed with the configured default.

Carried out by whoever looks now and then (the daemon's pulse), as often as it likes: each step is told once, and an end
is a conditional update, so a person who decides in the same moment wins or reads that it was over.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from company.clock import from_iso, to_iso
from company.orders.office import Office, Role
from company.orders.telling import tell_job, tell_proposal, tell_question
from company.store import candidates, outbox, people, questions
from company.work.waiting import Step, Terms, due_step

if TYPE_CHECKING:
    from company.store.candidates import Candidate
    from company.store.gate import Transaction
    from company.store.questions import Question

BY_ITSELF: Final = "nobody, in time"
NAMED_MAX: Final = 10  # people named when it is urgent


def chase(office: Office) -> int:
    """Take every step that is due; return how many were taken."""
    with office.store.reading() as tx:
        if not candidates.open_ones(tx) and not questions.open_ones(tx):
            return 0
    with office.store.transaction() as tx:
        taken = [_chase_proposal(office, tx, one) for one in candidates.open_ones(tx)]
        taken += [_chase_question(office, tx, one) for one in questions.open_ones(tx)]
    return sum(taken)


def terms_of(office: Office) -> Terms:
    """Return how long people have, by configuration."""
    decisions = office.config.decisions
    return Terms(
        remind_after=_hours(decisions.remind_after_h),
        escalate_after=_hours(decisions.escalate_after_h),
        expire_after=_hours(decisions.expire_after_h),
    )


def _chase_proposal(office: Office, tx: "Transaction", one: "Candidate") -> bool:
    now = office.clock.now()
    since = from_iso(one.snoozed_until or one.created_at)
    if since > now:
        return False
    own_end = from_iso(one.expires_at) if one.expires_at else None
    if own_end is not None and own_end <= now and _is_told_over(tx, one):
        return False
    step = due_step(since, terms_of(office), now, expires_at=own_end)
    is_back = one.snoozed_until is not None and _show_again(tx, one)
    if step is Step.EXPIRE:
        return _close_proposal(office, tx, one, now)
    if step is None:
        return is_back
    return is_back or _remind(
        office,
        tx,
        one.id,
        step,
        since,
        title=f"hire {one.proposed_agent_name}?",
        then=_then(office),
        job_id=None,
    )


def _show_again(tx: "Transaction", one: "Candidate") -> bool:
    """Show a proposal that was put off with its buttons again; True the first time."""
    moment = f"again:{one.snoozed_until}"
    if _was_said(tx, one.id, f"proposal:{one.id}:{moment}"):
        return False
    tell_proposal(tx, one.id, moment)
    _say_reminder(tx, one.id, f"again:{one.snoozed_until}", f"hire {one.proposed_agent_name}?", "", [], None)
    return True


def _close_proposal(office: Office, tx: "Transaction", one: "Candidate", now: datetime) -> bool:
    if office.config.decisions.if_expired == "dismiss":
        candidates.dismiss(tx, one.id, by=BY_ITSELF)
        tell_proposal(tx, one.id, "dismissed")
        return True
    if one.expires_at is None:
        candidates.set_expiry(tx, one.id, to_iso(now))
    tell_proposal(tx, one.id, f"expired:{one.snoozed_until or one.created_at}")
    return True


def _is_told_over(tx: "Transaction", one: "Candidate") -> bool:
    return _was_said(tx, one.id, f"proposal:{one.id}:expired:{one.snoozed_until or one.created_at}")


def _chase_question(office: Office, tx: "Transaction", one: "Question") -> bool:
    own_end = from_iso(one.expires_at) if one.expires_at else None
    since = from_iso(one.asked_at)
    step = due_step(since, terms_of(office), office.clock.now(), expires_at=own_end)
    if step is None:
        return False
    if step is Step.EXPIRE:
        if not questions.expire_one(tx, one.id):
            return False
        tell_question(tx, one.id, "expired")
        tell_job(tx, one.session_id, f"expired:{one.id}")
        return True
    then = f"“{one.default_answer}” is taken if nobody answers" if one.default_answer else "the job waits"
    return _remind(office, tx, one.id, step, since, title=one.question, then=then, job_id=one.session_id)


def _remind(
    office: Office,
    tx: "Transaction",
    subject_id: str,
    step: Step,
    since: datetime,
    *,
    title: str,
    then: str,
    job_id: str | None,
) -> bool:
    whom = _deciders(office, tx) if step is Step.ESCALATE else []
    return _say_reminder(tx, subject_id, f"{step}:{to_iso(since)}", title, then, whom, job_id)


def _say_reminder(
    tx: "Transaction",
    subject_id: str,
    moment: str,
    title: str,
    then: str,
    whom: list[str],
    job_id: str | None,
) -> bool:
    facts = {"title": title[:500], "then": then, "whom": whom, "thread_of": subject_id}
    return outbox.say(
        tx,
        kind="reminder",
        subject_id=subject_id,
        dedup_key=f"reminder:{subject_id}:{moment}",
        payload={**facts, "job_id": job_id} if job_id else facts,
    )


def _then(office: Office) -> str:
    decisions = office.config.decisions
    if decisions.expire_after_h is None:
        return ""
    end = (
        "it is put aside for good"
        if decisions.if_expired == "dismiss"
        else "it is closed until it is asked for again"
    )
    return f"if nobody decides, {end}"


def _deciders(office: Office, tx: "Transaction") -> list[str]:
    """Return who can decide about everything: the CEOs of config.yaml and those who were given the role."""
    granted = [one.user_id for one in people.all_grants(tx) if one.role == Role.CEO]
    return list(dict.fromkeys([*office.config.roles.ceo, *granted]))[:NAMED_MAX]


def _was_said(tx: "Transaction", subject_id: str, dedup_key: str) -> bool:
    return any(word.dedup_key == dedup_key for word in outbox.of_subject(tx, subject_id))


def _hours(amount: float | None) -> timedelta | None:
    return None if amount is None else timedelta(hours=amount)
