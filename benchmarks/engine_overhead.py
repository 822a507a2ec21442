"""What does the durable engine cost, a step, a job and an agent?

    python -m benchmarks.engine_overhead [jobs] [steps]      (40, 40)

Two ways. Steps of nothing, told through the engine and told straight, give the price of one step. Whole jobs, with
one agent and with three, in turn in the service and in the same service whose engine was replaced by a plain event
loop (straight_engine.py), give what of it is felt. Steps and commits are counted in the engine's own database.
"""

import asyncio
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy

from benchmarks.bare import bare_process
from benchmarks.company_folder import drop, ended, make_company, rows, service, wait_until
from benchmarks.measuring import machine, median, percentile, ratio, table
from daemon.engine import Do, Engine, sqlite_url

AGENTS = ("backend", "infrastructure", "frontend")
WORKFLOWS = 30
FACTS = {"files": [f"src/module_{number}.py" for number in range(40)], "reason": "", "commit": "0" * 40}


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    print(machine())
    with tempfile.TemporaryDirectory(prefix="engine-overhead-") as name:
        _steps_of_nothing(Path(name), steps)
        _whole_jobs(Path(name), jobs)


def _steps_of_nothing(folder: Path, steps: int) -> None:
    commits: Counter[str] = Counter()
    # Only a commit after a change is written to disk; SQLite counts the rows a connection changed.
    changed: dict[int, int] = {}

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "commit")
    def count(connection: Any) -> None:
        raw = connection.connection.dbapi_connection
        if isinstance(raw, sqlite3.Connection) and changed.get(id(raw)) != raw.total_changes:
            changed[id(raw)] = raw.total_changes
            commits["written"] += 1

    done = threading.Event()
    took: dict[int, list[float]] = {}
    written: dict[int, float] = {}

    async def story(do: Do, job_id: str) -> str:
        for number in range(int(job_id.partition("-")[0])):
            await do(f"step {number}", _nothing, job_id, FACTS)
        done.set()
        return "completed"

    engine = Engine(sqlite_url(folder / "engine.db"), host="benchmark", threads=44)
    engine.launch(story)
    for length in (0, steps):
        for number in range(WORKFLOWS):
            before = commits["written"]
            done.clear()
            began = time.perf_counter()
            engine.start(f"{length}-{number}")
            done.wait()
            took.setdefault(length, []).append((time.perf_counter() - began) * 1000)
            wait_until(engine.is_idle, 10)
            written[length] = commits["written"] - before
    straight = [_told_straight(steps) for _ in range(WORKFLOWS)]
    engine.close()
    a_step = (median(took[steps]) - median(took[0])) / steps
    table(
        f"steps of nothing, {WORKFLOWS} workflows of {steps} steps",
        ("", "engine", "straight", "ratio"),
        [
            ("ms to begin a workflow", f"{median(took[0]):.1f}", "–", "–"),
            ("ms a step", f"{a_step:.2f}", f"{median(straight):.2f}", ratio(a_step, median(straight))),
            ("commits a workflow of no steps", f"{written[0]:.0f}", "0", "–"),
            ("commits a step", f"{(written[steps] - written[0]) / steps:.2f}", "0", "–"),
        ],
    )


def _told_straight(steps: int) -> float:
    async def tell() -> None:
        for number in range(steps):
            await asyncio.to_thread(_nothing, str(number), FACTS)

    began = time.perf_counter()
    asyncio.run(tell())
    return (time.perf_counter() - began) * 1000 / steps


def _nothing(_job_id: str, facts: dict[str, Any]) -> dict[str, Any]:
    return facts


def _whole_jobs(folder: Path, jobs: int) -> None:
    configs = {
        who: make_company(
            folder / who, commands={agent: ["sh", "-c", f"date >{agent}.txt"] for agent in AGENTS}
        )
        for who in ("engine", "straight")
    }
    took: dict[tuple[str, int], list[float]] = {}
    with service(configs["engine"]), bare_process("straight_engine.py", str(configs["straight"])):
        for agents in (1, 3):
            for number in range(-2, jobs):
                for who, config in configs.items():
                    ms = _one_job(config.parent, f"of-{agents}-no-{number}", AGENTS[:agents])
                    if number >= 0:
                        took.setdefault((who, agents), []).append(ms)
        steps = {agents: _steps_of(configs["engine"].parent, f"of-{agents}-no-0") for agents in (1, 3)}
    table(
        f"whole jobs, {jobs} of each, ms from the rename to the file in done/",
        ("", "steps", "engine p50", "p90", "straight p50", "p90", "engine's part", "ratio"),
        [
            (
                f"{agents} agent{'s' if agents > 1 else ''}",
                steps[agents],
                *(
                    f"{percentile(took[who, agents], share):.0f}"
                    for who in ("engine", "straight")
                    for share in (0.5, 0.9)
                ),
                f"{median(took['engine', agents]) - median(took['straight', agents]):+.0f}",
                ratio(median(took["engine", agents]), median(took["straight", agents])),
            )
            for agents in (1, 3)
        ],
    )
    both = {who: median(took[who, 3]) - median(took[who, 1]) for who in configs}
    print(
        f"\neach further agent: {both['engine'] / 2:.0f} ms with the engine, {both['straight'] / 2:.0f} straight; "
        f"{(steps[3] - steps[1]) / 2:g} steps more"
    )


def _one_job(company: Path, stem: str, agents: tuple[str, ...]) -> float:
    text = f"---\nrepo: bench\nagents: [{', '.join(agents)}]\n---\n# Write the time\n\nA file each, for {stem}.\n"
    drop(company, stem, text)
    began = time.perf_counter()
    wait_until(lambda: ended(company, stem), 60)
    return (time.perf_counter() - began) * 1000


def _steps_of(company: Path, stem: str) -> int:
    """Count the steps that the engine recorded of a job."""
    job_id = str(ended(company, stem))
    wait_until(lambda: rows(company, "SELECT 1 FROM sessions WHERE id = ? AND completed_at > ''", job_id), 5)
    connection = sqlite3.connect(f"file:{company}/.compound-state/engine.db?mode=ro", uri=True)
    [(count,)] = connection.execute(
        "SELECT count(*) FROM operation_outputs WHERE workflow_uuid = ?", (job_id,)
    )
    connection.close()
    return int(count)


if __name__ == "__main__":
    main()
