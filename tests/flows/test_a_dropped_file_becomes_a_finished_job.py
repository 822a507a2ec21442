"""The main job, end to end: a file goes in; a verified branch, rows, report, state and log come out."""

import sys
from pathlib import Path

from tests.whole_company import SUITE, Company, Start, git

TESTS = {
    "greet.py": "def greet():\n    return 'helo'\n",
    "test_greet.py": "import unittest\nimport greet\n\n\nclass Greet(unittest.TestCase):\n"
    "    def test_spelling(self):\n        self.assertEqual(greet.greet(), 'hello')\n",
}
CHECKS = [{"name": "tests", "run": SUITE}]
FIX = "# Fix the greeting\n\nIt is misspelt.\n\n- [ ] mend the spelling\n"


def test_a_red_test_and_a_sed_agent_make_a_green_branch_on_the_remote(
    company: Company, finish: Start
) -> None:
    company.agent("backend")
    bare = company.repository(
        "greeting", TESTS, commands={"backend": ["sed", "-i", "s/helo/hello/", "greet.py"]}, checks=CHECKS
    )
    company.drop("fix.md", f"---\nrepo: greeting\n---\n{FIX}")
    running = finish()
    job = running.job()
    assert (job.status, job.exit_code, job.iteration_count) == ("completed", 0, 1), job.outcome
    branch = f"agent/{job.id}"
    assert job.branch_name == branch
    assert git(bare, "show", f"{branch}:greet.py") == "def greet():\n    return 'hello'"
    assert git(bare, "rev-list", "--count", f"main..{branch}") == "1"
    assert git(bare, "rev-parse", branch) == job.head_commit
    tasks = {task.agent_id: task for task in running.tasks(job.id)}
    assert {key: task.status.value for key, task in tasks.items()} == {
        "agent-backend": "completed", "agent-verification": "completed", "agent-senior-reviewer": "completed",
    }  # fmt: skip
    assert running.rewards(tasks["agent-backend"].id) == [10]
    assert running.rewards(job.id) == []
    assert company.folders()["done"] == [job.priority_file]
    assert "completed" in company.report(job.id)
    assert (company.root / "reports" / job.id / "changes.patch").read_text().count("+    return 'hello'") == 1
    assert company.state(job.id, "session")["status"] == "completed"
    assert company.state(job.id, "backend")["files"] == ["greet.py"]
    assert company.state(job.id, "orchestrator")["waves"] == [["agent-backend"]]
    assert company.state(job.id, "verification")["iterations"][0]["checks"][0]["verdict"] == "mended"
    assert "[backend]" in company.log(job.id)
    assert not (company.root / ".compound-state" / "worktrees" / job.id).exists()


def test_an_agent_that_does_nothing_blocks_the_job_and_pushes_nothing(
    company: Company, finish: Start
) -> None:
    company.configure(work={"max_iterations": 2})
    company.agent("backend")
    bare = company.repository("greeting", TESTS, commands={"backend": ["true"]}, checks=CHECKS)
    company.drop("fix.md", f"---\nrepo: greeting\n---\n{FIX}")
    running = finish()
    job = running.job()
    assert (job.status, job.exit_code, job.iteration_count) == ("blocked", 2, 2)
    assert "it changed nothing" in (job.outcome or "")
    assert git(bare, "branch", "--format=%(refname:short)") == "main"
    workers = [task for task in running.tasks(job.id) if task.agent_id == "agent-backend"]
    assert [(task.status.value, running.rewards(task.id)) for task in workers] == [
        ("failed", [-5]),
        ("failed", [-5]),
    ]
    assert running.rewards(job.id) == [-20]
    assert company.folders()["blocked"] == [job.priority_file]
    assert "it changed nothing" in company.report(job.id)


