"""How fast is a command acknowledged while the company works, and is every one recorded?

A Socket Mode server in this process sends slash commands and messages at a fixed rate to the real bot, a process of its
own; the daemon runs jobs beside it. Each command is timed from when it was due (not from when it was sent, so that a
stall counts against every command it delays) to its acknowledgement; the row was committed before.

    python -m benchmarks.slack_load [commands a second] [seconds] [jobs]
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.company_folder import (
    ROOT,
    drop,
    make_company,
    rows,
    service,
    service_environment,
    wait_until,
)
from benchmarks.measuring import cpu_s, machine, memory_mb, percentile, table
from tests.bot.envelopes import Envelopes

LIMIT_S = 3.0  # Slack's patience
AIM_MS = 100.0
SETTLE_S = 2.0
TEXTS = (
    "jobs",
    "agents",
    "costs week",
    "how is Backend doing?",
    "proposals",
    "agent loki",
    "schedules",
    "nonsense",
)


def main() -> None:
    rate, seconds, jobs = (int(sys.argv[place]) if len(sys.argv) > place else usual for place, usual in
                           ((1, 50), (2, 60), (3, 10)))  # fmt: skip
    print(machine())
    with tempfile.TemporaryDirectory(prefix="slack-load-") as name, ExitStack() as open_things:
        company = Path(name) / "company"
        sleeper = ["sh", "-c", f"date >made.txt; sleep {seconds + 60}"]
        limits = {
            "jobs_at_once": max(1, jobs),
            "agents_at_once": max(1, jobs),
            "jobs_per_repository": max(1, jobs),
        }
        config = make_company(company, commands={"backend": sleeper}, limits=limits)
        state = company / ".compound-state" / "local-slack"
        state.mkdir(parents=True)
        tokens = {"bot_token": "xoxb-any", "app_token": "xapp-any", "signing_secret": "any"}
        (state / "credentials.json").write_text(json.dumps(tokens), encoding="utf-8")
        open_things.enter_context(service(config))
        for number in range(jobs):
            drop(company, f"job-{number}", f"---\nrepo: bench\nagents: [backend]\n---\n# Sleep {number}\n")
        if jobs:
            busy = "SELECT count(*) AS n FROM tasks WHERE status = 'in_progress'"
            wait_until(lambda: rows(company, busy)[0]["n"] >= jobs, 120)
        asyncio.run(_load(config, company, rate, seconds))


async def _load(config: Path, company: Path, rate: int, seconds: int) -> None:
    slack = Envelopes()
    await slack.start()
    environment = {**service_environment(), "AGENT_SERVICE_LOCAL_SLACK_URL": f"{slack.url}api/"}
    bot = subprocess.Popen([sys.executable, "-m", "bot", str(config)], cwd=ROOT, env=environment)
    try:
        while not slack.is_connected:
            await asyncio.sleep(0.05)
        await asyncio.sleep(SETTLE_S)
        before_s, began = cpu_s(bot.pid), time.perf_counter()
        took = await asyncio.gather(
            *(_one(slack, began + number / rate, number) for number in range(rate * seconds))
        )
        used = (cpu_s(bot.pid) - before_s) / (time.perf_counter() - began)
        await asyncio.sleep(SETTLE_S)
        memory = memory_mb(bot.pid)["PSS"]
    finally:
        bot.terminate()
        bot.wait(30)
        await slack.stop()
    _show(company, took, rate, seconds, len(slack.said("response_url")), used, memory)


async def _one(slack: Envelopes, due: float, number: int) -> float:
    """Send one command when it is due; return the milliseconds from then to its acknowledgement."""
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    envelope = await slack.send("slash_commands", slack.slash("/agents", TEXTS[number % len(TEXTS)]))
    await slack.acknowledgement(envelope, within_s=60)
    return (slack.acknowledged_at[envelope] - due) * 1000


def _show(
    company: Path, took: list[float], rate: int, seconds: int, answers: int, used: float, memory: float
) -> None:
    recorded = rows(
        company,
        "SELECT count(*) AS n, count(DISTINCT delivery_id) AS d FROM user_commands WHERE surface='slack'",
    )[0]
    carried_out = rows(company, "SELECT count(*) AS n FROM user_commands WHERE handled_at IS NOT NULL")[0][
        "n"
    ]
    table(
        f"{rate} commands a second for {seconds} s, {len(took)} commands; load {os.getloadavg()[0]:.1f}",
        ("envelope to acknowledgement, ms", "p50", "p90", "p99", "max", "aim for p99"),
        [("row committed before", *(f"{one:.1f}" for one in (
            percentile(took, 0.5), percentile(took, 0.9), percentile(took, 0.99), max(took))), f"{AIM_MS:.0f}")],
    )  # fmt: skip
    table(
        "what became of them",
        ("", "number"),
        [
            ("sent", len(took)),
            ("acknowledged in 3 s", sum(one < LIMIT_S * 1000 for one in took)),
            ("recorded", recorded["n"]),
            ("recorded, each once", recorded["d"]),
            ("carried out", carried_out),
            ("answered", answers),
            ("bot: share of a core", f"{used:.2f}"),
            ("bot: memory, MB (PSS)", f"{memory:.0f}"),
        ],
    )


if __name__ == "__main__":
    main()
