"""What is sent to Slack: a message, or a file where a message would be too long. Pure records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """A message: ``text`` is what notifications and screen readers say, ``blocks`` what is seen."""

    text: str
    blocks: Sequence[Block] = ()
    metadata: Mapping[str, Any] | None = None  #: for programs; the outbox puts its delivery id here


@dataclass(frozen=True)
class FileToUpload:
    """Output too long for a message: a file with a few words beside it."""

    filename: str
    content: str
    title: str
    comment: str  #: mrkdwn


Shown = Message | FileToUpload
"""What a view of something long returns."""
