"""How far the bot has read in Slack, and where it reads on: books of its own, no orders of people."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from company.clock import from_iso, to_iso
from company.store import channels, commands, lookups

if TYPE_CHECKING:
    from company.orders.office import Office

ENDED_LATELY: Final = timedelta(hours=1)  # so long after a job's end its thread is still read on
CUT_OFF: Final = timedelta(hours=1)  # so long a message that was not carried out is worth doing
LOOK_BACK: Final = timedelta(
    minutes=15
)  # before what was heard last: something may have been missed before it
THREADS_MAX: Final = 50


def move_marks(office: "Office", seen: Mapping[str, tuple[str, str]]) -> None:
    """Note how far channels were read: channel -> (kind, ts). A mark never moves back."""
    with office.store.transaction() as tx:
        for channel_id, (kind, ts) in seen.items():
            channels.move_mark(tx, channel_id, kind, ts)


def marks(office: "Office") -> dict[str, str]:
    """Return how far each channel was read.

    Messages that were recorded, and not carried out because the bot was killed, are read once more: Slack, which had
    its acknowledgement, does not send them again.
    """
    since = to_iso(office.clock.now() - CUT_OFF)
    with office.store.reading() as tx:
        found = {mark.channel_id: mark.seen_ts for mark in channels.list_marks(tx)}
        cut_off = commands.not_handled(tx, since)
    for one in cut_off:
        kind, _, place = (one.delivery_id or "").partition(":")
        channel_id, _, ts = place.partition(":")
        if kind == "message" and channel_id in found:
            found[channel_id] = min(found[channel_id], f"{float(ts) - 0.001:.6f}")
    return found


def open_threads(office: "Office") -> list[tuple[str, str, str]]:
    """Return the threads to read on, newest job first: channel, thread, and the ts from which on to read."""
    since = to_iso(office.clock.now() - ENDED_LATELY)
    with office.store.reading() as tx:
        rows = lookups.threads_of_jobs(tx, since, THREADS_MAX)
    return [
        (
            row["channel_id"],
            row["thread_ts"],
            f"{(from_iso(row['heard_at'] or row['created_at']) - LOOK_BACK).timestamp():.6f}",
        )
        for row in rows
    ]
