"""What went wrong, for whoever asked: a refusal with its mend, or that we failed. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from bot.views.message import Message
from bot.views.mrkdwn import cut, escaped
from bot.views.replies import page, who
from company.errors import AgentServiceError, NotPermitted
from company.repetition.verbs import VERBS

_NEEDS: Final = {
    "ceo": "the CEO",
    "operator": "an operator or the CEO",
    "viewer": "somebody with a role here",
}
_IN_A_TERMINAL: Final = re.compile(r"agent-service (?P<verb>\w+)(?P<rest>[^;,\n]*)")
_NAMED_MAX: Final = 3


def problem_view(error: Exception, may: Sequence[str] = ()) -> Message:
    """Say what went wrong in one or two lines; of what was not permitted, who may: ``may``."""
    if isinstance(error, NotPermitted):
        needed = _NEEDS.get(error.needed, error.needed)
        people = [who(one) for one in may if one[:1] in "UW"][:_NAMED_MAX]
        named = f" ({', '.join(people)})" if people else ""
        return page("", [f"🔒 That is for {escaped(needed)}{named}; you are {escaped(error.role)} here."])
    if isinstance(error, AgentServiceError):
        mend = mend_here(error.mend)
        return page("", [f"⚠️ {escaped(cut(str(error), 1500))}{f' → {escaped(mend)}' if mend else ''}"])
    return page("", ["💥 Something of mine failed; it stands in `logs/bot.log`."])


def mend_here(mend: str) -> str:
    """Return what mends a refusal as it is said in Slack: orders name the command of a terminal."""

    def said(match: re.Match[str]) -> str:
        if match["verb"] not in VERBS:
            return ""
        rest = re.sub(r"\s+-\S+", "", match["rest"]).rstrip()
        return f"`/agents {match['verb']}{rest}`"

    return _IN_A_TERMINAL.sub(said, mend).strip(" ;,")
