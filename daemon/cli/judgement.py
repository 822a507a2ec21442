"""Commands that judge: praise, reject, proposals, approve, dismiss, evaluate."""

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.desk import Desk, open_desk
from daemon.cli.options import JobName, Json
from daemon.cli.output import print_json, print_line, print_note, print_table, status_text
from daemon.cli.times import local_time

if TYPE_CHECKING:
    from company.orders.feedback import FeedbackGiven
    from company.orders.proposals import ProposalDecided
    from company.store.candidates import Candidate
    from daemon.learning.evaluating import EvaluationDone

ProposalName = Annotated[
    str, typer.Argument(metavar="PROPOSAL", help="Its id, any unique beginning of it, or the agent's name.")
]


def praise(
    context: typer.Context,
    job: JobName,
    reason: Annotated[
        str, typer.Argument(metavar="[REASON]", help="What was good.", show_default=False)
    ] = "",
    as_json: Json = False,
) -> None:
    """Praise a finished job: +100 points.

    Your word on a job counts once.
    """
    from company.orders import feedback

    with open_desk(context) as desk:
        _report_feedback(feedback.praise(desk.office, desk.actor, job, reason), as_json=as_json)


def reject(
    context: typer.Context,
    job: JobName,
    reason: Annotated[
        str, typer.Argument(metavar="REASON", help="What was wrong: the agents learn from it.")
    ],
    as_json: Json = False,
) -> None:
    """Reject a finished job: 100 points less.

    Your word on a job counts once.
    """
    from company.orders import feedback

    with open_desk(context) as desk:
        _report_feedback(feedback.reject(desk.office, desk.actor, job, reason), as_json=as_json)


def _report_feedback(given: "FeedbackGiven", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "job": given.job_id,
                "is_changed": given.is_new,
                "points": given.points,
                "reason": given.reason,
                "said_at": given.said_at,
            }
        )
    elif given.is_new:
        print_line(f"{given.points:+g} for {given.title} ({given.job_id})")
    else:
        print_line(f"you have said it before, and that stands: {given.points:+g}, {given.reason}")


def proposals(
    context: typer.Context,
    include_decided: Annotated[bool, typer.Option("--all", "-a", help="Decided ones, too.")] = False,
    as_json: Json = False,
) -> None:
    """List whom the company proposes to hire.

    It proposes what you keep asking for: the same three times in a week.
    """
    from company.store import candidates

    with open_desk(context, only_looks=True) as desk:
        with desk.office.store.reading() as tx:
            found = candidates.list_candidates(tx, include_decided=include_decided)
        zone = desk.config.company.time_zone
    if as_json:
        print_json({"proposals": [_proposal_facts(one) for one in found]})
        return
    print_table(
        ("PROPOSAL", "AGENT", "BECAUSE YOU ASKED", "TIMES", "FOR EXAMPLE", "STATE", "SINCE"),
        [
            (
                one.id,
                one.proposed_agent_name,
                one.normalized_intent,
                str(one.occurrence_count),
                next(iter(one.sample_commands), ""),
                status_text(_proposal_state(one)),
                local_time(one.created_at, zone),
            )
            for one in found
        ],
        folds=("BECAUSE YOU ASKED", "FOR EXAMPLE", "STATE"),
        empty="nothing is proposed: a proposal comes when the same is asked for three times in a week",
        numbers=("TIMES",),
    )


def _proposal_state(one: "Candidate") -> str:
    if one.approved_at:
        return f"approved by {one.approved_by_user}"
    return f"dismissed by {one.dismissed_by}" if one.dismissed_at else "open"


def _proposal_facts(one: "Candidate") -> dict[str, object]:
    return {
        "id": one.id,
        "intent": one.normalized_intent,
        "occurrences": one.occurrence_count,
        "samples": list(one.sample_commands),
        "confidence": one.confidence_score,
        "agent_name": one.proposed_agent_name,
        "role": one.proposed_role,
        "team": one.proposed_team_id,
        "schedule": one.proposed_schedule,
        "agent": one.agent_id,
        "approved_by": one.approved_by_user,
        "approved_at": one.approved_at,
        "dismissed_by": one.dismissed_by,
        "dismissed_at": one.dismissed_at,
        "expires_at": one.expires_at,
        "created_at": one.created_at,
    }


