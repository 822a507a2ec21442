"""What a job should know beside the words that ask for it: the thread they stand in, and the files that came with them.

Bounded, and text only; of anything else its name is told. A file is fetched from Slack (or the Slack we are configured
for) alone: our token goes nowhere else. A message that is nothing but one text file is that file: a priority file.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from bot.desk import Desk
from bot.incoming import Incoming, Kind
from bot.trouble import SLACK_TROUBLE
from company.errors import OrderRefused
from company.orders.threads import NOTE_MAX, Context
from company.repetition.wording import plain

log = logging.getLogger(__name__)

FILES_MAX: Final = 5
FILE_BYTES: Final = 200_000
BEFORE_MESSAGES: Final = 50
FETCH_TIMEOUT_S: Final = 10
_WITH_A_THREAD: Final = (Kind.MESSAGE, Kind.DIRECT, Kind.SHORTCUT)


async def with_files(desk: Desk, at: Incoming, text: str) -> str:
    """Return words to a job with the files that came with them."""
    parts = [text, *(f"{one.author}:\n{one.body}" for one in await files_of(desk, at))]
    return "\n\n".join(part for part in parts if part)[:NOTE_MAX]


async def files_of(desk: Desk, at: Incoming) -> list[Context]:
    """Read the files that came with a message."""
    files = [await _read_file(desk, one) for one in at.files[:FILES_MAX]]
    left = len(at.files) - FILES_MAX
    return (
        [*files, Context(kind="file", author="more", body=f"[{left} more, not read]")] if left > 0 else files
    )


async def context_of(desk: Desk, at: Incoming, text: str) -> tuple[str, tuple[Context, ...]]:
    """Return the words that ask for the work, and what stands beside them. Raises OrderRefused where there are none."""
    files = await files_of(desk, at)
    if not text.strip() and len(files) == 1:
        return files[0].body, await _before(desk, at)
    if not text.strip():
        raise OrderRefused(
            "nothing_said", "there is nothing to do in it", mend="say in words what is to be done"
        )
    return text, (*await _before(desk, at), *files)


async def _before(desk: Desk, at: Incoming) -> tuple[Context, ...]:
    """Return what stood in the thread before."""
    if at.kind not in _WITH_A_THREAD or not at.thread_ts or not at.channel_id:
        return ()
    try:
        page = await desk.client.conversations_replies(
            channel=at.channel_id, ts=at.thread_ts, latest=at.message_ts, limit=BEFORE_MESSAGES
        )
    except SLACK_TROUBLE as trouble:
        log.warning("the thread before a job could not be read: %s", trouble)
        return ()
    return tuple(
        Context(kind="before", author=str(one.get("user")), body=plain(str(one.get("text")))[:NOTE_MAX])
        for one in page.get("messages") or ()
        if one.get("text")
        and one.get("user")
        and one.get("user") != at.bot_id
        and one.get("ts") != at.message_ts
    )


async def _read_file(desk: Desk, file: Mapping[str, Any]) -> Context:
    name = str(file.get("name") or file.get("title") or file.get("id") or "file")
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    try:
        data = await _fetch(desk, url)
    except SLACK_TROUBLE as trouble:
        log.warning("the file %s could not be read: %s", name, trouble)
        return Context(kind="file", author=name, body="[it could not be read]")
    try:
        return Context(kind="file", author=name, body=data.decode()[:NOTE_MAX])
    except UnicodeDecodeError:
        return Context(kind="file", author=name, body=f"[{file.get('mimetype') or 'no text'}: not read]")


async def _fetch(desk: Desk, url: str) -> bytes:
    """Fetch a file of Slack's, cut to a bound. Raises one of SLACK_TROUBLE."""
    if not _is_slacks(url, desk.client.base_url):
        raise OSError(f"{urlsplit(url).hostname or 'no address'} is not Slack's")
    timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(
            url, headers={"Authorization": f"Bearer {desk.client.token}"}, allow_redirects=False
        ) as answer,
    ):
        if answer.status != 200:
            raise OSError(f"status {answer.status}")
        return await answer.content.read(FILE_BYTES)


def _is_slacks(url: str, base_url: str) -> bool:
    given, base = urlsplit(url), urlsplit(base_url)
    if given.hostname == base.hostname and given.port == base.port and given.scheme == base.scheme:
        return True
    host = given.hostname or ""
    return given.scheme == "https" and (
        host == "slack.com" or host.endswith((".slack.com", ".slack-files.com"))
    )
