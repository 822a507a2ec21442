"""One word to Slack: where it goes, how it is sent, and what becomes of it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.arrived import find_message, is_file_shared, metadata_of
from bot.failures import HOLD_S, Failure, Means, failure_of
from bot.pace import Pace
from bot.places import Place, Places
from bot.trouble import SLACK_TROUBLE
from bot.uploading import FILE_BYTES_MAX, Upload, share, upload
from bot.wording import PROGRESS, worded
from company.clock import from_iso, to_iso
from company.errors import StoreError
from company.orders.office import Office
from company.store import notes, outbox, sessions
from company.store.outbox import Anchor, Claim, Word

if TYPE_CHECKING:
    from company.store.gate import Transaction

log = logging.getLogger(__name__)

BACK_OFF_MAX_S: Final = 60.0
FIRST_BACK_OFF_S: Final = 1.0


class Outcome(Protocol):
    """What became of a word."""

    @property
    def is_settled(self) -> bool:
        """Whether those behind it may go."""

    def write(self, tx: "Transaction", word: Word) -> None:
        """Write it down."""


@dataclass(frozen=True)
class Sent:
    """It is in Slack."""

    place: Place
    message_ts: str | None
    is_settled: bool = True

    def write(self, tx: "Transaction", word: Word) -> None:
        """Note which message it became; a job's first one is where the job is told from now on."""
        outbox.mark_sent(tx, word.id, self.message_ts, self.place.channel_id)
        if word.kind == "job" and self.message_ts is not None:
            sessions.place_thread(
                tx, word.subject_id, self.place.channel_id, self.place.thread_ts or self.message_ts
            )


@dataclass(frozen=True)
class Dropped:
    """Nobody needs it any more."""

    why: str
    is_settled: bool = True

    def write(self, tx: "Transaction", word: Word) -> None:
        """Let it go."""
        outbox.drop(tx, word.id, self.why)


@dataclass(frozen=True)
class Failed:
    """It was not sent, or nobody knows."""

    failure: Failure
    again_at: str | None  #: None: never
    is_edit: bool = False

    @property
    def is_settled(self) -> bool:
        """A word that was given up must not hold up what follows it."""
        return self.again_at is None

    def write(self, tx: "Transaction", word: Word) -> None:
        """Put it back, to the same place or another, or give it up."""
        means, error = self.failure.means, self.failure.error
        if means is Means.ELSEWHERE:
            outbox.forget_place(tx, word.id)
            if job_id := word.payload.get("job_id") or (word.subject_id if word.kind == "job" else None):
                sessions.leave_thread(tx, str(job_id))
        if means is Means.GONE:
            outbox.forget_anchor(tx, word.kind, word.subject_id)
        is_uncertain = means is Means.UNCERTAIN and not self.is_edit
        outbox.put_back(tx, word.id, error, not_before_at=self.again_at, is_uncertain=is_uncertain)
        if self.again_at is None:
            log.error("outbox: %s %s can never be told: %s", word.kind, word.subject_id, error)
        else:
            log.warning("outbox: %s %s is told later: %s", word.kind, word.subject_id, error)


