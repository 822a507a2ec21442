"""Files of the workspace: their records, their bytes in the state folder, and the messages that share them."""

import mimetypes
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import web

from . import ids
from .posting import app_message
from .slack import Slack
from .workspace import Json, shown

#: what one file may have; Slack takes 1 GB, a console on loopback need not
MOST_BYTES = 50 * 1024 * 1024


#: what is shown in the browser as text, whatever else it is
_TEXT = (
    "cfg", "css", "csv", "diff", "html", "ini", "js", "json", "jsonl", "log", "md", "patch", "py", "rst", "sh", "sql",
    "toml", "ts", "tsv", "txt", "xml", "yaml", "yml",
)  # fmt: skip


def new_file(slack: Slack, filename: str, size: int, *, user: str = ids.BOT_USER, alt_text: str = "") -> Json:
    """Make and keep the record of a file that is still to come."""
    name = PurePosixPath(filename.replace("\\", "/")).name or "file"
    file_id = ids.new_id("F")
    url = f"{slack.url}/files-pri/{file_id}/{quote(name)}"
    at = int(slack.clock.now())
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file: Json = {
        "id": file_id, "created": at, "timestamp": at, "name": name, "title": name, "mimetype": mimetype,
        "filetype": PurePosixPath(name).suffix.lstrip(".") or "binary", "size": size, "user": user, "mode": "hosted",
        "is_external": False, "is_public": True, "url_private": url, "url_private_download": f"{url}?download=1",
        "permalink": url, "channels": [], "groups": [], "ims": [], "alt_txt": alt_text,
        "is_text": PurePosixPath(name).suffix.lstrip(".").lower() in _TEXT,
    }  # fmt: skip
    slack.workspace.keep_file(file)
    return file


async def receive(slack: Slack, request: web.Request) -> web.Response:
    """Take the bytes of a file: raw, or as the first part of a form. Answers 200 with their count, as Slack does."""
    file = slack.workspace.files.get(request.match_info["file_id"])
    if file is None:
        return web.Response(status=404, text="not found")
    content = await request.read()
    if request.content_type == "multipart/form-data":
        parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
        content = parts[0].file.read() if parts else b""
    store(slack, file, content)
    return web.Response(text=f"OK - {len(content)}")


def store(slack: Slack, file: Json, content: bytes) -> None:
    """Keep the bytes."""
    (slack.files / file["id"]).write_bytes(content)
    slack.workspace.keep_file(file | {"size": len(content)})


def share(
    slack: Slack, channel: Json, files: list[Json], *, comment: str, thread: Json, user: str | None = None
) -> Json:
    """Post a message that shows files; ``user`` None is the app."""
    where = "ims" if channel.get("is_im") else "groups" if channel["is_private"] else "channels"
    for file in files:
        file[where] = [*file[where], channel["id"]]
        slack.workspace.keep_file(file)
    message = app_message(slack.workspace, channel["id"], {"text": comment}) | thread
    if user is not None:
        message = {"type": "message", "channel_id": channel["id"], "ts": message["ts"], "user": user,
                   "text": comment, "team": ids.TEAM, **thread}  # fmt: skip
    message |= {"files": [shown(file) for file in files], "upload": True, "subtype": "file_share"}
    slack.workspace.keep_message(message)
    slack.delivery.message_event(message)
    return message
