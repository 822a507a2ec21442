"""What is told in a job's thread: what was found, why it failed, what it delivers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.views import blocks, limits
from bot.views.message import Block, FileToUpload, Message, Shown
from bot.views.mrkdwn import code, code_block, link, name, one_line
from bot.views.words import counted

_FINDINGS_MAX: Final = 8  # shown; the report has all
_CHECKS_MAX: Final = 12
_LINE_MAX: Final = 300  # characters of a log's line in a message


@dataclass(frozen=True, kw_only=True)
class FoundPart:
    """One finding: who is to mend what."""

    agent: str  #: name; '' is everyone
    source: str
    text: str


@dataclass(frozen=True, kw_only=True)
class VerdictCard:
    """What verification made of an iteration."""

    iteration: int  #: from 1
    findings: tuple[FoundPart, ...]
    checks: tuple[tuple[str, str], ...]  #: (name, 'red → green: mended')
    back_to: tuple[str, ...]  #: names of those who work again

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "VerdictCard":
        """Read an outbox row."""
        return cls(
            iteration=int(facts["iteration"]),
            findings=tuple(
                FoundPart(
                    agent=str(one.get("agent") or ""),
                    source=str(one.get("source", "")),
                    text=str(one["text"]),
                )
                for one in facts.get("findings", ())
            ),
            checks=tuple((str(check), str(words)) for check, words in facts.get("checks", ())),
            back_to=tuple(map(str, facts.get("back_to", ()))),
        )


def verdict_view(card: VerdictCard) -> Message:
    """Show what is to mend after an iteration, or that nothing is."""
    if not card.findings:
        head = f"✓ Iteration {card.iteration}: nothing to mend"
    else:
        again = (
            f", back to {', '.join(one_line(one, 40) for one in card.back_to[:4])}" if card.back_to else ""
        )
        head = f"↩ Iteration {card.iteration}: {counted(len(card.findings), 'finding')}{again}"
    lines = [_finding_line(one) for one in card.findings[:_FINDINGS_MAX]]
    if len(card.findings) > _FINDINGS_MAX:
        lines.append(f"… and {len(card.findings) - _FINDINGS_MAX} more, in the report")
    shown: list[Block] = [blocks.section("\n".join([head, *lines]))]
    if card.checks:
        shown.append(
            blocks.context(
                *(
                    f"{one_line(check, 40)}: {one_line(words, 60)}"
                    for check, words in card.checks[:_CHECKS_MAX]
                )
            )
        )
    return blocks.message(head, shown)


def _finding_line(one: FoundPart) -> str:
    who = one_line(one.agent or "everyone", 40)
    return f"• *{who.replace('*', '∗')}* · {one_line(one.source, 60)}: {one_line(one.text, 240)}"


def log_view(job_id: str, title: str, lines: Sequence[str]) -> Shown:
    """Show the end of a log: in a message where it fits, as a file where it does not."""
    if not lines:
        return blocks.message("no log yet", [blocks.section(f"{name(title)} has no log yet.")])
    head = f"The end of the log of {name(title)}"
    text = "\n".join(lines)
    room = limits.SECTION_TEXT_MAX - len(head) - 10
    shown = code_block("\n".join(_short(line) for line in lines), limits.SECTION_TEXT_MAX)
    if len(text) <= room // 2 or (len(shown) <= room and "…" not in shown):
        return blocks.message(f"log of {one_line(title, 150)}", [blocks.section(f"{head}\n{shown}")])
    return FileToUpload(filename=f"{job_id}.log", content=text, title=f"Log of {title[:100]}", comment=head)


def log_tail_view(facts: Mapping[str, Any]) -> Message:
    """Show the last lines of a job that did not end well, right in its thread: always a message, never a file."""
    lines = [_short(str(line)) for line in facts.get("lines", ())]
    return blocks.message(
        "the end of its log", [blocks.section(code_block("\n".join(lines), limits.SECTION_TEXT_MAX))]
    )


def delivered_view(facts: Mapping[str, Any]) -> Message:
    """Show what a job hands over: files, commit, branch, and the pull request where there is one."""
    files = [str(one) for one in facts.get("files", ())]
    where = code(str(facts.get("branch") or ""))
    page = str(facts.get("pr_url") or "")
    if page:
        head = f"📦 {link(page, 'Pull request')} of {counted(len(files), 'file')}, branch {where}"
    elif facts.get("delivered_to"):
        head = f"📦 {counted(len(files), 'file')} changed, branch {where} on {one_line(facts['delivered_to'], 60)}"
    else:
        head = f"📦 {counted(len(files), 'file')} changed, branch {where}"
    named = ", ".join(code(one, 80) for one in files[:6])
    more = f" and {len(files) - 6} more" if len(files) > 6 else ""
    return blocks.message(
        head, [blocks.section(head), *([blocks.context(f"{named}{more}")] if named else [])]
    )


def _short(line: str) -> str:
    return line if len(line) <= _LINE_MAX else f"{line[:_LINE_MAX]}…"
