"""HTTP mode: payloads posted to the app's request URL, signed as Slack signs (v0), in Slack's encodings."""

import hashlib
import hmac
import json
import logging
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import aiohttp

from .clock import Clock

Json = dict[str, Any]
log = logging.getLogger(__name__)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class NotLoopback(Exception):
    """The request URL leads off this machine. Nothing here speaks to the outside."""


class SignedRequests:
    """The app's request URL, if one is set."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self.url: str | None = None

    def set(self, url: str | None) -> None:
        """Deliver to this URL from now on; None ends HTTP mode.

        Raises:
            NotLoopback: it is on another machine.
        """
        if url is not None and urlsplit(url).hostname not in _LOOPBACK:
            raise NotLoopback(f"{url} is not on loopback")
        self.url = url

    async def deliver(self, envelope: Json, within_s: float) -> Json | None:
        """Post; what the app answered as an acknowledgement is shaped, or None without a 2xx in time."""
        assert self.url is not None
        body, kind = _encoded(envelope)
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0 (local Slack)", **self._signature(body)}
        if "retry_attempt" in envelope:
            headers |= {
                "X-Slack-Retry-Num": str(envelope["retry_attempt"]),
                "X-Slack-Retry-Reason": "http_timeout",
            }
        self._session = self._session or aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=within_s)
        try:
            async with self._session.post(self.url, data=body, headers=headers, timeout=timeout) as answer:
                said = await answer.text()
                if answer.status // 100 != 2:
                    log.warning("the app answered %s", answer.status)
                    return None
                return _acknowledgement(said)
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def verify(self) -> bool:
        """Do Slack's handshake: the app must give the challenge back."""
        said = await self.deliver(
            {"type": "url_verification", "payload": {"type": "url_verification", "challenge": "c4"}}, 3.0
        )
        return said is not None and said.get("payload") in ({"challenge": "c4"}, {"text": "c4"})

    def _signature(self, body: bytes) -> dict[str, str]:
        at = str(int(self._clock.now()))
        base = b"v0:" + at.encode() + b":" + body
        digest = hmac.new(self._secret.encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()


def _encoded(envelope: Json) -> tuple[bytes, str]:
    payload = envelope["payload"]
    form = "application/x-www-form-urlencoded"
    if envelope["type"] == "slash_commands":
        return urlencode(payload).encode(), form
    if envelope["type"] == "interactive":
        return urlencode({"payload": json.dumps(payload)}).encode(), form
    return json.dumps(payload).encode(), "application/json"


def _acknowledgement(said: str) -> Json:
    if not said.strip():
        return {}
    try:
        payload = json.loads(said)
    except ValueError:
        return {"payload": {"text": said}}
    return {"payload": payload} if isinstance(payload, dict) else {}