def test_of_two_agents_only_the_one_at_fault_is_failed(company: Company, finish: Start) -> None:
    company.configure(work={"max_iterations": 1})
    company.agent("backend")
    company.agent("frontend")
    files = {
        "a.py": "A = 1\n", "b.py": "B = 1\n",
        "test_both.py": "import unittest\nimport a, b\n\n\nclass Both(unittest.TestCase):\n"
        "    def test_b(self):\n        self.assertEqual(b.B, 1)\n",
    }  # fmt: skip
    bare = company.repository(
        "pair",
        files,
        commands={"backend": ["sed", "-i", "s/1/2/", "a.py"], "frontend": ["sed", "-i", "s/1/2/", "b.py"]},
        checks=CHECKS,
    )
    company.drop("change.md", "---\nrepo: pair\n---\n# Change both numbers\n")
    running = finish()
    job = running.job()
    assert job.status == "blocked"
    statuses = {task.agent_id: task.status.value for task in running.tasks(job.id)}
    assert statuses == {
        "agent-backend": "completed", "agent-frontend": "failed",
        "agent-verification": "completed", "agent-senior-reviewer": "completed",
    }  # fmt: skip
    assert git(bare, "branch", "--format=%(refname:short)") == "main"


def test_findings_reach_the_agent_and_the_second_iteration_mends_them(
    company: Company, finish: Start
) -> None:
    script = (
        "import os, pathlib\n"
        "brief = pathlib.Path(os.environ['AGENT_BRIEF_FILE']).read_text()\n"
        "word = 'hello' if 'Found in iteration' in brief else 'hallo'\n"
        "pathlib.Path('greet.py').write_text(f\"def greet():\\n    return '{word}'\\n\")\n"
    )
    company.agent("backend")
    company.repository("greeting", TESTS, commands={"backend": [sys.executable, "-c", script]})
    company.drop("fix.md", f"---\nrepo: greeting\nchecks:\n  - name: tests\n    run: {SUITE}\n---\n{FIX}")
    running = finish()
    job = running.job()
    assert (job.status, job.iteration_count) == ("completed", 2), job.outcome
    workers = [task for task in running.tasks(job.id) if task.agent_id == "agent-backend"]
    assert [task.status.value for task in workers] == ["failed", "completed"]
    assert "check: tests: still red" in (workers[0].error_message or "")


def test_what_was_red_before_is_reported_and_blamed_on_nobody(company: Company, finish: Start) -> None:
    company.agent("backend")
    company.repository(
        "greeting",
        {**TESTS, "notes.txt": "old\n"},
        commands={"backend": ["sed", "-i", "s/old/new/", "notes.txt"]},
        checks=CHECKS,
    )
    company.drop("notes.md", "---\nrepo: greeting\n---\n# Update the notes\n")
    running = finish()
    job = running.job()
    assert job.status == "completed", job.outcome
    assert (job.outcome or "").startswith("not verified: tests is red before and after; 1 file changed")
    assert "red before and after: not judged" in company.report(job.id)
    [brief] = (company.root / ".compound-state" / f"session-{job.id}").glob("briefs/*backend*")
    assert "Checks that must be green" not in brief.read_text()
    assert "Red before you started, and not counted against you" in brief.read_text()


def test_a_check_that_the_file_names_is_asked_for_though_it_was_red(company: Company, finish: Start) -> None:
    company.agent("backend")
    company.repository("greeting", TESTS, commands={"backend": ["sed", "-i", "s/helo/hello/", "greet.py"]})
    check = f"checks: [{{name: tests, run: {SUITE}}}]"
    company.drop("fix.md", f"---\nrepo: greeting\n{check}\n---\n{FIX}")
    job = finish().job()
    assert job.status == "completed", job.outcome
    assert (job.outcome or "").startswith("1 file changed")
    [brief] = (company.root / ".compound-state" / f"session-{job.id}").glob("briefs/*backend*")
    assert "Checks that must be green when you are done\n\n- tests\n" in brief.read_text()
    assert "Red before you started" not in brief.read_text()


def test_a_job_that_cannot_be_planned_says_what_it_needs_and_costs_nothing(
    company: Company, finish: Start
) -> None:
    company.agent("backend")
    company.drop("sentence.md", "Please make the login faster.\n")
    running = finish()
    job = running.job()
    assert job.status == "failed"
    assert "names no repository" in (job.outcome or "")
    assert "repo: " in (job.outcome or "")
    assert running.rewards(job.id) == []


