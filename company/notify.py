"""Telling the service manager how we are: systemd's sd_notify protocol, which is one datagram a message.

The address comes as ``NOTIFY_SOCKET`` (a path, or ``@name`` in the abstract namespace), the interval at which systemd
wants to hear from us as ``WATCHDOG_USEC``. Where there is no address every call does nothing. A message that cannot be
delivered is dropped: the service must not stop because nobody listens.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

_SEND_S = 1.0  # how long a full socket is waited for
_PINGS_AN_INTERVAL = 4


class Notifier:
    """Speaks to whoever started us. Safe to use from several threads."""

    def __init__(
        self, address: str = "", *, watchdog_s: float = 0.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Speak to ``address``; ping every quarter of ``watchdog_s`` at most (0: nobody wants to hear)."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._pause_s = watchdog_s / _PINGS_AN_INTERVAL
        self._monotonic = monotonic
        self._pinged_at = float("-inf")

    def ready(self) -> None:
        """Say that work is taken."""
        self._send(f"READY=1\nMAINPID={os.getpid()}")

    def beat(self) -> None:
        """Say that we live. To be called by what must not get stuck, as often as it likes."""
        if not self._pause_s:
            return
        now = self._monotonic()
        if now - self._pinged_at >= self._pause_s:
            self._pinged_at = now
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that we are about to leave."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(_SEND_S)
                sender.sendto(message.encode(), self._address)
        except OSError as error:
            log.warning("the service manager did not hear %s: %s", message.partition("\n")[0], error)


def notifier_of(environ: Mapping[str, str]) -> Notifier:
    """Return who to speak to, by the variables systemd sets. The watchdog of another process is none of ours."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return Notifier()
    interval, owner = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    is_ours = owner in ("", str(os.getpid()))
    return Notifier(address, watchdog_s=int(interval) / 1e6 if interval.isdecimal() and is_ours else 0.0)
