"""From what Slack sends to plain words: mark-up out, options aside, pleasantries off. Pure and total.

Slack escapes three characters and wraps whom and what is linked: ``<@U1>``, ``<#C1|general>``,
``<https://a.example|label>``. People on phones type curly quotes.
"""

import difflib
import html
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

TEXT_MAX = 20_000  # characters that are read; a longer text is work, and is stored by whoever records it

_LINK = re.compile(r"<([^<>|\s]+)(?:\|([^<>]*))?>")
_CURLY = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u200b": None})
_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "repo": "repo",
        "repository": "repo",
        "team": "team",
        "model": "model",
        "branch": "branch",
        "role": "role",
    }
)
_VALUE = r'(?:"[^"\n]*"|[^\s\[\]"]+)'
_OPTION = re.compile(rf"\b({'|'.join(_KEYS)})[:=]({_VALUE})", re.IGNORECASE)
#: options stand in brackets, one or several, or bare between blanks
_OPTIONS = re.compile(
    rf"\[\s*(?:\b(?:{'|'.join(_KEYS)})[:=]{_VALUE}[\s,]*)+\]|(?<!\S)(?:{'|'.join(_KEYS)})[:=]{_VALUE}(?!\S)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"^(?:(?:hey|hi|hello|ok|okay|please|pls|now|and|so|then|well)\b[,!. ]*"
    r"|(?:can|could|would|will) you\b[, ]*|(?:i want|i'd like|i would like) (?:you )?to\b[, ]*)+"
)
_AFTER = re.compile(r"(?:[\s,]*\b(?:please|pls|thanks|thank you|thx|now|right now|for me|ok)\b)+[\s.!?]*$")


def plain(text: str, *, bot_id: str = "") -> str:
    """Return what Slack sent as a person typed it; the bot's own mention is left out."""

    def linked(match: re.Match[str]) -> str:
        target, label = match[1], match[2]
        if target.startswith("@"):
            return "" if bot_id and target[1:] == bot_id else f"@{target[1:]}"
        if target.startswith("#"):
            return f"#{label or target[1:]}"
        if target.startswith("!"):
            return label or f"@{target[1:]}"
        return target.removeprefix("mailto:")

    return html.unescape(_LINK.sub(linked, text[:TEXT_MAX])).translate(_CURLY).strip()


def take_options(text: str) -> tuple[str, dict[str, str]]:
    """Return ``text`` without its options, and the options; of one said twice the last counts."""
    found: dict[str, str] = {}

    def taken(match: re.Match[str]) -> str:
        for key, value in _OPTION.findall(match[0]):
            found[_KEYS[key.lower()]] = value.strip('"').strip(",")
        return " "

    rest = _OPTIONS.sub(taken, text)
    if not found:
        return text.strip(), {}
    lines = (re.sub(r"(?<=\S) {2,}", " ", line).rstrip() for line in rest.splitlines())
    return "\n".join(lines).strip(), {key: value for key, value in found.items() if value}


def essence(text: str) -> str:
    """Return one line in lower case without pleasantries and closing marks: what phrases are looked for in."""
    line = " ".join(text.lower().split())
    line = _BEFORE.sub("", line)
    return _AFTER.sub("", line).strip(" .!?,;:")


def nearest(word: str, known: Iterable[str], *, limit: int = 3) -> tuple[str, ...]:
    """Return the known words that ``word`` may have been meant for, nearest first."""
    if len(word) < 2:
        return ()
    return tuple(difflib.get_close_matches(word.lower()[:40], sorted(known), n=limit, cutoff=0.67))
