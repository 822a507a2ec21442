"""One grammar for slash commands, mentions, direct messages and threads: text to a typed command, and its label.

Total: any text is some command, and nothing is raised. What is no command starts work only where that is expected:

============================  ==================================================================
where it was said             what a free text is
============================  ==================================================================
``/work``                     work
a mention, a direct message   work; a question that nothing answers is ``Unclear``, and begins nothing
a thread of a job             words for its agents (``TellJob``); in parentheses or after ``aside``, none
``/agents``                   ``Unknown``, with the commands it is close to
============================  ==================================================================

In a thread without a mention only what is about its job is a command: people talk there, too.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from company.repetition import command as c
from company.repetition.phrases import as_command
from company.repetition.verbs import VERBS
from company.repetition.wording import essence, nearest, plain, take_options

#: what a label begins with: it is the command that anybody could type
LABEL_PREFIX = "/agents "
_SECRET = re.compile(r"\b(pair)\b(\s+(?:code\s+)?)\S.*", re.IGNORECASE | re.DOTALL)
_OF_THREADS = (
    c.ShowJob, c.ShowLogs, c.ExplainJob, c.StopJob, c.RetryJob, c.ChangePullRequest, c.PraiseJob, c.RejectJob,
    c.MuteJob, c.UnmuteJob, c.TellJob, c.Aside,
)  # fmt: skip
_INTERROGATIVE = re.compile(
    r"(?:who|whom|whose|what|which|when|where|why|how|is|are|am|was|were|do|does|did|has|have|may|should)\b"
)
_SHOW = re.compile(
    r"^(?:(?:show|list|give|tell|see|get)(?: me| us)?|what are|what's|what is)(?: all)?(?: (?:the|our|my|your))? "
)
_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|yo|ping|test|good (?:morning|day|evening)|start)\b[ ,!]*(?:there|all|team|bot|agents?)?)?\??"
)
_THANKS = re.compile(
    r"(?:thanks?|thank you|thx|ty|cheers)\b.{0,30}|ok(?:ay)?|cool|great|nice|fine|got it|sounds good|yes|no|yep|nope"
)
_SHORT = 2  # words: of so few a slip of the finger is likelier than work


class Where(StrEnum):
    """Where something was said."""

    COMMAND = "command"  #: a slash command
    ADDRESSED = "addressed"  #: a mention, or a direct message
    THREAD = "thread"  #: the thread of a job, without a mention


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something was said, and what it was said about."""

    where: Where
    is_of_job: bool = False  #: said in a thread that belongs to a job
    bot_id: str = ""  #: the bot's own user id, for mentions of it


def read(text: str, place: Place) -> c.Command:
    """Return what ``text``, as Slack sent it, means at ``place``."""
    said = plain(text, bot_id=place.bot_id)
    if place.where is Where.COMMAND:
        return _structured(said) or _phrase(said) or _not_understood(said)
    if _is_aside(said):
        return c.Aside(text=said)
    meant = _structured(said) or _phrase(said)
    if place.where is Where.THREAD:
        return _about_this_job(meant) if meant is not None and _is_of_thread(meant) else _words(said)
    if meant is not None and (place.is_of_job or not _needs_a_job(meant)):
        return _about_this_job(meant) if place.is_of_job else meant
    if place.is_of_job and said:
        return _words(said)
    return _free_text(said)


def read_slash(name: str, text: str, *, prefix: str = "") -> c.Command:
    """Return what the slash command ``name`` with ``text`` means; ``prefix`` is what config.yaml puts before all."""
    place = Place(where=Where.COMMAND)
    bare = name.removeprefix("/").removeprefix(prefix)
    said = plain(text)
    if bare == "work":
        return VERBS["work"](said) or c.Help(topic="work")
    if bare in ("jobs", "proposals"):
        return VERBS[bare](said) or read(text, place)
    return read(text, place)


def label_of(meant: c.Command) -> str:
    """Return the intent of a structured command, verb and what and where, as the command one would type.

    Particulars (which job, what for) are left out. '' is for what has no label of its own: work, whose intent is its
    meaning, words to agents, help.
    """
    words = _label_words(meant)
    return f"{LABEL_PREFIX}{words.lower()}" if words else ""


def is_order(label: str) -> bool:
    """Say whether a label is a command's that anybody can give in a word: nobody needs to be hired for it."""
    return label.startswith(LABEL_PREFIX)


def recordable(text: str) -> str:
    """Return ``text`` as it may be stored: a pairing code is a key, and kept nowhere."""
    return _SECRET.sub(r"\1\2•••", text) if _is_pairing(text) else text


