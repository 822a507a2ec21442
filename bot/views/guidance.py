"""What can be said, and what was not understood. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.views.ids import ActionId
from bot.views.message import Message
from bot.views.mrkdwn import cut, escaped
from bot.views.replies import page

#: command word -> how it is used and what it does; in the order of importance to a CEO
HELP: Mapping[str, str] = MappingProxyType(
    {
        "work": "`work <what to do> [repo:name] [team:name] [model:name]` gives the company a job; or just tell me",
        "jobs": "`jobs [running|failed|…]` lists jobs; `status <job>` shows one, `why <job>` says why it failed",
        "logs": "`logs <job>` shows the end of its log",
        "stop": "`stop <job>`, `retry <job>`: in a job's thread just `stop it`, `again`",
        "merge": "`ready`, `merge`, `close`, `mend` in a job's thread, or with its name: what becomes of its branch",
        "praise": "`praise <job>`, `reject <job> <reason>`: 100 points more or less",
        "mute": "`mute`, `unmute` in a job's thread; (in parentheses) or after `aside` nothing reaches the agents",
        "agents": "`agents [team]`, `agent <name>`: who works here, and how they do",
        "hire": "`hire <name> as <role> [team:name] [model:name]`, `fire <name>`, `rehire <name>`",
        "proposals": "`proposals`, `approve <name>`, `dismiss <name>`: decisions that wait for you",
        "evaluate": "`evaluate` judges agents and experiments now; `experiments`, `patterns`, `automations` list them",
        "schedules": "`schedules [pause|resume|remove <name>]`: what starts by itself",
        "costs": "`costs [today|week|month]`: what was spent",
        "leads": "`leads`, `campaigns`, `content`: what marketing made",
        "pause": "`pause [team|repository]`, `resume`: nothing new of it starts",
        "grant": "`grant @somebody operator`, `revoke @somebody`; `whoami` says what you may do",
        "pair": "`pair <code>` makes you the first CEO, by the code in the service's terminal",
        "help": "`help <command>`",
    }
)


def help_page(topic: str, prefix: str) -> Message:
    """Show what can be said, or how one command is used."""
    known = next(
        (text for word, text in HELP.items() if topic and (topic == word or f"`{topic}" in text)), None
    )
    if known is not None:
        return page("", [known])
    return page(
        "Tell me what to do, in your own words",
        HELP.values(),
        foot=f"After `/{prefix}agents`, in a direct message, or with a mention of me",
    )


def unknown(text: str, suggestions: Sequence[str]) -> Message:
    """Say that a command is none, and what it may have been meant for."""
    said = escaped(cut(" ".join(text.split()), 80))
    near = ", ".join(f"`{escaped(one)}`" for one in suggestions)
    hint = f"Did you mean {near}?" if near else "`help` shows what can be said."
    return page("", [f"I do not know “{said}”. {hint}"])


def unclear(text: str) -> Message:
    """Say that a question is none of ours, and offer to make it a job."""
    said = escaped(cut(" ".join(text.split()), 300))
    base = page("", [f"I have no answer to that myself: “{said}”. Agents can look into it."])
    button = {
        "type": "button",
        "action_id": ActionId.START_WORK,
        "text": {"type": "plain_text", "text": "Start as a job"},
        "value": cut(text, 1900),
    }
    return Message(base.text, [*base.blocks, {"type": "actions", "elements": [button]}])
