"""Leave when the parent is gone: a child that was started by ``agent-service up`` holds the end of a pipe.

The kernel closes the other end when the parent ends, however it ends; then the child is told to leave as by a signal.
"""

import contextlib
import os
import signal
import threading
from collections.abc import MutableMapping

VARIABLE = "AGENT_SERVICE_LEASH"  # the descriptor's number


def hold_leash(environ: MutableMapping[str, str]) -> None:
    """Watch the leash that ``environ`` names, if any, and take it out: grandchildren have their own lives."""
    number = environ.pop(VARIABLE, "")
    if not number.isdecimal():
        return
    descriptor = int(number)
    os.set_inheritable(descriptor, False)
    threading.Thread(target=_wait_for_end, args=(descriptor,), name="leash", daemon=True).start()


def _wait_for_end(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(descriptor, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
