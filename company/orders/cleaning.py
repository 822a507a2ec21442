"""The order to clean up now. What may go is ruled in ``company/work/retention.py``; the caller carries it out."""

from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action


def order_cleaning(office: Office, actor: Actor) -> None:
    """Note that ``actor`` had it done. Raises NotPermitted."""
    with order(office, actor, Action.CLEAN, "service", "housekeeping"):
        pass
