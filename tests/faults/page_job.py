"""One job with every kind of step, and everything about its end that no fault may change.

Two parallel agents, one that depends on both, and two iterations.
"""

import re
import sys
from pathlib import Path
from typing import Any

from tests.whole_company import SUITE, Company, Running, git

STEPS = (
    "plan", "prepare", "agent-backend 1", "agent-infrastructure 1", "merge 1.1", "agent-frontend 1", "merge 1.2",
    "verify 1", "agent-backend 2", "merge 2.1", "agent-frontend 2", "merge 2.2", "verify 2",
    "take in base 2", "deliver", "close",
)  # fmt: skip

WRITE = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2] + '\\n')"
FRONTEND = (
    "import os, pathlib\n"
    "again = 'Found in iteration' in pathlib.Path(os.environ['AGENT_BRIEF_FILE']).read_text()\n"
    "pathlib.Path('page.txt').write_text('right\\n' if again else 'wrong\\n')\n"
)
TEST = (
    "import pathlib, unittest\n\n\nclass Page(unittest.TestCase):\n"
    "    def test_page(self):\n"
    "        text = [pathlib.Path(p).read_text() for p in ('a.txt', 'b.txt', 'page.txt')]\n"
    "        self.assertEqual(text, ['backend\\n', 'infrastructure\\n', 'right\\n'])\n"
)


def describe(company: Company) -> Path:
    company.agent("backend")
    company.agent("infrastructure")
    company.agent("frontend", works_after=["agent-backend", "agent-infrastructure"])
    bare = company.repository(
        "site",
        {"a.txt": "a\n", "b.txt": "b\n", "page.txt": "old\n", "test_page.py": TEST},
        commands={
            "backend": [sys.executable, "-c", WRITE, "a.txt", "backend"],
            "infrastructure": [sys.executable, "-c", WRITE, "b.txt", "infrastructure"],
            "frontend": [sys.executable, "-c", FRONTEND],
        },
    )
    company.drop(
        "site.md", f"---\nrepo: site\nchecks:\n  - name: tests\n    run: {SUITE}\n---\n# Change the site\n"
    )
    return bare


def outcome(company: Company, running: Running, bare: Path) -> dict[str, Any]:
    """Everything that must be equal, with ids and times taken out."""
    job = running.job()
    assert job.status == "completed", (job.outcome, company.log(job.id))
    with running.daemon.store.reading() as tx:
        rewards = tx.all(
            "SELECT entity_type, cause, reward_value FROM rewards ORDER BY entity_type, cause, entity_id"
        )
        words = [
            row["dedup_key"].partition(":")[2]
            for row in tx.all("SELECT dedup_key FROM outbox ORDER BY dedup_key")
        ]
        counters = tx.all(
            "SELECT id, total_tasks_completed, total_tasks_failed, success_rate FROM agents ORDER BY id"
        )
        metrics = tx.all(
            "SELECT entity_type, metric_name, count(*) AS n FROM metrics GROUP BY 1, 2 ORDER BY 1, 2"
        )
    branch = job.branch_name or ""
    report = company.report(job.id)
    return {
        "session": (
            job.status,
            job.exit_code,
            job.iteration_count,
            job.outcome and job.outcome.partition(",")[0],
        ),
        "tasks": sorted((t.agent_id, t.retry_count, t.status.value) for t in running.tasks(job.id)),
        "rewards": sorted((r["entity_type"], r["cause"], r["reward_value"]) for r in rewards),
        "words": sorted(word.replace(job.id, "") for word in words),
        "counters": counters,
        "metrics": metrics,
        "branches": sorted(
            name.replace(job.id, "") for name in git(bare, "branch", "--format=%(refname:short)").split()
        ),
        "commits": git(bare, "rev-list", "--count", f"main..{branch}"),
        "tree": git(bare, "rev-parse", f"{branch}^{{tree}}"),
        "folders": {place: len(names) for place, names in company.folders().items()},
        "report": len(re.findall(r"^\| \d", report, re.MULTILINE)),
        "worktrees": sorted(p.name for p in (company.root / ".compound-state" / "worktrees").glob("*")),
    }
