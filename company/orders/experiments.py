"""Try something against what is done by default: create, evaluate, end, reopen, list.

What decides an experiment, and how it is written down, is ``judging``; these are the orders a person gives.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from company.clock import to_iso
from company.errors import OrderRefused
from company.ids import new_id
from company.learning.experiment import ArmKind, ExperimentStatus
from company.orders.audit import order
from company.orders.judging import begin_round, judge, tell_experiment
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.orders.references import find_agent
from company.store import experiments

if TYPE_CHECKING:
    from company.store.experiments import Arm, Experiment
    from company.store.gate import Reading, Transaction

NAME_MAX = 80  # characters
TEXT_MAX = 2000  # characters of a description or a reason


@dataclass(frozen=True, kw_only=True)
class ExperimentRequest:
    """What to try, and against what."""

    name: str
    kind: ArmKind  #: what differs
    treatment: str  #: the agent, model, prompt or runner to try
    default: str  #: the one it is tried against
    description: str = ""
    share: float = 0.5  #: of the tasks that go to the treatment, between 0 and 1
    ends_at: datetime | None = None  #: its deadline; None: until a rule fires


@dataclass(frozen=True, kw_only=True)
class ExperimentState:
    """How an experiment stands, and whether this order changed that."""

    row: "Experiment"
    arms: tuple["Arm", ...]  #: the treatment first
    is_changed: bool

    @property
    def is_decided(self) -> bool:
        """Whether it is over."""
        return self.row.status is not ExperimentStatus.ACTIVE


def create(office: Office, actor: Actor, request: ExperimentRequest) -> ExperimentState:
    """Begin an experiment. Raises OrderRefused for a taken name, or something to try that is not there."""
    with order(office, actor, Action.CREATE_EXPERIMENT, "experiment", request.name[:NAME_MAX]) as taken:
        name = _checked_name(request.name)
        share, ends_at = _checked_share(request.share), _checked_deadline(office, request.ends_at)
        treatment, default = _both(office, taken.tx, request)
        experiment_id = new_id("exp")
        row = {
            "id": experiment_id,
            "name": name,
            "description": _checked_text(request.description),
            "created_by": actor.id,
            "ends_at": ends_at,
        }
        if not experiments.insert_new(taken.tx, row):
            raise OrderRefused(
                "name_taken", f"there is an experiment {name!r} already", mend="take another name"
            )
        kind = request.kind
        experiments.add_arm(taken.tx, experiment_id, kind, treatment, is_treatment=True, share=share)
        experiments.add_arm(taken.tx, experiment_id, kind, default, is_treatment=False, share=1 - share)
        taken.entity_id = experiment_id
        taken.detail = {"name": name, "kind": kind.value, "treatment": treatment, "default": default}
        return _state(taken.tx, experiment_id, is_changed=True)


def evaluate(office: Office, actor: Actor, experiment: str | None = None) -> tuple[ExperimentState, ...]:
    """Judge one experiment, or all that are active: each in a transaction of its own. Harmless when repeated."""
    with order(office, actor, Action.EVALUATE, "experiment", experiment or "all") as taken:
        if experiment is not None:
            taken.entity_id = find_experiment(taken.tx, experiment).id
            ids = [taken.entity_id]
        else:
            ids = [row.id for row in experiments.list_experiments(taken.tx, ExperimentStatus.ACTIVE)]
        taken.detail = {"experiments": ids[:100]}
    return tuple(_evaluate_one(office, experiment_id) for experiment_id in ids)


def end(office: Office, actor: Actor, experiment: str, reason: str) -> ExperimentState:
    """End an experiment as failed, unless its outcomes have decided it by now: then that decision stands."""
    with order(office, actor, Action.END_EXPERIMENT, "experiment", experiment) as taken:
        row = find_experiment(taken.tx, experiment)
        taken.entity_id = row.id
        why = _checked_text(reason)
        judge(taken.tx, row.id)
        is_changed = experiments.note(
            taken.tx,
            row.id,
            status=ExperimentStatus.FAILED,
            decision_reason=f"ended by {actor.id}" + (f": {why}" if why else ""),
            decided_at=taken.tx.now_iso,
        )
        state = _state(taken.tx, row.id, is_changed=is_changed)
        if is_changed:
            tell_experiment(taken.tx, row.id)
        else:
            taken.change_nothing(status=state.row.status.value)
        return state


def reopen(
    office: Office, actor: Actor, experiment: str, reason: str = "", *, ends_at: datetime | None = None
) -> ExperimentState:
    """Make a decided experiment active again: it begins a new round, with outcomes to come.

    What it earned stays earned. ``ends_at`` is the new deadline; None: it has none.
    """
    with order(office, actor, Action.REOPEN_EXPERIMENT, "experiment", experiment) as taken:
        row = find_experiment(taken.tx, experiment)
        taken.entity_id = row.id
        why, deadline = _checked_text(reason), _checked_deadline(office, ends_at)
        is_changed = begin_round(taken.tx, row.id, by=actor.id, reason=why, ends_at=deadline)
        if is_changed:
            tell_experiment(taken.tx, row.id)
        else:
            taken.change_nothing(status=row.status.value)
        return _state(taken.tx, row.id, is_changed=is_changed)


def list_experiments(office: Office, status: ExperimentStatus | None = None) -> tuple[ExperimentState, ...]:
    """List experiments of one status or all, decided ones too, oldest first."""
    with office.store.reading() as tx:
        return tuple(
            ExperimentState(row=row, arms=tuple(experiments.arms_of(tx, row.id)), is_changed=False)
            for row in experiments.list_experiments(tx, status)
        )


def find_experiment(tx: "Reading", word: str) -> "Experiment":
    """Return the experiment called ``word``: its id or name. Raises OrderRefused."""
    row = experiments.find(tx, word)
    if row is None:
        raise OrderRefused(
            "unknown_experiment", f"no experiment is called {word!r}", mend="agent-service experiments"
        )
    return row


def _evaluate_one(office: Office, experiment_id: str) -> ExperimentState:
    with office.store.transaction() as tx:
        is_changed = judge(tx, experiment_id)
        return _state(tx, experiment_id, is_changed=is_changed)


def _state(tx: "Reading", experiment_id: str, *, is_changed: bool) -> ExperimentState:
    arms = tuple(experiments.arms_of(tx, experiment_id))
    return ExperimentState(row=experiments.get(tx, experiment_id), arms=arms, is_changed=is_changed)


def _both(office: Office, tx: "Transaction", request: ExperimentRequest) -> tuple[str, str]:
    treatment = _value(office, tx, request.kind, request.treatment.strip())
    default = _value(office, tx, request.kind, request.default.strip())
    if not treatment or not default or treatment == default:
        raise OrderRefused(
            "nothing_to_compare", "an experiment tries one thing against another: name two that differ"
        )
    return treatment, default


def _value(office: Office, tx: "Transaction", kind: ArmKind, value: str) -> str:
    """Return ``value`` as tasks name it. Raises OrderRefused where the company does not have it."""
    if kind is ArmKind.AGENT:
        row = find_agent(tx, value)
        if not row.is_active:
            raise OrderRefused("was_fired", f"{row.name} does not work here any more")
        return row.id
    if kind is ArmKind.MODEL and value != "none" and value not in office.config.models:
        raise OrderRefused(
            "unknown_model",
            f"there is no model {value!r}",
            mend=f"use one of: {', '.join(office.config.models)}; or add it to models in config.yaml",
        )
    return value


def _checked_name(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > NAME_MAX:
        raise OrderRefused("bad_name", f"an experiment's name has 1 to {NAME_MAX} characters")
    return tidy


def _checked_text(text: str) -> str:
    if len(text) > TEXT_MAX:
        raise OrderRefused("long_text", f"this has at most {TEXT_MAX} characters")
    return text.strip()


def _checked_share(share: float) -> float:
    if not 0 < share < 1:
        raise OrderRefused("bad_share", f"the share of the treatment lies between 0 and 1, not at {share}")
    return share


def _checked_deadline(office: Office, ends_at: datetime | None) -> str | None:
    if ends_at is not None and ends_at <= office.clock.now():
        raise OrderRefused("past_deadline", f"{to_iso(ends_at)} is over")
    return None if ends_at is None else to_iso(ends_at)
