"""A message for Slack: its text for notifications and old clients, and its blocks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SECTION_MAX: Final = 3000  # characters; Slack section block
TEXT_MAX: Final = 4000  # characters; more cannot be edited later
BLOCKS_MAX: Final = 50
BUDGET: Final = 9000  # characters of all blocks; Slack refuses somewhere above 11,000

Block = Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """What is sent."""

    text: str
    blocks: Sequence[Block] = ()


def escaped(text: object) -> str:
    """Return ``text`` so that nothing in it is a mention, a link or a channel."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, limit: int) -> str:
    """Return ``text`` with at most ``limit`` characters, cut visibly."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
