"""A real delivery of a company's outbox to the local Slack, in a thread of its own, as often as asked."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery import Delivery
from company.ids import new_job_id
from company.orders.office import Office
from company.orders.telling import tell_job
from company.store import outbox, sessions
from company.store.outbox import Word
from company.work.job import JobStatus


class Reachable(Protocol):
    """A Slack that can be written to: ours, or one that others wrote."""

    @property
    def bot_token(self) -> str: ...

    @property
    def api_url(self) -> str: ...


class Running:
    """One delivery that runs."""

    def __init__(self, office: Office, slack: Reachable, name: str, look_again_s: float) -> None:
        self._office, self._slack, self._name, self._look_again_s = office, slack, name, look_again_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"delivery {name}")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        def cancel() -> None:
            if self._task is not None:
                self._task.cancel()

        self._loop.call_soon_threadsafe(cancel)
        self._thread.join(timeout=30)
        assert not self._thread.is_alive(), "the delivery did not end"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        client = AsyncWebClient(token=self._slack.bot_token, base_url=self._slack.api_url)
        delivery = Delivery(lambda: self._office, client, name=self._name, look_again_s=self._look_again_s)
        self._task = self._loop.create_task(delivery.run())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()


@contextmanager
def delivering(
    office: Office, slack: Reachable, *, name: str = "one", look_again_s: float = 0.05
) -> Iterator[Running]:
    """Deliver for a while."""
    running = Running(office, slack, name, look_again_s)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def begin_job(
    office: Office, title: str, *, channel_id: str | None = None, thread_ts: str | None = None
) -> str:
    """Make a job that waits, and say so."""
    job_id = new_job_id(office.clock.now())
    with office.store.transaction() as tx:
        sessions.insert_pending(
            tx,
            {
                "id": job_id,
                "team_id": "team-engineering",
                "title": title,
                "priority_file": f"{job_id}.md",
                "priority_text": f"# {title}",
                "start_key": job_id,
                "requested_by": "U0ADA",
                "surface": "slack",
                "channel_id": channel_id,
                "thread_ts": thread_ts,
            },
        )
        tell_job(tx, job_id, "pending")
    return job_id


def move_job(office: Office, job_id: str, status: JobStatus, moment: str, **changes: Any) -> None:
    """Move a job, and say so."""
    with office.store.transaction() as tx:
        assert sessions.move(tx, job_id, status, **changes)
        tell_job(tx, job_id, moment)


def words(office: Office, status: str) -> list[Word]:
    """Return the words of a status, oldest first."""
    with office.store.reading() as tx:
        rows = tx.all("SELECT * FROM outbox WHERE status = :status ORDER BY id", status=status)
    return [outbox.Word.from_row(row) for row in rows]


def is_all_told(office: Office) -> bool:
    """Say whether no word is on its way. One look: between two of them a word may be put back."""
    with office.store.reading() as tx:
        return bool(tx.value("SELECT count(*) FROM outbox WHERE status IN ('pending', 'claimed')") == 0)
