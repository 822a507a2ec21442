"""A daemon's stand-in for the soak: runs several keys in threads until all have ended, or until it is killed.

Usage: kill_soak.py FOLDER KEYS. Each child takes a lock of its own, leaves a grandchild in another session, works
for a while and says how it ended. Ends are appended to FOLDER/ends.
"""

import json
import os
import sys
import threading
from pathlib import Path

from daemon.processes.spawn import Processes, ProcessSpec

CHILD = """
exec 9>>"lock-$1"; flock -n 9 || { echo "$1" >> doubled; exit 9; }
echo begin >> "begun-$1"
setsid sh -c 'exec sleep 300' 9>&- &
i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "line $i"; sleep 0.05; done
echo end >> "ended-$1"; exit 7
"""


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    processes = Processes(folder / "runs")
    processes.sweep(lambda key: True)

    def run(number: int) -> None:
        end = processes.run(
            ProcessSpec(
                key=f"job-{number}/agent",
                argv=("sh", "-c", CHILD, "sh", str(number)),
                cwd=folder,
                env={"PATH": os.environ["PATH"]},
                output_path=folder / f"output-{number}",
                wall_timeout_s=120.0,
                idle_timeout_s=None,
                output_limit_bytes=1_000_000,
                memory_limit_bytes=None,
            ),
            lambda stream, line: None,
        )
        fact = json.dumps([number, end.reason, end.exit_code, end.attempts])
        with (folder / "ends").open("a", encoding="utf-8") as ends:
            ends.write(f"{fact}\n")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
