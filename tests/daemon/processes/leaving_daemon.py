"""A daemon's stand-in that a test can kill: runs one command under a key and says on standard output what it heard.

Usage: leaving_daemon.py FOLDER COMMAND [ARGUMENT ...]
"""

import json
import os
import sys
from pathlib import Path

from daemon.processes.spawn import Processes, ProcessSpec


def say(what: str, *facts: object) -> None:
    # One write to a pipe: a kill leaves whole lines only.
    os.write(1, f"{json.dumps([what, *facts])}\n".encode())


def main() -> None:
    folder, argv = Path(sys.argv[1]), tuple(sys.argv[2:])
    end = Processes(folder / "runs").run(
        ProcessSpec(
            key="job-1/agent",
            argv=argv,
            cwd=folder,
            env={"PATH": os.environ["PATH"]},
            output_path=folder / "output.log",
            wall_timeout_s=60.0,
            idle_timeout_s=None,
            output_limit_bytes=10_000_000,
            memory_limit_bytes=None,
        ),
        lambda stream, line: say("line", stream, line),
        lambda stream, line: say("replay", stream, line),
    )
    say("end", end.reason, end.exit_code, end.attempts)


if __name__ == "__main__":
    main()
