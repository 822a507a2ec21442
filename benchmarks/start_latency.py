"""How long from the rename of a priority file into the inbox until its agent's process has begun?

    python -m benchmarks.start_latency [jobs]      (100)

One job at a time on a warm clone: no fetch is due, no setup, no checks, one agent, which is a command. Beside it, in
turn with the service, a bare watchdog + subprocess loop starts the same command. The parts are read from what the
service keeps of each job anyway (times of rows and files, milliseconds), so nothing is measured by changing it.
"""

import json
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.bare import bare_loop
from benchmarks.company_folder import drop, ended, make_company, rows, service, wait_until
from benchmarks.measuring import machine, median, percentile, ratio, table

WARM_UP = 5
JOB_S = 60.0
#: writes the time first, then where its shim stood before it, then the change that is asked for
AGENT = (
    "sh",
    "-c",
    'now=$(date +%s.%N); stat -c %.9Y "$1/lock" "$1/index" >"$0.parts"; date >made.txt; '
    'printf %s "$now" >"$0.new"; mv "$0.new" "$0"',
)
BARE_AGENT = ("sh", "-c", 'now=$(date +%s.%N); date >made.txt; printf %s "$now" >"$0.new"; mv "$0.new" "$0"')
STAGES = (
    ("taken", "the file is claimed, parsed, one transaction holds its session"),
    ("admitted", "the rule let it in, one transaction"),
    ("planned", "engine started, agents chosen, task rows written"),
    ("preparing", "first step recorded by the engine, phase written"),
    ("prepared", "source looked at, integration worktree laid out, checks stood (none)"),
    ("assigned", "second step recorded, the agent's task row in progress"),
    ("at its desk", "the agent's worktree laid out, fingerprint, brief and state written"),
    ("shim asked for", "the attempt's folder made and locked"),
    ("shim at work", "its interpreter is up, its output open"),
    ("agent begins", "the command's own process tells the time"),
)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(machine())
    with tempfile.TemporaryDirectory(prefix="start-latency-") as name:
        company = Path(name) / "company"
        began = Path(name) / "began"
        began.mkdir()
        runs = company / ".compound-state" / "runs"
        config = make_company(
            company, commands={"backend": [*AGENT, f"{began}/{{job}}", f"{runs}/{{job}}/1-backend/1"]}
        )
        with service(config), bare_loop(Path(name) / "bare-inbox", *BARE_AGENT, f"{began}/{{name}}") as inbox:
            for number in range(WARM_UP):
                _one_job(company, began, f"warm-up-{number}")
            ours, bare = [], []
            for number in range(count):
                ours.append(_one_job(company, began, f"job-no-{number}"))
                bare.append(_one_bare(inbox, began, f"bare-{number}"))
    _show(ours, bare)


def _one_job(company: Path, began: Path, stem: str) -> list[float]:
    """Run one job; return the milliseconds from the rename to the end of each stage."""
    text = f"---\nrepo: bench\nagents: [backend]\n---\n# Write the time\n\nInto made.txt, for {stem}.\n"
    dropped = drop(company, stem, text)
    wait_until(lambda: ended(company, stem), JOB_S)
    job_id = str(ended(company, stem))
    [session] = rows(company, "SELECT created_at, started_at FROM sessions WHERE id = ?", job_id)
    told = {
        row["dedup_key"].removeprefix(f"job:{job_id}:"): _seconds(row["created_at"])
        for row in rows(company, "SELECT dedup_key, created_at FROM outbox WHERE subject_id = ?", job_id)
    }
    state = company / ".compound-state" / f"session-{job_id}" / "backend.json"
    lock, index = ((began / f"{job_id}.parts").read_text(encoding="utf-8")).split()
    moments = [
        _seconds(session["created_at"]),
        _seconds(session["started_at"]),
        told["planned"],
        told["preparing"],
        told["working"],
        told["working:1-backend"],
        _seconds(json.loads(state.read_text(encoding="utf-8"))["started_at"]),
        float(lock),
        float(index),
        float((began / job_id).read_text(encoding="utf-8")),
    ]
    return [(moment - dropped) * 1000 for moment in moments]


def _one_bare(inbox: Path, began: Path, stem: str) -> float:
    draft = inbox.parent / f"{stem}.draft"
    draft.write_text("x", encoding="utf-8")
    dropped = time.time()
    draft.rename(inbox / f"{stem}.md")
    wait_until(lambda: (began / stem).exists(), JOB_S)
    return (float((began / stem).read_text(encoding="utf-8")) - dropped) * 1000


def _seconds(stored: str) -> float:
    return datetime.fromisoformat(stored).timestamp()


def _show(ours: list[list[float]], bare: list[float]) -> None:
    total = [job[-1] for job in ours]
    table(
        f"rename -> the agent's process has begun, {len(ours)} jobs one at a time, ms",
        ("", "p50", "p90", "p99", "max", "p50 to bare", "p99 to bare"),
        [
            (
                who,
                *(f"{percentile(values, share):.0f}" for share in (0.5, 0.9, 0.99)),
                f"{max(values):.0f}",
                ratio(percentile(values, 0.5), percentile(bare, 0.5)),
                ratio(percentile(values, 0.99), percentile(bare, 0.99)),
            )
            for who, values in (("Agent Service", total), ("watchdog + subprocess", bare))
        ],
    )
    steps = [[after - before for before, after in zip([0.0, *job], job, strict=False)] for job in ours]
    table(
        "where the time goes, ms (files' times are whole 4 ms)",
        ("until", "p50", "p99", "share of p50", ""),
        [
            (
                stage,
                f"{median(job[place] for job in steps):.1f}",
                f"{percentile((job[place] for job in steps), 0.99):.1f}",
                f"{100 * median(job[place] for job in steps) / median(total):.0f} %",
                meaning,
            )
            for place, (stage, meaning) in enumerate(STAGES)
        ],
    )


if __name__ == "__main__":
    main()
