"""The outbox to Slack: no loss, no doubles, in order per subject, within Slack's rates.

A word is claimed (with the id that goes with its message as metadata), posted, and marked. Whatever ends without an
answer may have arrived: it is looked for in Slack before it is posted again, also after a crash between post and mark.
The client repeats nothing by itself: after a reset the SDK's default would post twice.
"""

import asyncio
import hashlib
import logging
import socket
import time
from collections.abc import Callable, Coroutine, Iterable
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivering import Deliverer, Outcome
from bot.pace import Pace
from bot.places import Places
from company.clock import to_iso
from company.errors import StoreError
from company.orders.office import Office
from company.store import outbox
from company.store.outbox import Claim

log = logging.getLogger(__name__)

CALL_TIMEOUT_S: Final = 10
LOOK_S: Final = 0.2  # between two looks at whether the store changed
AGAIN_S: Final = 1.0  # between two looks at words whose time has come
TROUBLE_WAIT_S: Final = 2.0
STALE_S: Final = 180.0  # a claim of another deliverer is its own for so long; longer than any delivery takes
LANES_MAX: Final = 8  # subjects told at the same time
CLAIM_MAX: Final = 20
NEWS_DAYS: Final = 3  # what was not told for so long is no news


class Delivery:
    """One a bot. ``name`` tells deliverers of one outbox apart, and is the same after a restart."""

    def __init__(
        self,
        office: Callable[[], Office],
        client: AsyncWebClient,
        *,
        name: str | None = None,
        look_again_s: float = 3.0,
    ) -> None:
        self._office = office
        self._client = AsyncWebClient(
            token=client.token, base_url=client.base_url, timeout=CALL_TIMEOUT_S, retry_handlers=[]
        )
        self._name = name or _name(office())
        self._pace = Pace()
        self._look_again_s = look_again_s
        self._deliverer = Deliverer(
            office, self._client, Places(office, self._client), self._pace, look_again_s=look_again_s
        )
        self._lanes: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._started_at = ""

    async def run(self) -> None:
        """Deliver until cancelled."""
        # A session of our own: without one the SDK opens a connection for each call.
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)) as session:
            self._client.session = session
            try:
                await self._begin()
                await self._keep_delivering()
            finally:
                for lane in self._lanes:
                    lane.cancel()
                await asyncio.gather(*self._lanes, return_exceptions=True)
                self._client.session = None

    async def _begin(self) -> None:
        now = self._office().clock.now()
        self._started_at = to_iso(now)
        too_old = to_iso(now - timedelta(days=NEWS_DAYS))
        while True:
            try:
                await asyncio.to_thread(self._drop_older, too_old)
                return
            except StoreError as error:
                log.warning("outbox: %s", error)
                await asyncio.sleep(TROUBLE_WAIT_S)

    def _drop_older(self, created_before: str) -> None:
        with self._office().store.transaction() as tx:
            outbox.drop_older(tx, created_before)

    async def _keep_delivering(self) -> None:
        seen: int | str | None = None
        looked_at = float("-inf")
        while True:
            try:
                version = await asyncio.to_thread(self._office().store.version)
                is_time = time.monotonic() - looked_at > AGAIN_S
                if version != seen or is_time or self._woken.is_set():
                    self._woken.clear()
                    seen, looked_at = version, time.monotonic()
                    await self._claim_and_go()
            except StoreError as error:
                log.warning("outbox: %s", error)
                await asyncio.sleep(TROUBLE_WAIT_S)
            try:
                await asyncio.wait_for(self._woken.wait(), LOOK_S)
            except TimeoutError:
                continue

    async def _claim_and_go(self) -> None:
        room = LANES_MAX - len(self._lanes)
        if room <= 0:
            return
        claims = await asyncio.to_thread(self._claim)
        lanes = groupby(sorted(claims, key=_lane), key=_lane)
        for _, of_lane in lanes:
            self._start(self._deliver_lane(sorted(of_lane, key=lambda claim: claim.word.id)))

    def _claim(self) -> list[Claim]:
        office = self._office()
        with office.store.reading() as tx:
            if not outbox.is_anything_waiting(tx):
                return []
        with office.store.transaction() as tx:
            return outbox.claim(
                tx,
                by=self._name,
                limit=CLAIM_MAX,
                edits=self._pace.updates.room,
                stale_before=to_iso(office.clock.now() - timedelta(seconds=STALE_S)),
                own_before=self._started_at,
            )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._lanes.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._lanes.discard(task)
        self._woken.set()
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("outbox: a delivery failed", exc_info=fault)

    async def _deliver_lane(self, claims: list[Claim]) -> None:
        """Deliver one after the other; when one has to wait, so do those behind it."""
        for at, claim in enumerate(claims):
            outcome = await self._deliverer.deliver(claim)
            await self._keep_books(partial(self._settle, claim, outcome))
            if not outcome.is_settled and claim.anchor is None:
                await self._keep_books(partial(self._release, [one.word for one in claims[at + 1 :]]))
                return

    async def _keep_books(self, write: Callable[[], None]) -> None:
        """Write to the store, however long it is locked: what was said must be marked as said."""
        while True:
            try:
                await asyncio.to_thread(write)
                return
            except StoreError as error:
                log.warning("outbox: not marked yet: %s", error)
                await asyncio.sleep(TROUBLE_WAIT_S)

    def _settle(self, claim: Claim, outcome: Outcome) -> None:
        with self._office().store.transaction() as tx:
            outcome.write(tx, claim.word)

    def _release(self, words: Iterable[outbox.Word]) -> None:
        with self._office().store.transaction() as tx:
            outbox.release(tx, words)


def _lane(claim: Claim) -> str:
    return claim.word.lane


def _name(office: Office) -> str:
    """Name the deliverer of this host and folder: there is one at a time (``company.one_per_folder``)."""
    folder = hashlib.sha256(str(office.config.root).encode()).hexdigest()[:8]
    return f"{socket.gethostname()}-{folder}"
