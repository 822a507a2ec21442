"""What all benchmarks share: percentiles, tables, the machine they ran on, and what processes use. Linux."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of the values lie: the nearest rank, never interpolated."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def ratio(value: float, base: float) -> str:
    return f"{value / base:.2f} x" if base > 0 else "–"


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: the first column left, the others right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in [list(columns), *cells]) for place in range(len(columns))]
    print(f"\n{title}")
    for row in [list(columns), ["-" * width for width in widths], *cells]:
        first, *others = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]))


def machine() -> str:
    """Describe where and when this runs, in one line."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {os.cpu_count()} cores, {_processor()}, "
        f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}, git {git.split()[2]}, "
        f"fsync p50 {fsync_ms():.1f} ms, load {load}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def fsync_ms(count: int = 40) -> float:
    """Return how long this disk takes to keep 4 KiB more of a file, as a journal does: the median of ``count``."""
    path = Path.cwd() / f".fsync-{os.getpid()}"
    took = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for _ in range(count):
            began = time.perf_counter()
            os.write(descriptor, b"x" * 4096)
            os.fsync(descriptor)
            took.append((time.perf_counter() - began) * 1000)
    finally:
        os.close(descriptor)
        path.unlink()
    return median(took)


def cpu_s(pid: int) -> float:
    """Return the processor time of a process so far, user and system, all its threads, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def cpu_with_children_s(pid: int) -> float:
    """Return the same with the children that it waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS_PER_S


def memory_mb(pid: int) -> dict[str, float]:
    """Return the memory of a process in MB (10^6 bytes): RSS, PSS, and USS (what is nobody else's)."""
    sizes = {
        line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    }
    return {
        "RSS": sizes["Rss"],
        "PSS": sizes["Pss"],
        "USS": sizes["Private_Clean"] + sizes["Private_Dirty"],
    }


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def wakeups(pid: int) -> int:
    """Return how often the threads of a process gave up the processor by themselves: each waking is one."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text(encoding="utf-8").splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total