class Deliverer:
    """Sends words."""

    def __init__(
        self,
        office: Callable[[], Office],
        client: AsyncWebClient,
        places: Places,
        pace: Pace,
        *,
        look_again_s: float,
    ) -> None:
        """``look_again_s`` is between the two looks for a word that may have arrived: history is not immediate."""
        self._office, self._client, self._places, self._pace = office, client, places, pace
        self._look_again_s = look_again_s

    async def deliver(self, claim: Claim) -> Outcome:
        """Send one word; never raises for what Slack, the network or the store do."""
        word, is_edit = claim.word, claim.anchor is not None
        place = None
        try:
            if await asyncio.to_thread(self._is_muted, word):
                return Dropped("its thread is muted")
            if claim.anchor is not None:
                return await self._edit(word, claim.anchor)
            place = await self._places.of(word)
            if place is None:
                return self._failed(
                    word, Failure(Means.HOLD, "there is neither a channel nor a CEO to tell", HOLD_S)
                )
            return await (self._send_file(word, place) if word.kind == "file" else self._post(word, place))
        except SLACK_TROUBLE as error:
            return await self._after(word, failure_of(error, is_edit=is_edit), place, is_edit=is_edit)
        except StoreError as error:
            return self._failed(word, Failure(Means.UNCERTAIN, str(error)))
        except (
            Exception
        ) as fault:  # the top of a delivery: one word that fails us must not silence the others
            log.exception("outbox: %s %s could not be told", word.kind, word.subject_id)
            return self._failed(word, Failure(Means.UNCERTAIN, repr(fault)[:500]))

    async def _post(self, word: Word, place: Place) -> Outcome:
        assert word.delivery_id is not None, "a claim names its delivery"
        if word.is_uncertain and (found := await self._look_twice(word, place)) is not None:
            return Sent(place, found)
        await asyncio.sleep(self._pace.posts(place.channel_id).take())
        message = worded(word, self._office().clock.now())
        posted = await self._client.chat_postMessage(
            channel=place.channel_id,
            thread_ts=place.thread_ts,
            text=message.text,
            blocks=[dict(block) for block in message.blocks],
            metadata=metadata_of(word.delivery_id),
            unfurl_links=False,
            unfurl_media=False,
        )
        return Sent(Place(str(posted.get("channel") or place.channel_id), place.thread_ts), str(posted["ts"]))

    async def _look_twice(self, word: Word, place: Place) -> str | None:
        assert word.delivery_id is not None, "a claim names its delivery"
        queued_at = from_iso(word.created_at)
        found = await find_message(self._client, place, word.delivery_id, queued_at)
        if found is None:
            await asyncio.sleep(self._look_again_s)
            found = await find_message(self._client, place, word.delivery_id, queued_at)
        return found

    async def _edit(self, word: Word, anchor: Anchor) -> Outcome:
        self._pace.updates.take()  # its claim found room
        message = worded(word, self._office().clock.now())
        await self._client.chat_update(
            channel=anchor.channel_id,
            ts=anchor.message_ts,
            text=message.text,
            blocks=[dict(block) for block in message.blocks],
        )
        return Sent(Place(anchor.channel_id, None), anchor.message_ts)

    async def _send_file(self, word: Word, place: Place) -> Outcome:
        what = await asyncio.to_thread(self._read_file, word)
        if what is None:
            return Dropped("the file is gone, empty or too long")
        if word.is_uncertain and word.file_id is not None:
            if await is_file_shared(self._client, word.file_id, place.channel_id):
                return Sent(place, None)
            await share(self._client, place, what, word.file_id)
            return Sent(place, None)
        await asyncio.sleep(self._pace.posts(place.channel_id).take())
        await upload(self._client, place, what, on_id=lambda file_id: self._note_file(word, file_id))
        return Sent(place, None)

    async def _note_file(self, word: Word, file_id: str) -> None:
        def note() -> None:
            with self._office().store.transaction() as tx:
                outbox.note_file(tx, word.id, file_id)

        await asyncio.to_thread(note)

    def _read_file(self, word: Word) -> Upload | None:
        """Read a file below the reports' folder; None when there is nothing to send."""
        folders = self._office().config.folders
        path = (self._office().config.root / str(word.payload.get("path") or "")).resolve()
        if not path.is_relative_to(folders.reports.resolve()) or not path.is_file():
            return None
        if not 0 < path.stat().st_size <= FILE_BYTES_MAX:
            return None
        return Upload(
            filename=str(word.payload.get("filename") or path.name)[:200],
            content=path.read_bytes(),
            title=str(word.payload.get("title") or path.name)[:200],
            comment="",
        )

    def _is_muted(self, word: Word) -> bool:
        job_id = word.payload.get("job_id")
        if word.kind not in PROGRESS or not job_id:
            return False
        with self._office().store.reading() as tx:
            return notes.find_mute(tx, str(job_id)) is not None

    async def _after(self, word: Word, failure: Failure, place: Place | None, *, is_edit: bool) -> Outcome:
        if failure.means is Means.LATER and failure.after_s:
            bucket = self._pace.updates if is_edit else self._pace.posts(place.channel_id) if place else None
            if bucket is not None:
                bucket.pause(failure.after_s)
        if failure.means is Means.ELSEWHERE and await self._is_home(place):
            failure = Failure(Means.FINAL, failure.error)
        return self._failed(word, failure, is_edit=is_edit)

    async def _is_home(self, place: Place | None) -> bool:
        """Say whether there is nowhere else to tell it."""
        if place is None or place.thread_ts is not None:
            return place is None
        try:
            home = await self._places.home()
        except SLACK_TROUBLE:
            return True
        return home is None or home.channel_id == place.channel_id

    def _failed(self, word: Word, failure: Failure, *, is_edit: bool = False) -> Failed:
        if failure.means is Means.FINAL:
            return Failed(failure, None, is_edit)
        back_off_s = min(BACK_OFF_MAX_S, FIRST_BACK_OFF_S * 2 ** min(word.attempts, 10))
        if failure.means in (Means.ELSEWHERE, Means.GONE):
            back_off_s = 0.0
        wait_s = failure.after_s or back_off_s
        return Failed(failure, to_iso(self._office().clock.now() + timedelta(seconds=wait_s)), is_edit)
