"""Tables ``experiments``, ``experiment_arms`` and ``assignments``: what is tried, and what came of it.

A decision is final until a person reopens the experiment: whatever writes one does so only from 'active', so of two
evaluations at once one decides and the other finds it decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from company.ids import new_id
from company.learning.experiment import ArmKind, ExperimentStatus
from company.learning.rules import Decision, Outcome
from company.store.records import facts, found, record_from

if TYPE_CHECKING:
    from company.store.gate import Reading, Transaction


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    name: str
    description: str
    status: ExperimentStatus
    success_metric: str
    target_value: float
    current_value: float
    sample_size: int
    consecutive_failures: int
    decision: Decision
    decision_reason: str | None
    decided_at: str | None
    created_by: str
    ends_at: str | None
    created_at: str
    updated_at: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Experiment":
        """Read a row of the table."""
        return record_from(
            cls, row, status=ExperimentStatus(row["status"]), decision=Decision(row["decision"])
        )


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One row; the columns' meanings stand in schema.sql."""

    id: str
    experiment_id: str
    kind: ArmKind
    value: str
    is_treatment: bool
    share: float
    created_at: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Arm":
        """Read a row of the table."""
        return record_from(cls, row, kind=ArmKind(row["kind"]), is_treatment=bool(row["is_treatment"]))


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One row; the columns' meanings stand in schema.sql."""

    id: int
    task_id: str
    experiment_id: str | None
    arm_id: str | None
    route: Mapping[str, Any]
    probability: float
    reason: str
    assigned_at: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Assignment":
        """Read a row of the table."""
        return record_from(cls, row, route=facts(row["route"]))


def insert_new(tx: "Transaction", row: Mapping[str, Any]) -> bool:
    """Add an experiment unless its id or name is there; say whether it was added."""
    return tx.insert_new("experiments", {"created_at": tx.now_iso, "updated_at": tx.now_iso, **row})


def add_arm(
    tx: "Transaction", experiment_id: str, kind: ArmKind, value: str, *, is_treatment: bool, share: float
) -> str:
    """Add an arm and return its id. Raises ConstraintViolated for a second treatment, or a second default."""
    arm_id = new_id("arm")
    tx.insert(
        "experiment_arms",
        {
            "id": arm_id,
            "experiment_id": experiment_id,
            "kind": kind,
            "value": value,
            "is_treatment": is_treatment,
            "share": share,
            "created_at": tx.now_iso,
        },
    )
    return arm_id


def get(tx: "Reading", experiment_id: str) -> Experiment:
    """Return an experiment. Raises NotFound."""
    row = tx.one("SELECT * FROM experiments WHERE id = :id", id=experiment_id)
    return Experiment.from_row(found(row, "experiments", experiment_id))


def find(tx: "Reading", words: str) -> Experiment | None:
    """Return the experiment people mean by its id or name; None: no such."""
    row = tx.one("SELECT * FROM experiments WHERE :words IN (id, name)", words=words.strip())
    return None if row is None else Experiment.from_row(row)


def list_experiments(tx: "Reading", status: ExperimentStatus | None = None) -> list[Experiment]:
    """List experiments of one status or all, oldest first."""
    rows = tx.all(
        "SELECT * FROM experiments WHERE status = COALESCE(:status, status) ORDER BY created_at, id",
        status=status,
    )
    return [Experiment.from_row(row) for row in rows]


def arms_of(tx: "Reading", experiment_id: str) -> list[Arm]:
    """Return the arms of an experiment, the treatment first."""
    rows = tx.all(
        "SELECT * FROM experiment_arms WHERE experiment_id = :experiment_id ORDER BY is_treatment DESC, id",
        experiment_id=experiment_id,
    )
    return [Arm.from_row(row) for row in rows]


def note(tx: "Transaction", experiment_id: str, **changes: Any) -> bool:
    """Note where an active experiment stands, or its decision with its status; False when it is decided."""
    where = {"id": experiment_id, "status": ExperimentStatus.ACTIVE}
    return tx.update("experiments", {**changes, "updated_at": tx.now_iso}, where) == 1


def reopen(tx: "Transaction", experiment_id: str, **changes: Any) -> bool:
    """Make a decided experiment active again, with nothing decided; False when it is active."""
    decided = tuple(status for status in ExperimentStatus if status is not ExperimentStatus.ACTIVE)
    row = {
        "status": ExperimentStatus.ACTIVE,
        "decision": Decision.KEEP,
        "decision_reason": None,
        "decided_at": None,
        **changes,
        "updated_at": tx.now_iso,
    }
    return tx.update("experiments", row, {"id": experiment_id, "status": decided}) == 1


def assign(tx: "Transaction", row: Mapping[str, Any]) -> bool:
    """Note which arm or route a task was given; False when it has one, and then nothing changes."""
    return tx.insert_new("assignments", {"assigned_at": tx.now_iso, **row})


def assignment_of(tx: "Reading", task_id: str) -> Assignment | None:
    """Return what a task was given, if anything."""
    row = tx.one("SELECT * FROM assignments WHERE task_id = :task_id", task_id=task_id)
    return None if row is None else Assignment.from_row(row)


def outcomes(tx: "Reading", arm_id: str, since: str = "") -> list[Outcome]:
    """Return the finished tasks an arm was given, ended at or after ``since``, in order of (time, id)."""
    rows = tx.all(
        "SELECT t.completed_at AS recorded_at, t.id, t.status FROM assignments a "
        "JOIN tasks t ON t.id = a.task_id WHERE a.arm_id = :arm_id AND t.status IN ('completed', 'failed') "
        "AND t.completed_at >= :since ORDER BY t.completed_at, t.id",
        arm_id=arm_id,
        since=since,
    )
    return [
        Outcome(recorded_at=row["recorded_at"], id=row["id"], is_success=row["status"] == "completed")
        for row in rows
    ]
