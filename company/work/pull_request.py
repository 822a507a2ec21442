"""What a pull request says, and what is made of what comes back: the wording and the rules, no forge.

A pull request tells the session's story to a person who was not there: what was asked, who did what, what the checks
said before and after, what it cost. Red checks of the forge and requested changes come back as complaints; a follow-up
is a job of its own that starts from the delivered branch, delivers to it, and is told the complaints as data.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from company.work.brief import fence
from company.work.priority import Priority, body_of, render_priority
from company.work.report import duration
from company.work.verification import Comparison

TITLE_MAX = 200  # characters; GitHub takes 256
BODY_MAX = 60_000  # characters; GitHub takes 65,536
ASKED_MAX = 8_000  # characters of the priority that are quoted
DETAIL_MAX = 4_000  # characters of one complaint
COMPLAINTS_MAX = 20

_ADDRESS = re.compile(
    r"""(?: https?://(?:[^/@\s]+@)?(?P<web>[^/:\s]+)(?::\d+)?/
        |   ssh://(?:[^/@\s]+@)?(?P<ssh>[^/:\s]+)(?::\d+)?/
        |   (?:[^/@\s]+@)(?P<scp>[^/:\s]+):/? )
        (?P<slug>[\w.-]+/[\w.-]+?)(?:\.git)?/?""",
    re.VERBOSE,
)


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one agent did for it."""

    agent: str
    task: str
    files_count: int


@dataclass(frozen=True, kw_only=True)
class PullRequestStory:
    """The facts that a pull request tells."""

    job_id: str
    title: str
    requested_by: str
    asked: str  #: the priority's body
    contributions: Sequence[Contribution]
    comparisons: Sequence[Comparison]
    iterations: int
    duration_s: float | None
    cost_usd: float
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """Something that the forge or a reviewer wants mended."""

    source: str  #: 'check: build', 'review: alice'
    text: str
    detail: str = ""
    url: str = ""


def slug_in(address: str, host: str) -> str | None:
    """Return ``owner/name`` of a repository whose address is on ``host``; None for every other address."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None:
        return None
    there = found["web"] or found["ssh"] or found["scp"]
    return found["slug"] if there.lower() == host.lower() else None


def compose_title(story: PullRequestStory) -> str:
    """Return one line."""
    return re.sub(r"\s+", " ", story.title).strip()[:TITLE_MAX] or story.job_id


def compose_body(story: PullRequestStory) -> str:
    """Write the description as Markdown. Nothing in it mentions people or issues, whatever the facts contain."""
    parts = [
        f"Asked by {_quiet(story.requested_by)}.",
        _what(story.contributions),
        _checks(story.comparisons),
        _list("Noticed on the way", story.notes),
        "<details><summary>The priority, as it was written</summary>\n\n"
        f"{fence(story.asked, ASKED_MAX)}\n\n</details>",
        _footer(story),
    ]
    return "\n\n".join(part for part in parts if part)[:BODY_MAX] + "\n"


def follow_up_text(priority: Priority, branch: str, job_id: str, complaints: Sequence[Complaint]) -> str:
    """Write the priority file of a job that mends what came back, on the branch that was delivered."""
    told = "\n\n".join(
        f"- {complaint.source}: {_one_line(complaint.text)}"
        + (f"\n\n{fence(complaint.detail, DETAIL_MAX)}" if complaint.detail.strip() else "")
        for complaint in complaints[:COMPLAINTS_MAX]
    )
    body = (
        f"# Mend what came back: {_one_line(priority.title)}\n\n"
        f"The pull request of {job_id} came back. Mend this, and nothing else:\n\n{told}\n\n"
        f"What had been asked for:\n\n{fence(body_of(priority), ASKED_MAX)}\n"
    )
    return render_priority(
        replace(priority, text=body, branch=branch, base=branch, schedule=None, depends_on=())
    )


def complaints_key(complaints: Sequence[Complaint]) -> str:
    """Return what tells one set of complaints from another, whatever order they came in."""
    return "\n".join(sorted(f"{one.source}\x1f{one.text}\x1f{one.url}" for one in complaints))


def _what(contributions: Sequence[Contribution]) -> str:
    return _list(
        "What was done",
        [
            f"**{_quiet(one.agent)}**: {_quiet(_one_line(one.task))} ({one.files_count} "
            f"file{'' if one.files_count == 1 else 's'})"
            for one in contributions
        ],
    )


def _checks(comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return "**The repository has no checks of its own: nothing but the diff was looked at.**"
    colour = {True: "green", False: "red", None: "not run"}
    rows = [
        f"| {_cell(one.name)} | {colour[one.before]} | {colour[one.after]} | {_cell(one.verdict)} |"
        for one in comparisons
    ]
    return "## Checks\n\n| check | before | after | verdict |\n|---|---|---|---|\n" + "\n".join(rows)


def _footer(story: PullRequestStory) -> str:
    cost = f"${story.cost_usd:.2f}" if story.cost_usd else "no model used"
    rounds = f"{story.iterations} iteration{'' if story.iterations == 1 else 's'}"
    return f"---\n{duration(story.duration_s)} · {rounds} · {cost} · `{story.job_id}`, Agent Service"


def _list(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _cell(text: str) -> str:
    return _quiet(_one_line(text)).replace("|", "\\|")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _quiet(text: str) -> str:
    """Keep ``@name``, ``#12`` and HTML from doing anything: a zero-width space after the mark, and no ``<``."""
    return re.sub(r"([@#])(?=\w)", "\\1\u200b", text).replace("<", "&lt;")