def test_parallel_work_that_conflicts_goes_back_once_on_the_merged_tree(
    company: Company, finish: Start
) -> None:
    company.agent("backend")
    company.agent("frontend")
    append = (
        "import pathlib, sys; p = pathlib.Path('list.txt'); p.write_text(p.read_text() + sys.argv[1] + '\\n')"
    )
    bare = company.repository(
        "lists",
        {"list.txt": "first\n"},
        commands={name: [sys.executable, "-c", append, name] for name in ("backend", "frontend")},
    )
    company.drop("lists.md", "---\nrepo: lists\n---\n# Both add a line\n")
    running = finish()
    job = running.job()
    assert (job.status, job.iteration_count) == ("completed", 2), job.outcome
    assert git(bare, "show", f"agent/{job.id}:list.txt").split() == ["first", "backend", "frontend"]
    failed = [task for task in running.tasks(job.id) if task.status == "failed"]
    assert [(task.agent_id, "list.txt" in (task.error_message or "")) for task in failed] == [
        ("agent-frontend", True)
    ]


def test_a_base_that_moved_meanwhile_is_taken_in(company: Company, finish: Start) -> None:
    company.agent("backend")
    bare = company.root / "remotes" / "greeting.git"
    move = (
        "import pathlib, subprocess, sys\n"
        "pathlib.Path('greet.py').write_text(\"def greet():\\n    return 'hello'\\n\")\n"
        f"tree = pathlib.Path({str(company.root)!r}) / 'colleague'\n"
        "if not tree.exists():\n"
        "    who = ['-c', 'user.name=c', '-c', 'user.email=c@example.com']\n"
        "    run = lambda *a: subprocess.run(['git', *who, *a], check=True)\n"
        f"    run('clone', '-q', {str(bare)!r}, str(tree))\n"
        "    (tree / 'other.txt').write_text('from a colleague\\n')\n"
        "    for step in (['add', '-A'], ['commit', '-qm', 'Other'], ['push', '-q']):\n"
        "        run('-C', str(tree), *step)\n"
    )
    company.repository("greeting", TESTS, commands={"backend": [sys.executable, "-c", move]}, checks=CHECKS)
    company.drop("fix.md", f"---\nrepo: greeting\n---\n{FIX}")
    running = finish()
    job = running.job()
    assert job.status == "completed", job.outcome
    assert git(bare, "rev-parse", f"agent/{job.id}^") == git(bare, "rev-parse", "main")
    assert git(bare, "show", f"agent/{job.id}:other.txt") == "from a colleague"


def test_a_job_without_a_repository_hands_over_files_and_counts_their_words(
    company: Company, finish: Start
) -> None:
    write = (
        "import pathlib; pathlib.Path('blog').mkdir(); "
        "pathlib.Path('blog/rota.md').write_text('# Rota planning\\n\\none two three\\n')"
    )
    company.agent("loki", team="team-marketing", command=[sys.executable, "-c", write])
    company.drop("article.md", "---\nteam: marketing\n---\n# Write an article about rota planning\n")
    running = finish()
    job = running.job()
    assert job.status == "completed", job.outcome
    assert (company.root / "reports" / job.id / "blog" / "rota.md").read_text().endswith("one two three\n")
    with running.daemon.store.reading() as tx:
        [row] = tx.all("SELECT title, type, author, word_count, file_path FROM content")
    assert row == {
        "title": "Rota planning", "type": "blog", "author": "agent-loki", "word_count": 6,
        "file_path": f"reports/{job.id}/blog/rota.md",
    }  # fmt: skip


def test_the_user_s_checkout_is_not_touched(company: Company, finish: Start) -> None:
    company.agent("backend")
    checkout = company.root / "mine"
    checkout.mkdir()
    for name, text in TESTS.items():
        (checkout / name).write_text(text)
    git(checkout, "init", "-q", "-b", "main")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "Begin")
    (checkout / "stashed.txt").write_text("stashed\n")
    git(checkout, "stash", "push", "-qu")
    (checkout / "greet.py").write_text("def greet():\n    return 'dirty'\n")
    (checkout / "untracked.txt").write_text("untracked\n")
    (checkout / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\ntouch hook-ran\n")
    before = _bytes_of(checkout)
    company.entry(
        "mine",
        path=str(checkout),
        commands={"backend": ["sed", "-i", "s/helo/hello/", "greet.py"]},
        checks=CHECKS,
    )
    company.drop("fix.md", f"---\nrepo: mine\n---\n{FIX}")
    running = finish()
    job = running.job()
    assert job.status == "completed", job.outcome
    assert _bytes_of(checkout) == before
    remote = next((company.root / ".compound-state" / "remotes").glob("*.git"))
    assert git(remote, "show", f"agent/{job.id}:greet.py").endswith("'hello'")


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