def approve(context: typer.Context, proposal: ProposalName, as_json: Json = False) -> None:
    """Hire the proposed agent."""
    from company.orders import proposals as orders

    with open_desk(context) as desk:
        decided = orders.approve(desk.office, desk.actor, _resolve(desk, proposal))
    _report_decision(decided, as_json=as_json)


def dismiss(context: typer.Context, proposal: ProposalName, as_json: Json = False) -> None:
    """Put a proposal aside for good.

    The same is not proposed again.
    """
    from company.orders import proposals as orders

    with open_desk(context) as desk:
        decided = orders.dismiss(desk.office, desk.actor, _resolve(desk, proposal))
    _report_decision(decided, as_json=as_json)


def _resolve(desk: Desk, word: str) -> str:
    """Return the id of the proposal that ``word`` means, decided ones too. Raises OrderRefused."""
    from company.errors import OrderRefused
    from company.store import candidates

    wanted = word.strip().lower()
    with desk.office.store.reading() as tx:
        known = candidates.list_candidates(tx, include_decided=True)
    fitting = {
        one.id
        for one in known
        if wanted
        and (one.id.startswith((wanted, f"auto-{wanted}")) or one.proposed_agent_name.lower() == wanted)
    }
    if len(fitting) == 1:
        return fitting.pop()
    if not fitting:
        raise OrderRefused(
            "unknown_proposal", f"no proposal is called {word!r}", mend="agent-service proposals"
        )
    raise OrderRefused(
        "ambiguous",
        f"{word!r} could be several: {', '.join(sorted(fitting)[:5])}",
        mend="write more of its id",
    )


def _report_decision(decided: "ProposalDecided", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "proposal": decided.candidate_id,
                "intent": decided.intent,
                "is_changed": decided.is_new,
                "decision": decided.decision,
                "by": decided.by,
                "at": decided.at,
                "agent": decided.agent_id,
            }
        )
        return
    words = f"{decided.decision}: {decided.intent}"
    print_line(words if decided.is_new else f"was {words} before, by {decided.by}")
    if decided.agent_id:
        print_note(f"hired: {decided.agent_id.removeprefix('agent-')}")


def evaluate(context: typer.Context, as_json: Json = False) -> None:
    """Judge the company now.

    Experiments are decided, agents evaluated, patterns looked for, and the report is written. It is done on schedule
    anyway, and harmless when repeated.
    """
    from daemon.learning.evaluating import run_evaluation

    with open_desk(context) as desk:
        done = run_evaluation(desk.office, desk.actor)
    if as_json:
        print_json(_evaluation_facts(done))
        return
    _print_evaluation(done)


def _evaluation_facts(done: "EvaluationDone") -> dict[str, object]:
    return {
        "report": str(done.report),
        "decided": [
            {"name": one.row.name, "decision": one.row.decision, "reason": one.row.decision_reason}
            for one in done.decided
        ],
        "patterns": [
            {"type": one.type, "subject": one.subject, "title": one.title} for one in done.detected.changed
        ],
        "proposed": list(done.detected.proposed),
        "agents": [
            {"id": one.agent_id, "recommendation": one.recommendation, "why": one.why}
            for one in done.evaluation.agents
        ],
        "points": done.evaluation.points,
        "cost_usd": done.evaluation.cost_usd,
    }


def _print_evaluation(done: "EvaluationDone") -> None:
    jobs = ", ".join(f"{count} {status}" for status, count in done.evaluation.jobs.items()) or "no jobs ended"
    print_line(
        f"the last 24 hours: {jobs}; {done.evaluation.points:+g} points; ${done.evaluation.cost_usd:.2f}"
    )
    for state in done.decided:
        print_line(f"experiment {state.row.name}: {state.row.decision}: {state.row.decision_reason}")
    for sighting in done.detected.changed:
        print_line(f"pattern: {sighting.title}")
    if done.detected.proposed:
        print_line(f"{len(done.detected.proposed)} new proposals → agent-service proposals")
    print_line(f"report: {done.report}")
