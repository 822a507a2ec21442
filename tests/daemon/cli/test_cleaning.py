"""clean: what would go, and its going; permitted, audited, and harmless beside a service that runs."""

from datetime import timedelta
from pathlib import Path

from company.clock import SystemClock, to_iso
from company.ids import new_job_id
from company.orders.office import Office
from company.store import audit, sessions
from company.work.job import JobStatus
from tests.daemon.cli.conftest import Run


def old_job(office: Office, company: Path) -> str:
    """Make a job that ended fifty days ago and left a worktree and its state."""
    job_id = new_job_id(SystemClock().now())
    row = {
        "id": job_id, "team_id": "team-engineering", "title": "Something", "priority_file": f"x.{job_id}.md",
        "priority_text": "# Something\n", "start_key": job_id, "requested_by": "me",
    }  # fmt: skip
    with office.store.transaction() as tx:
        sessions.insert_pending(tx, row)
        sessions.move(tx, job_id, JobStatus.IN_PROGRESS)
        ended_at = to_iso(SystemClock().now() - timedelta(days=50))
        sessions.move(tx, job_id, JobStatus.COMPLETED, completed_at=ended_at)
    for name in (f"worktrees/{job_id}/1-backend", f"session-{job_id}"):
        folder = company / ".compound-state" / name
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * 2_000_000)
    return job_id


def test_a_dry_run_shows_what_would_go_and_removes_nothing(run: Run, office: Office, company: Path) -> None:
    job = old_job(office, company)
    shown = run("clean", "--dry-run", "--json").facts
    assert shown["is_dry_run"]
    assert [(one["kind"], one["name"], one["reason"]) for one in shown["removed"]] == [
        ("state", f"session-{job}", "its job ended 50 days ago"),
        ("worktrees", job, "its job ended 50 days ago"),
    ]
    assert shown["bytes"] == sum(one["bytes"] for one in shown["removed"]) > 4_000_000
    assert (company / ".compound-state" / f"session-{job}" / "file").exists()
    words = run("clean", "-n").out
    assert f"session-{job}" in words
    assert "2 things would go, 4.0 MB" in words


def test_cleaning_removes_it_says_so_and_is_audited(run: Run, office: Office, company: Path) -> None:
    job = old_job(office, company)
    ran = run("clean")
    assert (ran.code, "2 things went, 4.0 MB" in ran.out) == (0, True)
    assert not (company / ".compound-state" / f"session-{job}").exists()
    assert not (company / ".compound-state" / "worktrees" / job).exists()
    with office.store.reading() as tx:
        assert [one.outcome for one in audit.of_entity(tx, "service", "housekeeping")] == ["done"]
    again = run("clean")
    assert (again.code, again.out.strip()) == (0, "nothing is older than config.yaml keeps it")


def test_who_may_only_look_may_not_clean(run: Run, office: Office, company: Path) -> None:
    job = old_job(office, company)
    config = company / "config.yaml"
    config.write_text(config.read_text().replace("terminal_role: ceo", "terminal_role: viewer"))
    assert run("clean").code == 1
    assert (company / ".compound-state" / "worktrees" / job).exists()
    assert run("clean", "--dry-run").code == 0
