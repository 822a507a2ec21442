"""Files: asked for, uploaded to their own address, completed, shared."""

from ..arguments import required
from ..refused import Refused
from ..sharing import new_file, share
from ..slack import Slack
from ..workspace import Json, shown
from .chat import place_of, thread_of
from .registry import method


@method("files.getUploadURLExternal", "t4", "files:write")
async def get_upload_url(slack: Slack, said: Json) -> Json:
    """Give the address to upload one file to."""
    filename = required(said, "filename")
    try:
        length = int(required(said, "length"))
    except ValueError:
        raise Refused("invalid_arguments") from None
    if length <= 0:
        raise Refused("invalid_arguments")
    file = new_file(slack, filename, length, alt_text=str(said.get("alt_txt") or ""))
    return {"upload_url": f"{slack.url}/upload/v1/{file['id']}", "file_id": file["id"]}


@method("files.completeUploadExternal", "t4", "files:write")
async def complete(slack: Slack, said: Json) -> Json:
    """Finish uploads, and share them in a channel if one is named."""
    listed = said.get("files")
    if not isinstance(listed, list) or not listed:
        raise Refused("invalid_arguments")
    channel = place_of(slack, {"channel": said["channel_id"]}) if said.get("channel_id") else None
    thread = thread_of(slack, channel, said) if channel else {}
    files = [_uploaded(slack, each) for each in listed]
    for file in files:
        slack.workspace.keep_file(file)
    if channel is not None:
        share(slack, channel, files, comment=str(said.get("initial_comment") or ""), thread=thread)
    return {"files": [shown(file) for file in files]}


def _uploaded(slack: Slack, each: Json) -> Json:
    file = slack.workspace.files.get(str(each.get("id")))
    if file is None or not (slack.files / file["id"]).exists():
        raise Refused("file_not_found")
    return file | {"title": str(each.get("title") or file["name"])}


@method("files.info", "t4", "files:read")
async def info(slack: Slack, said: Json) -> Json:
    """Describe one file."""
    file = slack.workspace.files.get(required(said, "file", "file_not_found"))
    if file is None:
        raise Refused("file_not_found")
    return {"file": shown(file), "comments": [], "response_metadata": {"next_cursor": ""}}
