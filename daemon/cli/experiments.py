"""Commands about what is tried: experiments list, create, show, end, reopen."""

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.desk import open_desk
from daemon.cli.options import Json
from daemon.cli.output import print_json, print_line, print_note, print_table, status_text

if TYPE_CHECKING:
    from company.orders.experiments import ExperimentState

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="What is tried against the usual way.",
)

ExperimentName = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Its name or id.")]
Days = Annotated[
    int | None,
    typer.Option("--days", min=1, help="It ends by itself after so many days; default: it does not."),
]


class Kind(StrEnum):
    """What can differ; the words of company.learning.experiment.ArmKind."""

    AGENT = "agent"
    MODEL = "model"
    PROMPT = "prompt"
    RUNNER = "runner"


@app.callback()
def experiments(context: typer.Context, as_json: Json = False) -> None:
    """What is tried against the usual way.

    Without a subcommand: list all, with what came of them.
    """
    if context.invoked_subcommand is None:
        list_experiments(context, as_json=as_json)


@app.command("list")
def list_experiments(context: typer.Context, as_json: Json = False) -> None:
    """List the experiments, decided ones too."""
    from company.orders import experiments as orders

    with open_desk(context, only_looks=True) as desk:
        states = orders.list_experiments(desk.office)
    if as_json:
        print_json({"experiments": [_facts(state) for state in states]})
        return
    print_table(
        ("EXPERIMENT", "TRIES", "INSTEAD OF", "STATUS", "DECISION", "SUCCESS", "ATTEMPTS", "WHY"),
        [
            (
                state.row.name,
                f"{state.arms[0].kind} {state.arms[0].value}",
                state.arms[1].value,
                status_text(state.row.status),
                state.row.decision.replace("_", " "),
                f"{state.row.current_value:.0%}" if state.row.sample_size else "",
                str(state.row.sample_size),
                state.row.decision_reason or "",
            )
            for state in states
        ],
        folds=("EXPERIMENT", "WHY"),
        empty="nothing is tried: agent-service experiments create",
        numbers=("SUCCESS", "ATTEMPTS"),
    )


def _facts(state: "ExperimentState") -> dict[str, object]:
    row = state.row
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "status": row.status,
        "decision": row.decision,
        "reason": row.decision_reason,
        "decided_at": row.decided_at,
        "success_rate": row.current_value,
        "attempts": row.sample_size,
        "consecutive_failures": row.consecutive_failures,
        "arms": [
            {"kind": arm.kind, "value": arm.value, "is_treatment": arm.is_treatment, "share": arm.share}
            for arm in state.arms
        ],
        "created_by": row.created_by,
        "created_at": row.created_at,
        "ends_at": row.ends_at,
        "is_changed": state.is_changed,
    }


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    kind: Annotated[
        Kind, typer.Argument(metavar="KIND", help="What differs: agent, model, prompt or runner.")
    ],
    treatment: Annotated[str, typer.Argument(metavar="TRY", help="The one to try.")],
    default: Annotated[str, typer.Argument(metavar="INSTEAD_OF", help="The one it is tried against.")],
    description: Annotated[str, typer.Option("--description", "-d", help="What it is about.")] = "",
    share: Annotated[
        float, typer.Option("--share", min=0.0, max=1.0, help="Part of the tasks that goes to the treatment.")
    ] = 0.5,
    days: Days = None,
    as_json: Json = False,
) -> None:
    """Try something against the usual way.

    An agent, a model, a prompt or a runner. Part of the tasks goes to it, and its outcomes decide.

    \b
    agent-service experiments create "Opus for Backend" model opus sonnet --share 0.5
    """
    from company.learning.experiment import ArmKind
    from company.orders import experiments as orders

    with open_desk(context) as desk:
        request = orders.ExperimentRequest(
            name=name,
            kind=ArmKind(kind),
            treatment=treatment,
            default=default,
            description=description,
            share=share,
            ends_at=desk.office.clock.now() + timedelta(days=days) if days else None,
        )
        _report(orders.create(desk.office, desk.actor, request), "began", as_json=as_json)


@app.command()
def end(
    context: typer.Context,
    experiment: ExperimentName,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why, for the record.")],
    as_json: Json = False,
) -> None:
    """End an experiment without a decision, unless its outcomes have decided it by now."""
    from company.orders import experiments as orders

    with open_desk(context) as desk:
        _report(orders.end(desk.office, desk.actor, experiment, reason), "ended", as_json=as_json)


@app.command()
def reopen(
    context: typer.Context,
    experiment: ExperimentName,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why, for the record.")] = "",
    days: Days = None,
    as_json: Json = False,
) -> None:
    """Begin a new round of a decided experiment; what it earned stays earned."""
    from company.orders import experiments as orders

    with open_desk(context) as desk:
        ends_at = desk.office.clock.now() + timedelta(days=days) if days else None
        state = orders.reopen(desk.office, desk.actor, experiment, reason, ends_at=ends_at)
        _report(state, "reopened", as_json=as_json)


@app.command()
def evaluate(
    context: typer.Context,
    experiment: Annotated[
        str | None, typer.Argument(metavar="[EXPERIMENT]", help="Its name or id; default: all active ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge experiments by their outcomes now. Harmless when repeated."""
    from company.orders import experiments as orders

    with open_desk(context) as desk:
        states = orders.evaluate(desk.office, desk.actor, experiment)
    if as_json:
        print_json({"experiments": [_facts(state) for state in states]})
        return
    for state in states:
        print_line(
            f"{state.row.name}: {state.row.decision.replace('_', ' ')} ({state.row.sample_size} attempts)"
        )
    if not states:
        print_line("no experiment is active")


def _report(state: "ExperimentState", done: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(state))
        return
    print_line(
        f"{done} {state.row.name}"
        if state.is_changed
        else f"{state.row.name} is {state.row.status}: nothing to do"
    )
    if state.row.decision_reason:
        print_note(state.row.decision_reason)
