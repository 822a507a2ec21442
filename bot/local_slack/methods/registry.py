"""Each method with what it needs: scopes, token, tier. Sources: Slack's API data; slack.md section 4."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from ..refused import Refused
from ..slack import Slack
from ..workspace import Json, kind_of

Run = Callable[[Slack, Json], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """One method of the Web API; any one of ``scopes`` lets it through."""

    name: str
    tier: str
    scopes: tuple[str, ...]
    app_token: bool
    run: Run


METHODS: Final[dict[str, Method]] = {}


def method(name: str, tier: str, *scopes: str, app_token: bool = False) -> Callable[[Run], Run]:
    """Enter a function as a method."""

    def enter(run: Run) -> Run:
        METHODS[name] = Method(name, tier, scopes, app_token, run)
        return run

    return enter


def need_scope(slack: Slack, *scopes: str) -> None:
    """Refuse an app that has none of these scopes.

    Raises:
        Refused: ``missing_scope``, with what is needed and what the app has.
    """
    granted = slack.manifest.scopes
    if scopes and not granted.intersection(scopes):
        raise Refused("missing_scope", needed=",".join(scopes), provided=",".join(sorted(granted)))


def need_channel_scope(slack: Slack, channel: Json, right: str) -> None:
    """Refuse an app without ``channels:history``, ``im:read`` ... as the kind of channel asks for.

    Raises:
        Refused: ``missing_scope``.
    """
    need_scope(slack, f"{kind_of(channel)}:{right}")


def every(right: str) -> tuple[str, ...]:
    """Give the scopes of which a method of all kinds of channels needs one."""
    return tuple(f"{kind}:{right}" for kind in ("channels", "groups", "im", "mpim"))
