"""Words for Slack that could not be delivered: look at them, and let them be tried again."""

from typing import TYPE_CHECKING

from company.orders.audit import order
from company.orders.office import Actor, Office
from company.orders.permission import Action
from company.store import outbox

if TYPE_CHECKING:
    from company.store.outbox import Word


def undelivered(office: Office, *, limit: int = 50) -> "list[Word]":
    """List what was given up, newest first."""
    with office.store.reading() as tx:
        return outbox.dead(tx, limit=limit)


def retry(office: Office, actor: Actor, word_ids: tuple[int, ...] = ()) -> int:
    """Let words that were given up be tried again, all or those named; return how many."""
    with order(office, actor, Action.RETRY_MESSAGES, "outbox") as taken:
        known = [word.id for word in outbox.dead(taken.tx, limit=10_000)]
        count = outbox.retry_dead(taken.tx, [one for one in known if not word_ids or one in word_ids])
        taken.detail = {"count": count}
        if not count:
            taken.change_nothing()
        return count
