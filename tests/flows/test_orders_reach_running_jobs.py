"""Stop, retry, pause, dependencies and schedules, as a person gives them while the daemon works."""

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from company.clock import SystemClock
from company.orders import jobs, pauses, schedules
from company.orders.office import Actor, Role
from tests.conftest import SettableClock
from tests.whole_company import Company, Start, git

CEO = Actor("ceo", Role.CEO, "terminal")
Eventually = Callable[..., None]


def slow_company(company: Company) -> None:
    company.agent("backend")
    wait = "import os, pathlib, time; pathlib.Path(os.environ['HOME'], 'began').touch(); time.sleep(600)"
    company.repository(
        "slow", {"a.txt": "a\n"}, commands={"backend": [sys.executable, "-c", wait, str(company.root)]}
    )


def test_a_stop_reaches_a_running_agent_and_the_job_ends_stopped(
    company: Company, start: Start, eventually: Eventually
) -> None:
    slow_company(company)
    running = start()
    company.drop("slow.md", "---\nrepo: slow\n---\n# Take your time\n")
    began = Path(os.environ["HOME"]) / "began"
    eventually(began.exists, within_s=20)
    job = running.job()
    jobs.stop(running.daemon.office(), CEO, job.id)
    eventually(lambda: running.job().status == "stopped", within_s=5)
    assert running.job().outcome == "stopped by ceo"
    assert [task.status.value for task in running.tasks(job.id)] == ["blocked"]
    assert running.rewards(job.id) == []
    eventually(lambda: company.folders().get("stopped") == [job.priority_file])
    running.daemon.drain()
    alive = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(company.root) in (process.info["cmdline"] or ())
    ]
    assert alive == []


def test_a_retry_is_a_new_job_that_remembers_the_old_one(company: Company, start: Start) -> None:
    company.configure(work={"max_iterations": 1})
    company.agent("backend")
    company.repository("idle", {"a.txt": "a\n"}, commands={"backend": ["true"]})
    company.drop("idle.md", "---\nrepo: idle\n---\n# Do nothing\n")
    running = start()
    running.daemon.drain()
    first = running.job()
    jobs.retry(running.daemon.office(), CEO, first.id)
    running.daemon.drain()
    [_, second] = running.jobs()
    assert (second.retry_of, second.status, second.branch_name == first.branch_name) == (
        first.id,
        "blocked",
        False,
    )


def test_nothing_starts_while_everything_is_paused(
    company: Company, start: Start, eventually: Eventually
) -> None:
    company.agent("backend")
    company.repository("one", {"a.txt": "a\n"}, commands={"backend": ["sed", "-i", "s/a/b/", "a.txt"]})
    running = start()
    pauses.pause(running.daemon.office(), CEO, "all")
    company.drop("one.md", "---\nrepo: one\n---\n# Change a letter\n")
    eventually(lambda: company.folders().get("queued"))
    running.daemon.drain()
    assert running.job().status == "pending"
    pauses.resume(running.daemon.office(), CEO, "all")
    eventually(lambda: running.job().status == "completed", within_s=20)
    running.daemon.drain()


def test_a_job_waits_for_the_one_it_depends_on_and_builds_on_it(company: Company, finish: Start) -> None:
    company.agent("backend")
    append = "import pathlib; p = pathlib.Path('list.txt'); p.write_text(p.read_text() + 'more\\n')"
    company.repository("lists", {"list.txt": "first\n"}, commands={"backend": [sys.executable, "-c", append]})
    company.drop("b-second.md", "---\nrepo: lists\ndepends_on: [a-first]\n---\n# The second\n")
    company.drop("a-first.md", "---\nrepo: lists\n---\n# The first\n")
    running = finish()
    by_title = {job.title: job for job in running.jobs()}
    assert {job.status.value for job in by_title.values()} <= {"completed", "failed"}
    assert by_title["The first"].status == "completed"
    if by_title["The second"].status == "completed":
        assert (by_title["The second"].started_at or "") >= (by_title["The first"].completed_at or "")


def test_a_schedule_starts_its_priority_once_a_slot_also_after_sleeping(
    company: Company, start: Start
) -> None:
    company.agent("backend")
    company.repository("notes", {"a.txt": "a\n"}, commands={"backend": ["sed", "-i", "s/$/x/", "a.txt"]})
    text = "---\nrepo: notes\n---\n# Morning notes\n"
    company.configure_list("schedules", [{"name": "morning", "when": "every weekday 09:00", "text": text}])
    clock = SettableClock(SystemClock().now().replace(year=2026, month=11, day=25, hour=5, minute=0))
    running = start(clock=clock)
    running.daemon.drain()
    assert running.jobs() == []
    clock.advance(hours=4)  # 09:00 UTC: 10:00 in Berlin
    running.daemon.wake()
    _until(lambda: len(running.jobs()) == 1)
    clock.advance(**{"days": 2.0})  # asleep over one slot: the missed ones come as one
    running.daemon.wake()
    _until(lambda: len(running.jobs()) == 2)
    running.daemon.drain()
    assert [job.surface for job in running.jobs()] == ["schedule", "schedule"]
    assert clock.now() - timedelta(days=2) > SystemClock().now() - timedelta(days=36500)


