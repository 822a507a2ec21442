"""Did it arrive? Looks in Slack for a message by the delivery id in its metadata, and for a file by its shares."""

from datetime import datetime
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.places import Place

EVENT_TYPE: Final = "agent_service"
#: clocks differ: how far before the words were queued a message of theirs may seem to be
CLOCK_TOLERANCE_S: Final = 120.0
PAGES_MAX: Final = 50


def metadata_of(delivery_id: str) -> dict[str, Any]:
    """Return what goes with a message so that it is found again."""
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery": delivery_id}}


async def find_message(
    client: AsyncWebClient, place: Place, delivery_id: str, queued_at: datetime
) -> str | None:
    """Return the ts of the message that has ``delivery_id``; None: it is not there. Raises as Slack's client does."""
    oldest = f"{queued_at.timestamp() - CLOCK_TOLERANCE_S:.6f}"
    cursor = ""
    for _ in range(PAGES_MAX):
        wanted: dict[str, Any] = {
            "channel": place.channel_id,
            "oldest": oldest,
            "limit": 200,
            "include_all_metadata": True,
        }
        if cursor:
            wanted["cursor"] = cursor
        if place.thread_ts is None:
            page = await client.conversations_history(**wanted)
        else:
            page = await client.conversations_replies(ts=place.thread_ts, **wanted)
        for message in page.get("messages") or ():
            if _delivery_of(message) == delivery_id:
                return str(message["ts"])
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return None
    return None


async def is_file_shared(client: AsyncWebClient, file_id: str, channel_id: str) -> bool:
    """Say whether a file was shared in a channel. Raises as Slack's client does."""
    try:
        file = (await client.files_info(file=file_id)).get("file") or {}
    except SlackApiError as error:
        if error.response.get("error") in ("file_not_found", "file_deleted"):
            return False
        raise
    places = [*(file.get("channels") or ()), *(file.get("groups") or ()), *(file.get("ims") or ())]
    shares = file.get("shares") or {}
    return channel_id in places or any(channel_id in (kind or {}) for kind in shares.values())


def _delivery_of(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    found = (metadata.get("event_payload") or {}).get("delivery")
    return None if found is None else str(found)
