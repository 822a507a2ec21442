"""How long from the order to the child's exec, what waiting costs, and what a shim holds.

    python benchmarks/process_start.py [starts]

Beside it: the same child started by subprocess with nobody to look after it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from daemon.processes.spawn import Processes, ProcessSpec

WAITING = 20  # silent processes while the cost of waiting is measured
WATCHED_S = 10.0
ENV = {"PATH": os.environ["PATH"]}


def spec(folder: Path, key: str, *argv: str) -> ProcessSpec:
    return ProcessSpec(
        key=key,
        argv=argv,
        cwd=folder,
        env=ENV,
        output_path=folder / f"{key.replace('/', '-')}.log",
        wall_timeout_s=600.0,
        idle_timeout_s=None,
        output_limit_bytes=1_000_000,
        memory_limit_bytes=None,
    )


def started_at(pid_file: Path) -> float:
    return float(pid_file.read_text())


def starts(processes: Processes, folder: Path, count: int) -> dict[str, list[float]]:
    """Return milliseconds: order -> child's first act, and order -> recorded end."""
    to_exec, to_end, bare = [], [], []
    for number in range(count):
        began = time.time()
        said: list[str] = []
        processes.run(
            spec(folder, f"bench/{number}", "date", "+%s.%N"),
            lambda _stream, line, said=said: said.append(line),
        )
        to_end.append((time.time() - began) * 1000)
        to_exec.append((float(said[0]) - began) * 1000)
        began = time.time()
        done = subprocess.run(["date", "+%s.%N"], env=ENV, capture_output=True, check=True)
        bare.append((float(done.stdout) - began) * 1000)
    return {
        "order -> child runs": to_exec,
        "order -> end recorded": to_end,
        "bare subprocess -> child runs": bare,
    }


def waiting(processes: Processes, folder: Path) -> tuple[float, float, float]:
    """Return percent of a core that the waiting daemon takes, that its shims take, and MB a shim holds alone."""
    threads = [
        threading.Thread(target=processes.run, args=(spec(folder, f"wait/{n}", "sleep", "600"), print))
        for n in range(WAITING)
    ]
    for thread in threads:
        thread.start()
    me = psutil.Process()
    while len(shims := me.children()) < WAITING or any(not shim.children() for shim in shims):
        time.sleep(0.05)
    time.sleep(1.0)

    def spent(some: list[psutil.Process]) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in some)

    mine, theirs = spent([me]), spent(shims)
    time.sleep(WATCHED_S)
    mine, theirs = spent([me]) - mine, spent(shims) - theirs
    held = statistics.median(shim.memory_full_info().uss for shim in shims) / 1e6
    processes.stop("wait/", grace_s=0.5)
    for thread in threads:
        thread.join()
    return mine / WATCHED_S * 100, theirs / WATCHED_S * 100, held


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        processes = Processes(folder / "runs")
        print(f"{count} starts, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        for what, values in starts(processes, folder, count).items():
            values.sort()
            p50, p99 = values[len(values) // 2], values[int(len(values) * 0.99)]
            print(f"  {what:32} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   max {values[-1]:6.1f} ms")
        daemon_share, shim_share, held = waiting(processes, folder)
        print(f"{WAITING} silent processes for {WATCHED_S:g} s")
        print(
            f"  daemon {daemon_share:.2f} % of a core, all shims {shim_share:.2f} %, {held:.1f} MB a shim (USS)"
        )


if __name__ == "__main__":
    main()
