"""What is good for a short while: trigger ids (3 s, once) and response URLs (30 minutes, 5 times)."""

import secrets
from dataclasses import dataclass
from typing import Any, Final

from .clock import Clock
from .refused import Refused

TRIGGER_S: Final = 3.0
RESPONSE_S: Final = 30 * 60.0
RESPONSE_USES: Final = 5


@dataclass
class _Trigger:
    user: str
    at: float
    view: str | None
    used: bool = False


@dataclass
class Response:
    """Where a response URL leads: whom it may speak to, and the message that it may replace."""

    user: str
    channel: str
    at: float
    message_ts: str | None = None
    thread_ts: str | None = None
    left: int = RESPONSE_USES


class Leases:
    """Those that were given out since the start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._triggers: dict[str, _Trigger] = {}
        self._responses: dict[str, Response] = {}

    def trigger(self, user: str, view: str | None = None) -> str:
        """Give a trigger id; ``view`` is the one that the person was in."""
        trigger_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._forget()
        self._triggers[trigger_id] = _Trigger(user, self._clock.now(), view)
        return trigger_id

    def _forget(self) -> None:
        """Drop what was given out long ago; the oldest stand first. An expired one is told as invalid a while later."""
        _drop_old(self._triggers, self._clock.now() - 60 * TRIGGER_S)
        _drop_old(self._responses, self._clock.now() - 2 * RESPONSE_S)

    def exchange(self, trigger_id: str) -> tuple[str, str | None]:
        """Use a trigger id up, and give whose it was and in which view.

        Raises:
            Refused: ``invalid_trigger_id``, ``exchanged_trigger_id`` or ``expired_trigger_id``.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._clock.now() - trigger.at > TRIGGER_S:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger.user, trigger.view

    def response(
        self, user: str, channel: str, message_ts: str | None = None, thread_ts: str | None = None
    ) -> str:
        """Give the last part of a response URL."""
        self._forget()
        key = secrets.token_urlsafe(18)
        self._responses[key] = Response(user, channel, self._clock.now(), message_ts, thread_ts)
        return key

    def spend(self, key: str) -> Response:
        """Use a response URL once.

        Raises:
            Refused: ``expired_url`` or ``used_url``, both with status 404.
        """
        response = self._responses.get(key)
        if response is None or self._clock.now() - response.at > RESPONSE_S:
            raise Refused("expired_url", status=404)
        if response.left <= 0:
            raise Refused("used_url", status=404)
        response.left -= 1
        return response


def _drop_old(leases: dict[str, Any], before: float) -> None:
    while leases and next(iter(leases.values())).at < before:
        del leases[next(iter(leases))]
