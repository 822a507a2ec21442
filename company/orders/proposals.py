"""What a person makes of a proposed automation: approve, which hires the agent, or dismiss. Once, for good.

Hiring and deciding are one transaction, and the decision is a conditional update of an open candidate: of many who
press at once one hires, and the others read what was decided. Nothing later resets it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from company.clock import to_iso
from company.errors import OrderRefused
from company.orders.agents import HireRequest, insert_agent
from company.orders.audit import Order, order
from company.orders.looking import look
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.schedules import ScheduleRequest, insert_schedule
from company.orders.telling import tell_proposal
from company.store import candidates, commands

if TYPE_CHECKING:
    from company.store.agents import AgentRow
    from company.store.candidates import Candidate
    from company.store.gate import Transaction


@dataclass(frozen=True, kw_only=True)
class ProposalDecided:
    """What became of a proposal."""

    candidate_id: str
    intent: str
    is_new: bool  #: False: somebody had decided before, and that stands
    decision: str  #: 'approved' or 'dismissed'
    by: str
    at: str
    agent_id: str | None  #: who was hired; None when dismissed


@dataclass(frozen=True, kw_only=True)
class ProposalSnoozed:
    """What became of putting a proposal off."""

    candidate_id: str
    is_new: bool  #: False: it was put off or decided before, and that stands
    by: str
    until_at: str | None  #: None: somebody has decided


def approve(
    office: Office,
    actor: Actor,
    candidate_id: str,
    hiring: HireRequest | None = None,
    *,
    schedule: str | None = None,
) -> ProposalDecided:
    """Hire the proposed agent, or the one ``hiring`` describes in its place; with ``schedule``, it starts by itself.

    Raises OrderRefused when its name is taken or its time is over, NotFound.
    """
    with order(office, actor, Action.APPROVE, "automation_candidate", candidate_id) as taken:
        candidate = candidates.get(taken.tx, candidate_id)
        if not candidate.is_open:
            return _unchanged(taken, candidate)
        if candidate.expires_at is not None and candidate.expires_at <= taken.tx.now_iso:
            raise OrderRefused(
                "expired",
                f"the proposal to hire {candidate.proposed_agent_name} ended on {candidate.expires_at[:10]}",
                mend="it comes again when the command does",
            )
        _check_not_own(office, taken.tx, actor, candidate)
        agent = insert_agent(office, taken.tx, hiring or _proposed(office, candidate), hired_by=actor.id)
        moved = candidates.approve(taken.tx, candidate_id, agent_id=agent.id, by=actor.id)
        assert moved, "the write lock holds what was read"
        facts = {"agent_id": agent.id, "agent_name": agent.name}
        if schedule is not None:
            insert_schedule(office, taken.tx, actor, _rhythm(candidate, agent, schedule))
            facts["schedule"] = schedule
        return _decided(taken, candidate_id, facts)


def find_proposed(office: Office, actor: Actor, candidate_id: str) -> "tuple[Candidate, HireRequest]":
    """Return a proposal and whom it would hire, for a form to change. Raises NotFound."""
    with look(office, actor) as tx:
        candidate = candidates.get(tx, candidate_id)
    return candidate, _proposed(office, candidate)


def _rhythm(candidate: "Candidate", agent: "AgentRow", when: str) -> ScheduleRequest:
    """Start what was asked for last, by the agent that was hired for it."""
    sample = candidate.sample_commands[0] if candidate.sample_commands else candidate.normalized_intent
    text = f"---\nagents: [{agent.id}]\n---\n# {agent.name}\n\n{sample}\n"
    return ScheduleRequest(name=agent.id.removeprefix("agent-"), when=when, text=text, agent=agent.id)


def dismiss(office: Office, actor: Actor, candidate_id: str) -> ProposalDecided:
    """Put a proposal aside for good: the same intent is never proposed again. Raises NotFound."""
    with order(office, actor, Action.DISMISS, "automation_candidate", candidate_id) as taken:
        if not candidates.dismiss(taken.tx, candidate_id, by=actor.id):
            return _unchanged(taken, candidates.get(taken.tx, candidate_id))
        return _decided(taken, candidate_id, {})


def snooze(office: Office, actor: Actor, candidate_id: str) -> ProposalSnoozed:
    """Put a proposal off for the time of config.yaml; it stays open, and comes again then. Raises NotFound."""
    until = to_iso(office.clock.now() + timedelta(hours=office.config.decisions.snooze_h))
    with order(office, actor, Action.SNOOZE, "automation_candidate", candidate_id) as taken:
        candidate = candidates.get(taken.tx, candidate_id)
        if not candidate.is_open:
            decided = _unchanged(taken, candidate)
            return ProposalSnoozed(candidate_id=candidate_id, is_new=False, by=decided.by, until_at=None)
        if candidate.snoozed_until is not None and candidate.snoozed_until > taken.tx.now_iso:
            taken.change_nothing(by=candidate.snoozed_by)
            return ProposalSnoozed(
                candidate_id=candidate_id,
                is_new=False,
                by=candidate.snoozed_by or "",
                until_at=candidate.snoozed_until,
            )
        candidates.snooze(taken.tx, candidate_id, by=actor.id, until=until)
        taken.detail = {"intent": candidate.normalized_intent, "until": until}
        tell_proposal(taken.tx, candidate_id, f"snoozed:{until}")
        return ProposalSnoozed(candidate_id=candidate_id, is_new=True, by=actor.id, until_at=until)


def _check_not_own(office: Office, tx: "Transaction", actor: Actor, candidate: "Candidate") -> None:
    """Refuse whoever asked for it themselves, where config.yaml wants two people."""
    if office.config.decisions.requester_may_approve:
        return
    if actor.id in commands.askers(tx, candidate.normalized_intent):
        raise OrderRefused(
            "own_request",
            "who asked for it may not approve it (config.yaml: decisions.requester_may_approve)",
            mend="another CEO decides",
        )


def _proposed(office: Office, candidate: "Candidate") -> HireRequest:
    """Hire as proposed: called for by the words of the intent, told what was asked so often."""
    samples = "\n".join(f"- {text}" for text in candidate.sample_commands)
    return HireRequest(
        name=candidate.proposed_agent_name,
        role=candidate.proposed_role or candidate.normalized_intent[:200],
        team=candidate.proposed_team_id or office.config.teams[0].id,
        keywords=(candidate.normalized_intent,),
        prompt=f"You were hired because people kept asking for this:\n\n{samples}\n\nDo what they asked for.\n",
    )


def _decided(taken: Order, candidate_id: str, facts: Mapping[str, Any]) -> ProposalDecided:
    result = _as_decided(candidates.get(taken.tx, candidate_id), is_new=True)
    taken.detail = {"intent": result.intent, **facts}
    tell_proposal(taken.tx, candidate_id, result.decision)
    return result


def _unchanged(taken: Order, candidate: "Candidate") -> ProposalDecided:
    result = _as_decided(candidate, is_new=False)
    taken.change_nothing(decision=result.decision, by=result.by)
    return result


def _as_decided(candidate: "Candidate", *, is_new: bool) -> ProposalDecided:
    is_approved = candidate.approved_at is not None
    by, at = (
        (candidate.approved_by_user, candidate.approved_at)
        if is_approved
        else (candidate.dismissed_by, candidate.dismissed_at)
    )
    assert by is not None
    assert at is not None
    return ProposalDecided(
        candidate_id=candidate.id,
        intent=candidate.normalized_intent,
        is_new=is_new,
        decision="approved" if is_approved else "dismissed",
        by=by,
        at=at,
        agent_id=candidate.agent_id,
    )
