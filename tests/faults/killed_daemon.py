"""A daemon that dies by its own hand at one step boundary: run by test_kill_at_every_step.py as a program.

python killed_daemon.py CONFIG 'step name' before|after
"""

import os
import signal
import sys
import threading
from pathlib import Path

from company.config import ConfigWatch
from daemon.app import Daemon


def main(config: str, step: str, moment: str) -> None:
    """Start the daemon and kill this process, hard, when it comes to ``step``."""

    def die(_job_id: str, name: str, when: str) -> None:
        if (name, when) == (step, moment):
            os.kill(os.getpid(), signal.SIGKILL)

    daemon = Daemon(ConfigWatch(Path(config), os.environ), on_step=die)
    daemon.start()
    threading.Thread(target=lambda: (daemon.drain(), os._exit(7)), daemon=True).start()  # type: ignore[func-returns-value]
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
