"""Text from outside, as Slack's mrkdwn shows it and nothing more. Pure.

Titles, names, log lines and what agents write come from files and models. Whatever stands in them, nothing of it may
ping anybody (``<!channel>``, ``<@U1>``, ``<#C1>``) or pose as a link to elsewhere: ``&``, ``<`` and ``>`` are escaped,
and of what a Markdown library makes only web and mail links are left as links.
"""

import re
from typing import Final

from slackify_markdown import slackify_markdown

#: what may stand between angle brackets in text that was Markdown: a link, with or without its words
_LINK: Final = re.compile(r"<(?:https?://|mailto:)[^<>|\s]+(?:\|[^<>|\n]*)?>")
#: an ampersand that begins none of the three entities Slack knows
_BARE_AMPERSAND: Final = re.compile(r"&(?!(?:amp|lt|gt);)")
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: an entity or a link that was cut off in its middle, at the end of a text
_TORN: Final = re.compile(r"(?:&[a-z]{0,4}|<[^<>\n]*)$")
_FENCE: Final = "```"
_CUT: Final = "…"


def escaped(text: object, limit: int | None = None) -> str:
    """Return ``text`` so that nothing in it is a mention, a link or a channel; at most ``limit`` characters.

    What is longer is cut visibly, and never inside an entity.
    """
    parts = [_ESCAPES.get(character, character) for character in str(text).replace("\0", "")]
    if limit is None or sum(map(len, parts)) <= limit:
        return "".join(parts)
    shown, size = [], len(_CUT)
    for part in parts:
        size += len(part)
        if size > limit:
            break
        shown.append(part)
    return "".join(shown) + _CUT


def cut(text: str, limit: int) -> str:
    """Return ``text`` with at most ``limit`` characters, cut visibly."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def one_line(text: object, limit: int) -> str:
    """Return ``text`` escaped, on one line of at most ``limit`` characters: for titles, names and reasons."""
    return escaped(" ".join(str(text).split()), limit)


def name(text: object, limit: int = 80) -> str:
    """Return a name in bold. Asterisks in it would end the bold, so they are shown as another star."""
    return f"*{one_line(str(text).replace('*', '∗'), limit)}*"


def code(text: object, limit: int = 100) -> str:
    """Return ``text`` as inline code."""
    return f"`{one_line(str(text).replace('`', 'ʼ'), limit)}`"


def code_block(text: str, limit: int) -> str:
    """Return the end of ``text`` as a code block of at most ``limit`` characters: of a log the end is what counts."""
    room = limit - 2 * len(_FENCE) - 2
    inner = escaped(text.replace(_FENCE, "ʼʼʼ").strip("\n"))
    if len(inner) > room:
        inner = inner[-(room - len(_CUT) - 1) :]
        _, found, rest = inner.partition("\n")  # begin with a whole line, and with no half entity
        inner = f"{_CUT}\n{rest if found else re.sub(r'^[a-z]{0,4};', '', inner)}"
    return f"{_FENCE}\n{inner}\n{_FENCE}"


def from_markdown(text: str, limit: int) -> str:
    """Return Markdown as mrkdwn of at most ``limit`` characters, with web links and nothing that pings."""
    try:
        converted = slackify_markdown(text[:limit]).strip("\n")
    except (ValueError, IndexError, RecursionError):  # hostile nesting: its plain words do as well
        return escaped(text, limit)
    return clip(_only_links(converted), limit)


def clip(mrkdwn: str, limit: int) -> str:
    """Return mrkdwn of at most ``limit`` characters, cut at a line or word where there is one near, fences closed."""
    if len(mrkdwn) <= limit:
        return mrkdwn
    room = limit - len(_CUT) - len(_FENCE) - 1
    shown = mrkdwn[:room]
    place = max(shown.rfind("\n", room // 2), shown.rfind(" ", room - 80))
    shown = _TORN.sub("", shown[:place] if place > 0 else shown).rstrip()
    is_open = shown.count(_FENCE) % 2
    return f"{shown}{_CUT}\n{_FENCE}" if is_open else f"{shown}{_CUT}"


def person(user_id: str | None) -> str:
    """Return a person as Slack shows them, which also tells them; ids that are none of Slack's as plain words."""
    if user_id and re.fullmatch(r"[UW][A-Z0-9]{2,20}", user_id):
        return f"<@{user_id}>"
    return one_line(user_id or "nobody", 60)


def link(url: str, words: str) -> str:
    """Return a link, or only its words where ``url`` is none of the web."""
    target = url.strip()
    if not re.fullmatch(r"https?://[^\s<>|]{1,2000}", target):
        return one_line(words, 200)
    return f"<{target.replace('&', '&amp;')}|{one_line(words.replace('|', '¦'), 200)}>"


def _only_links(mrkdwn: str) -> str:
    """Escape every angle bracket that is not a web or mail link's."""
    shown, end = [], 0
    for found in _LINK.finditer(mrkdwn):
        shown += [_brackets(mrkdwn[end : found.start()]), _BARE_AMPERSAND.sub("&amp;", found.group())]
        end = found.end()
    return "".join([*shown, _brackets(mrkdwn[end:])])


def _brackets(text: str) -> str:
    return _BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
