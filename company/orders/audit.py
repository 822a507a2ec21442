"""One order is one transaction: the permission, the change and its row in the audit stand or fall together.

An order that is refused leaves a row too, in a transaction of its own, because the first one was rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from company.errors import AgentServiceError, NotFound, OrderRefused, PriorityFileError
from company.orders.office import Actor, Office
from company.orders.permission import Action, check
from company.store import audit

if TYPE_CHECKING:
    from company.store.gate import Transaction

#: what an order can answer with "no": everything else is a fault, and faults are not orders refused
REFUSALS = (OrderRefused, NotFound, PriorityFileError)


@dataclass
class Order:
    """An order being carried out: its transaction, and what the audit will say of it."""

    tx: "Transaction"
    entity_id: str
    outcome: str = "done"
    detail: dict[str, Any] = field(default_factory=dict)

    def change_nothing(self, **detail: Any) -> None:
        """Note that there was nothing to do: a lost race, or what was asked for is so already."""
        self.outcome = "nothing_to_do"
        self.detail.update(detail)


@contextmanager
def order(
    office: Office, actor: Actor, action: Action, entity_type: str, entity_id: str = ""
) -> Iterator[Order]:
    """Open the one transaction of an order. The body sets ``entity_id`` where the thing is new.

    Raises NotPermitted, and lets the body's refusals through after auditing them.
    """
    try:
        check(actor, action)
        with office.store.transaction() as tx:
            taken = Order(tx, entity_id)
            yield taken
            _write(tx, actor, action, entity_type, taken.entity_id, taken.outcome, taken.detail)
    except REFUSALS as refused:
        with office.store.transaction() as tx:
            _write(tx, actor, action, entity_type, entity_id, "refused", refusal_facts(refused))
        raise


def refusal_facts(refused: AgentServiceError) -> dict[str, str]:
    """Return a refusal as the audit stores it."""
    code = refused.code if isinstance(refused, OrderRefused) else type(refused).__name__
    return {"code": code, "reason": str(refused)[:500]}


def _write(
    tx: "Transaction",
    actor: Actor,
    action: Action,
    entity_type: str,
    entity_id: str,
    outcome: str,
    detail: dict[str, Any],
) -> None:
    audit.write(
        tx,
        {
            "actor_id": actor.id,
            "actor_role": actor.role.value,
            "surface": actor.surface,
            "action": action.value,
            "entity_type": entity_type,
            "entity_id": entity_id,
            "outcome": outcome,
            "detail": detail,
        },
    )
