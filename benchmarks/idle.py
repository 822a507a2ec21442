"""What does the service cost while nothing happens?

    python -m benchmarks.idle [seconds] [rounds]      (60, 1)

The daemon, a bare watchdog + subprocess loop and a bare DBOS engine stand idle side by side for the same seconds, so
that whatever else the machine does meets all three. Processor time is utime + stime of all threads; memory is read at
the end. The daemon has run one job before, so that what a first job loads is counted.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.bare import bare_loop_process, bare_process
from benchmarks.company_folder import drop, ended, make_company, service, wait_until
from benchmarks.measuring import cpu_s, machine, median, memory_mb, table, threads, wakeups

SETTLE_S = 5.0
CPU_AIM = 0.3  # points of a core above the bare engine
MEMORY_AIM_MB = 110.0
NAMES = ("Agent Service, after a job", "watchdog + subprocess", "bare engine")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    print(machine())
    with tempfile.TemporaryDirectory(prefix="idle-") as name:
        folder = Path(name)
        company = folder / "company"
        (folder / "engine").mkdir()
        config = make_company(company, commands={"backend": ["sh", "-c", "date >made.txt"]})
        with (
            service(config) as daemon,
            bare_loop_process(folder / "bare-inbox", "true") as loop,
            bare_process("bare_engine.py", str(folder / "engine")) as engine,
        ):
            drop(
                company,
                "first",
                "---\nrepo: bench\nagents: [backend]\n---\n# Write the time\n\nInto made.txt.\n",
            )
            wait_until(lambda: ended(company, "first"), 60)
            time.sleep(SETTLE_S)
            pids = (daemon.pid, loop, engine)
            shares = [_watch(pids, seconds) for _ in range(rounds)]
            _show(pids, shares, seconds)


def _watch(pids: tuple[int, ...], seconds: float) -> list[tuple[float, float]]:
    """Return (percent of a core, wakings a second) of each process over ``seconds``."""
    before = [(cpu_s(pid), wakeups(pid)) for pid in pids]
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    after = [(cpu_s(pid), wakeups(pid)) for pid in pids]
    return [
        (100 * (now[0] - then[0]) / took, (now[1] - then[1]) / took)
        for then, now in zip(before, after, strict=True)
    ]


def _show(pids: tuple[int, ...], rounds: list[list[tuple[float, float]]], seconds: float) -> None:
    shares = [median(one[place][0] for one in rounds) for place in range(len(pids))]
    wakings = [median(one[place][1] for one in rounds) for place in range(len(pids))]
    sizes = [memory_mb(pid) for pid in pids]
    table(
        f"idle for {seconds:g} s, median of {len(rounds)}",
        (
            "",
            "% of a core",
            "above engine",
            "wakings/s",
            "threads",
            "USS MB",
            "PSS MB",
            "RSS MB",
            "PSS to engine",
        ),
        [
            (
                NAMES[place],
                f"{shares[place]:.2f}",
                f"{shares[place] - shares[2]:+.2f}",
                f"{wakings[place]:.1f}",
                threads(pid),
                *(f"{sizes[place][kind]:.1f}" for kind in ("USS", "PSS", "RSS")),
                f"{sizes[place]['PSS'] / sizes[2]['PSS']:.2f} x",
            )
            for place, pid in enumerate(pids)
        ],
    )
    above = shares[0] - shares[2]
    print(f"\naims: at most {CPU_AIM} points above the bare engine ({above:+.2f}), ", end="")
    print(f"at most {MEMORY_AIM_MB:g} MB (RSS {sizes[0]['RSS']:.1f})")


if __name__ == "__main__":
    main()
