"""How long from the start of the process until it is of use?

    python -m benchmarks.startup [rounds]      (9)

`up` is ready when it says so in logs/service.log: store checked, unfinished work looked for, engine launched, inbox
watched. The first start in a folder also makes the database and the folders. The commands are measured to their end.
"""

import functools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.company_folder import (
    ROOT,
    drop,
    ended,
    make_company,
    service,
    service_environment,
    wait_until,
)
from benchmarks.measuring import machine, median, percentile, ratio, table

JOBS = 20  # in the list that `jobs` shows


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(machine())
    took: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="startup-") as name:
        config = make_company(Path(name) / "company", commands={"backend": ["sh", "-c", "date >made.txt"]})
        _fill(config)
        for number in range(rounds):
            fresh = make_company(Path(name) / f"fresh-{number}")
            cases: list[tuple[str, Callable[[], float]]] = [
                ("python -c pass", lambda: _command(["-c", "pass"])),
                ("python -c 'import dbos, dataset'", lambda: _command(["-c", "import dbos, dataset"])),
                ("agent-service --help", lambda: _ours(config, "--help")),
                (f"agent-service jobs ({JOBS})", lambda: _ours(config, "jobs")),
                ("agent-service jobs --json", lambda: _ours(config, "jobs", "--json")),
                ("agent-service up, first start", functools.partial(_up, fresh)),
                ("agent-service up", lambda: _up(config)),
            ]
            for what, measure in cases:
                took.setdefault(what, []).append(measure())
    base = median(took["python -c pass"])
    table(
        f"from the start of the process, {rounds} rounds, ms",
        ("", "p50", "p90", "max", "to an empty Python"),
        [
            (
                what,
                f"{median(ms):.0f}",
                f"{percentile(ms, 0.9):.0f}",
                f"{max(ms):.0f}",
                ratio(median(ms), base),
            )
            for what, ms in took.items()
        ],
    )


def _fill(config: Path) -> None:
    company = config.parent
    with service(config):
        for number in range(JOBS):
            text = f"---\nrepo: bench\nagents: [backend]\n---\n# Write the time\n\nInto made.txt, for {number}.\n"
            drop(company, f"no-{number}", text)
        wait_until(lambda: all(ended(company, f"no-{number}") for number in range(JOBS)), 120)


def _command(argv: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *argv],
        cwd=ROOT,
        env=service_environment(),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return (time.perf_counter() - began) * 1000


def _ours(config: Path, *argv: str) -> float:
    return _command(["-m", "daemon.cli.main", "--config", str(config), *argv])


def _up(config: Path) -> float:
    log = config.parent / "logs" / "service.log"
    log.unlink(missing_ok=True)
    began = time.perf_counter()
    with service(config):
        return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
