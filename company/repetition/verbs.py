"""The grammar's command words: each reads what follows it, and refuses what does not fit.

A reader returns None when the rest is not what its word takes: then a free text was meant (``stop using tabs``), or,
after a slash command, a mistake. So words that begin a sentence as well as a command do no harm.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from company.repetition import command as c
from company.repetition.wording import take_options

Reader = Callable[[str], c.Command | None]
"""Takes what stands after the word, as it was typed, without blanks around."""

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "running": "in_progress", "active": "in_progress", "in progress": "in_progress", "in_progress": "in_progress",
        "waiting": "pending", "pending": "pending", "queued": "pending",
        "failed": "failed", "blocked": "blocked", "stopped": "stopped",
        "completed": "completed", "done": "completed", "finished": "completed",
    }
)  # fmt: skip
_PERIODS: Mapping[str, c.Period] = MappingProxyType(
    {"": c.Period.TODAY, "today": c.Period.TODAY, "day": c.Period.TODAY, "this week": c.Period.WEEK,
     "week": c.Period.WEEK, "this month": c.Period.MONTH, "month": c.Period.MONTH}
)  # fmt: skip
_IT = frozenset({"", "it", "this", "that", "the job", "this job", "that job", "job"})
#: a whole id, 'last', or its end as people copy it: with a digit, so that no English word is one
_JOB_REFERENCE = re.compile(
    r"job-\d{13}-[0-9a-z]{7}|job-\S+|last|(?=[0-9a-z-]*\d)[0-9a-z-]{3,40}", re.IGNORECASE
)
_NAME_WORDS = 4  # of an agent's name
_NAME_MAX = 60  # characters
REASON_MAX = 2_000  # characters, as company.orders.feedback takes


def job_of(text: str) -> str | None:
    """Return the job that ``text`` means and nothing else, or None."""
    word = " ".join(text.split()).lower().removeprefix("job ").strip("`*_ ")
    if word in _IT:
        return c.IT
    return word if _JOB_REFERENCE.fullmatch(word) else None


def _of_job(made: Callable[[str], c.Command]) -> Reader:
    def read(rest: str) -> c.Command | None:
        job = job_of(rest)
        return None if job is None else made(job)

    return read


def _verdict(made: Callable[[str, str], c.Command]) -> Reader:
    """Read ``[job] [reason]``; a first word that is no job belongs to the reason."""

    def read(rest: str) -> c.Command | None:
        first, _, more = rest.partition(" ")
        job = job_of(first.rstrip(":,")) if first else c.IT
        reason = (rest if job is None else more).strip().lstrip(":,-– ")
        reason = re.sub(r"^because\b[ :,]*", "", reason, flags=re.IGNORECASE)
        return made(job or c.IT, reason[:REASON_MAX].strip())

    return read


def _name(rest: str) -> str | None:
    """Return the name of an agent or a schedule, or None where no name can be meant."""
    name = re.sub(r"^(?:the|an?|agent|our)\s+", "", " ".join(rest.split()), flags=re.IGNORECASE)
    name = name.removeprefix("@").strip("\"'`*_ ")
    is_name = 0 < len(name) <= _NAME_MAX and len(name.split()) <= _NAME_WORDS
    return name if is_name and not re.match(r"up\b", name) else None


def _of_name(made: Callable[[str], c.Command]) -> Reader:
    def read(rest: str) -> c.Command | None:
        name = _name(rest)
        return None if name is None else made(name)

    return read


def _only(made: Callable[[], c.Command], *also: str) -> Reader:
    """Read a word that takes nothing, or one of the words in ``also``."""

    def read(rest: str) -> c.Command | None:
        return made() if rest.lower() in ("", *also) else None

    return read


def _work(rest: str) -> c.Command | None:
    text, options = take_options(rest)
    options.pop("role", None)
    return c.StartWork(text=text, **options) if text else None


def _jobs(rest: str) -> c.Command | None:
    word = " ".join(rest.lower().split())
    if word in ("", "all", "list"):
        return c.ShowJobs()
    if word in STATUSES:
        return c.ShowJobs(status=STATUSES[word])
    job = job_of(rest)
    return c.ShowJob(job=job) if job is not None else None


def _status(rest: str) -> c.Command | None:
    return c.ShowJobs() if not rest or rest.lower() in ("all", "everything") else _of_job(_show_job)(rest)


def _show_job(job: str) -> c.Command:
    return c.ShowJob(job=job)


def _agents(rest: str) -> c.Command | None:
    text, options = take_options(rest)
    if text.lower() in ("", "all", "list", "performance"):
        return c.ShowAgents(team=options.get("team"))
    name = _name(text)
    return c.ShowAgents(team=name) if name is not None and len(name.split()) == 1 else None


def _hire(rest: str) -> c.Command | None:
    text, options = take_options(rest)
    named, _, role = re.sub(r"\s+as\s+(?:an?\s+|the\s+)?", "\0", text, count=1).partition("\0")
    name = _name(named)
    if name is None or len(role) > 200:
        return None
    return c.Hire(
        name=name if name != name.lower() else name.title(),
        role=" ".join((options.get("role") or role).split()) or None,
        team=options.get("team"),
        model=options.get("model"),
    )


def _pause(rest: str) -> c.Command | None:
    scope, _, reason = re.sub(r"\s*(?::\s+|,|\bbecause\b)\s*", "\0", rest, count=1).partition("\0")
    where = _scope(scope)
    return None if where is None else c.Pause(scope=where, reason=" ".join(reason.split())[:500])


def _resume(rest: str) -> c.Command | None:
    where = _scope(rest)
    return None if where is None else c.Resume(scope=where)


def _scope(text: str) -> str | None:
    word = " ".join(text.lower().split())
    word = re.sub(r"^(team|repo|repository)[ :=]+", r"\1:", word)
    word = re.sub(r"^repo:", "repository:", word)
    if word in ("", "all", "everything", "all work", "all jobs", "work", "the company", "company"):
        return "all"
    return word if re.fullmatch(r"(?:(?:team|repository):)?[\w./@-]+", word) and len(word) <= 200 else None


def _pull_request(action: str, job: str) -> c.Command:
    return c.ChangePullRequest(job=job, action=action)


def _costs(rest: str) -> c.Command | None:
    period = _PERIODS.get(" ".join(rest.lower().split()))
    return None if period is None else c.ShowCosts(period=period)


def _schedules(rest: str) -> c.Command | None:
    if rest.lower() in ("", "list", "all"):
        return c.Show(topic=c.Topic.SCHEDULES)
    action, _, named = rest.partition(" ")
    name = _name(named)
    if action.lower() not in ("pause", "resume", "remove") or name is None:
        return None
    return c.ChangeSchedule(action=action.lower(), schedule=name)


def _proposals(rest: str) -> c.Command | None:
    if rest.lower() in ("", "list", "all", "open"):
        return c.Show(topic=c.Topic.PROPOSALS)
    action, _, named = rest.partition(" ")
    reader = {"approve": _approve, "dismiss": _dismiss}.get(action.lower())
    return None if reader is None else reader(named)


_approve = _of_name(lambda name: c.Approve(proposal=name))
_dismiss = _of_name(lambda name: c.Dismiss(proposal=name))


def _experiments(rest: str) -> c.Command | None:
    if rest.lower() == "evaluate":
        return c.Evaluate()
    return c.Show(topic=c.Topic.EXPERIMENTS) if rest.lower() in ("", "list", "all") else None


def _tell(rest: str) -> c.Command | None:
    return c.TellJob(text=rest) if rest else None


def _aside(rest: str) -> c.Command | None:
    return c.Aside(text=rest)


def _pair(rest: str) -> c.Command | None:
    code = rest.removeprefix("code ").strip("`* ")
    return (
        c.Pair(code=code.upper().replace("-", "")) if re.fullmatch(r"\w{4}-?\w{4}", code, re.ASCII) else None
    )


_USER = r"@?(?P<user>[UW][A-Z0-9-]{2,30})"
_ROLE = r"(?:an? |the )?(?:role )?(?P<role>ceo|operator|viewer)"


def _grant(rest: str) -> c.Command | None:
    """Read ``@someone operator``, ``operator to @someone``."""
    for form in (rf"{_USER}(?: as| to)? {_ROLE}", rf"{_ROLE} (?:to )?{_USER}"):
        match = re.fullmatch(form, " ".join(rest.split()), re.IGNORECASE)
        if match is not None:
            return c.Grant(user=match["user"].upper(), role=match["role"].lower())
    return None


def _revoke(rest: str) -> c.Command | None:
    match = re.fullmatch(_USER, rest.strip(), re.IGNORECASE)
    return None if match is None else c.Revoke(user=match["user"].upper())


def _help(rest: str) -> c.Command | None:
    topic = rest.lower().removeprefix("/").split()
    return c.Help(topic=topic[0] if topic else "") if len(topic) <= 1 else None


def _listing(topic: c.Topic) -> Reader:
    return _only(lambda: c.Show(topic=topic), "list", "all")


#: the first word -> what reads the rest. The first word of each group is the one that help shows.
VERBS: Mapping[str, Reader] = MappingProxyType(
    {
        "work": _work,
        "jobs": _jobs, "job": _jobs, "running": _only(lambda: c.ShowJobs(status="in_progress")),
        "status": _status, "show": _of_job(_show_job),
        "logs": _of_job(lambda job: c.ShowLogs(job=job)), "log": _of_job(lambda job: c.ShowLogs(job=job)),
        "why": _of_job(lambda job: c.ExplainJob(job=job)),
        "stop": _of_job(lambda job: c.StopJob(job=job)), "cancel": _of_job(lambda job: c.StopJob(job=job)),
        "retry": _of_job(lambda job: c.RetryJob(job=job)), "rerun": _of_job(lambda job: c.RetryJob(job=job)),
        **{word: _of_job(partial(_pull_request, word)) for word in ("ready", "merge", "close", "mend")},
        "praise": _verdict(lambda job, why: c.PraiseJob(job=job, reason=why)),
        "reject": _verdict(lambda job, why: c.RejectJob(job=job, reason=why)),
        "mute": _of_job(lambda job: c.MuteJob(job=job)), "unmute": _of_job(lambda job: c.UnmuteJob(job=job)),
        "tell": _tell, "answer": _tell, "note": _tell, "aside": _aside,
        "agents": _agents, "team": _agents, "staff": _agents, "performance": _agents,
        "agent": _of_name(lambda name: c.ShowAgent(agent=name)),
        "hire": _hire,
        "fire": _of_name(lambda name: c.Fire(agent=name)), "rehire": _of_name(lambda name: c.Rehire(agent=name)),
        "evaluate": _only(c.Evaluate, "agents", "experiments", "now", "everything"),
        "experiments": _experiments,
        "patterns": _listing(c.Topic.PATTERNS),
        "proposals": _proposals, "decisions": _listing(c.Topic.PROPOSALS),
        "approve": _approve, "dismiss": _dismiss,
        "automations": _listing(c.Topic.AUTOMATIONS),
        "schedules": _schedules, "schedule": _schedules,
        "costs": _costs, "cost": _costs, "spend": _costs, "spending": _costs,
        "leads": _listing(c.Topic.LEADS),
        "campaigns": _listing(c.Topic.CAMPAIGNS),
        "content": _listing(c.Topic.CONTENT),
        "pause": _pause,
        "resume": _resume,
        "pair": _pair,
        "grant": _grant, "make": _grant, "revoke": _revoke,
        "whoami": _only(c.WhoAmI),
        "help": _help, "commands": _only(c.Help),
    }
)  # fmt: skip