def _is_pairing(text: str) -> bool:
    return isinstance(_structured(plain(re.sub(r"^\s*<@\w+>\s*", "", text))), c.Pair)


def _structured(said: str) -> c.Command | None:
    """Read a command word and what follows it."""
    line = _without_manners(said)
    if _GREETING.fullmatch(line.lower()):
        return c.Help()
    if _THANKS.fullmatch(line.lower()):
        return c.Aside(text=said)
    for candidate in dict.fromkeys((said, line, _SHOW.sub("", line))):
        first, _, rest = candidate.partition(" ")
        word = first.lower().strip("`*_").rstrip(":,")
        reader = VERBS.get(word.removeprefix("/"))
        if reader is not None:
            meant = reader(rest.strip())
            if meant is not None:
                return meant
    return None


def _without_manners(said: str) -> str:
    """Take off closing marks where the whole is one short line; longer texts stay as they are."""
    return said if "\n" in said or len(said) > 120 else said.strip().rstrip("?!.").strip()


def _phrase(said: str) -> c.Command | None:
    if "\n" in said:
        return None
    gist = essence(said)
    words = as_command(gist) or gist
    return _structured(words)


def _not_understood(said: str) -> c.Command:
    first = said.split(maxsplit=1)[0] if said else ""
    return c.Unknown(text=said, suggestions=nearest(first.removeprefix("/"), VERBS))


def _free_text(said: str) -> c.Command:
    """Decide what a free text to the bot is: a slip, a question, or work."""
    text, options = take_options(said)
    options.pop("role", None)
    words = text.split()
    close = nearest(words[0].removeprefix("/"), VERBS) if words else ()
    if not words or (len(words) <= _SHORT and close):
        return c.Unknown(text=said, suggestions=close)
    if text.endswith("?") and _INTERROGATIVE.match(essence(text)):
        return c.Unclear(text=said)
    return c.StartWork(text=text, **options)


def _words(said: str) -> c.Command:
    return c.TellJob(text=said) if said else c.Aside(text="")


def _is_aside(said: str) -> bool:
    return len(said) > 1 and said.startswith("(") and said.endswith(")")


def _is_of_thread(meant: c.Command) -> bool:
    return isinstance(meant, _OF_THREADS) or meant == c.ShowJobs()


def _about_this_job(meant: c.Command) -> c.Command:
    return c.ShowJob() if meant == c.ShowJobs() else meant


def _needs_a_job(meant: c.Command) -> bool:
    """Say whether, outside of a job's thread, this says too little to be a command: ``reject bad emails``."""
    return isinstance(meant, c.TellJob) or (
        isinstance(meant, c.PraiseJob | c.RejectJob) and meant.job == c.IT and bool(meant.reason)
    )


_LABELS: dict[type[c.Command], str] = {
    c.ShowJob: "show", c.ShowLogs: "logs", c.ExplainJob: "why", c.StopJob: "stop", c.RetryJob: "retry",
    c.PraiseJob: "praise", c.RejectJob: "reject", c.MuteJob: "mute", c.UnmuteJob: "unmute",
    c.Evaluate: "evaluate", c.WhoAmI: "whoami",
}  # fmt: skip


def _label_words(meant: c.Command) -> str:  # noqa: C901 - one line a command
    match meant:
        case c.ShowJobs(status=status):
            return f"jobs {(status or '').replace('_', ' ')}".strip()
        case c.ShowAgents(team=team):
            return f"agents {team or ''}".strip()
        case c.ShowAgent(agent=agent):
            return f"agent {agent}"
        case c.Hire(name=name):
            return f"hire {name}"
        case c.Fire(agent=agent):
            return f"fire {agent}"
        case c.Rehire(agent=agent):
            return f"rehire {agent}"
        case c.Show(topic=topic):
            return topic.value
        case c.ShowCosts(period=period):
            return f"costs {period.value}"
        case c.Approve() | c.Dismiss():
            return f"proposals {type(meant).__name__.lower()} it"
        case c.ChangeSchedule(action=action, schedule=schedule):
            return f"schedules {action} {schedule}"
        case c.ChangePullRequest(action=action):
            return action
        case c.Pause(scope=scope):
            return f"pause {scope}"
        case c.Resume(scope=scope):
            return f"resume {scope}"
        case c.Grant(user=user, role=role):
            return f"grant {user} {role}"
        case c.Revoke(user=user):
            return f"revoke {user}"
        case _:
            return _LABELS.get(type(meant), "")
