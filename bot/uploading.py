"""Files to Slack: an address is asked for, the bytes are put there, and then the file is shared."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.places import Place

UPLOAD_TIMEOUT_S: Final = 60.0
FILE_BYTES_MAX: Final = 20_000_000  # ours; Slack takes 1 GB, nobody reads it on a phone


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What is to be uploaded."""

    filename: str
    content: bytes  #: not empty: Slack refuses that
    title: str
    comment: str  #: mrkdwn


async def upload(
    client: AsyncWebClient,
    place: Place,
    what: Upload,
    *,
    on_id: Callable[[str], Awaitable[None]] | None = None,
) -> str:
    """Upload a file and share it in ``place``; return its id. ``on_id`` hears the id before it is shared.

    Raises as Slack's client does.
    """
    begun = await client.files_getUploadURLExternal(filename=what.filename, length=len(what.content))
    file_id = str(begun["file_id"])
    timeout = aiohttp.ClientTimeout(total=UPLOAD_TIMEOUT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(str(begun["upload_url"]), data=what.content) as answer,
    ):
        answer.raise_for_status()
    if on_id is not None:
        await on_id(file_id)
    await share(client, place, what, file_id)
    return file_id


async def share(client: AsyncWebClient, place: Place, what: Upload, file_id: str) -> None:
    """Share a file whose bytes are there. Raises as Slack's client does."""
    await client.files_completeUploadExternal(
        files=[{"id": file_id, "title": what.title}],
        channel_id=place.channel_id,
        thread_ts=place.thread_ts,
        initial_comment=what.comment or None,
    )
