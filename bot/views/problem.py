"""What went wrong, for whoever asked: a refusal with its mend, or that we failed. Pure."""

from bot.views.message import Message
from bot.views.mrkdwn import cut, escaped
from bot.views.replies import page
from company.errors import AgentServiceError, NotPermitted

_NEEDS = {"ceo": "the CEO", "operator": "an operator or the CEO", "viewer": "somebody with a role here"}


def problem_view(error: Exception) -> Message:
    """Say what went wrong in one or two lines."""
    if isinstance(error, NotPermitted):
        needed = _NEEDS.get(error.needed, error.needed)
        return page("", [f"🔒 That is for {escaped(needed)}; you are {escaped(error.role)} here."])
    if isinstance(error, AgentServiceError):
        mend = f" → {escaped(error.mend)}" if error.mend else ""
        return page("", [f"⚠️ {escaped(cut(str(error), 1500))}{mend}"])
    return page("", ["💥 Something of mine failed; it stands in `logs/bot.log`."])