def _until(check: Callable[[], bool]) -> None:
    import threading
    import time

    deadline = time.monotonic() + 15
    while not check():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_a_setup_makes_the_worktrees_ready_and_the_second_one_comes_from_the_cache(
    company: Company, finish: Start
) -> None:
    company.agent("backend")
    make = (
        "import pathlib; pathlib.Path('deps').mkdir(); "
        "pathlib.Path('deps', 'lib.txt').write_text('made in ' + str(pathlib.Path.cwd()))"
    )
    use = (
        "import pathlib; made = pathlib.Path('deps/lib.txt').read_text(); "
        "assert made == 'made in ' + str(pathlib.Path.cwd()), made; pathlib.Path('out.txt').write_text('used\\n')"
    )
    bare = company.repository(
        "needy",
        {".gitignore": "deps/\n", "requirements.txt": "lib==1\n"},
        commands={"backend": [sys.executable, "-c", use]},
        setup=[[sys.executable, "-c", make]],
        checks=[{"name": "deps", "run": ["test", "-f", "deps/lib.txt"]}],
    )
    company.drop("use.md", "---\nrepo: needy\n---\n# Use the library\n")
    running = finish()
    job = running.job()
    assert job.status == "completed", job.outcome
    assert company.log(job.id).count("from the cache") == 1
    assert git(bare, "diff", "--name-only", "main", job.branch_name or "") == "out.txt"


def test_a_setup_that_fails_fails_the_job_and_blames_no_agent(company: Company, finish: Start) -> None:
    company.agent("backend")
    company.repository("broken", {"a.txt": "a\n"}, commands={"backend": ["true"]}, setup=[["false"]])
    company.drop("broken.md", "---\nrepo: broken\n---\n# Anything\n")
    running = finish()
    job = running.job()
    assert (job.status, job.exit_code) == ("failed", 1)
    assert "setup" in (job.outcome or "")
    assert [task.status.value for task in running.tasks(job.id)] == ["blocked"]
    assert running.rewards(job.id) == [-10]


def test_a_target_that_is_not_there_fails_with_the_mend(company: Company, finish: Start) -> None:
    company.agent("backend")
    company.entry("gone", path=str(company.root / "nowhere.git"), commands={"backend": ["true"]})
    company.drop("gone.md", "---\nrepo: gone\n---\n# Anything\n")
    job = finish().job()
    assert job.status == "failed"
    assert "nowhere.git" in (job.outcome or "")


def test_work_never_goes_straight_onto_its_base(company: Company, finish: Start) -> None:
    company.agent("backend")
    bare = company.repository("one", {"a.txt": "a\n"}, commands={"backend": ["sed", "-i", "s/a/b/", "a.txt"]})
    company.drop("onto-main.md", "---\nrepo: one\nbranch: main\n---\n# Change a letter\n")
    job = finish().job()
    assert job.status == "failed"
    assert "may not go straight onto its base 'main'" in (job.outcome or "")
    assert git(bare, "show", "main:a.txt") == "a"


def test_a_repository_added_a_moment_before_its_first_file_is_known(
    company: Company, start: Start, eventually: Eventually
) -> None:
    company.agent("backend")
    running = start()
    company.repository("late", {"a.txt": "a\n"}, commands={"backend": ["sed", "-i", "s/a/b/", "a.txt"]})
    company.write_config()
    company.drop("late.md", "---\nrepo: late\n---\n# Change a letter\n")
    eventually(lambda: [job.status.value for job in running.jobs()] == ["completed"], within_s=30)
    running.daemon.drain()


@pytest.mark.sqlite_only  # on PostgreSQL the folder may be another host's: only files that were seen there count
def test_a_file_taken_out_of_scheduled_ends_its_schedule_while_the_service_runs(
    company: Company, start: Start, eventually: Eventually
) -> None:
    company.agent("backend")
    running = start()
    company.drop("news.md", "---\nschedule: every day 09:00\n---\n# News\n")
    eventually(lambda: "scheduled" in company.folders(), within_s=20)
    [name] = company.folders()["scheduled"]
    (company.root / "priorities" / "scheduled" / name).unlink()
    eventually(lambda: not schedules.list_schedules(running.daemon.office()), within_s=40)
    running.daemon.drain()


def test_a_repository_added_to_config_yaml_is_taken_up_without_a_restart(
    company: Company, start: Start, eventually: Eventually
) -> None:
    company.agent("backend")
    running = start()
    company.repository("late", {"a.txt": "a\n"}, commands={"backend": ["sed", "-i", "s/a/b/", "a.txt"]})
    company.write_config()
    eventually(lambda: running.daemon.office().config.repository("late"), within_s=15)
    company.drop("late.md", "---\nrepo: late\n---\n# Change a letter\n")
    eventually(lambda: [job.status.value for job in running.jobs()] == ["completed"], within_s=20)
    running.daemon.drain()
