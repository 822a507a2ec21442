"""Jobs: started once, moved only where they may go."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from company.errors import NotFound
from company.store import sessions
from company.store.gate import Store
from company.work.job import EXIT_CODE, JobStatus, may_follow
from tests.company.store.conftest import Rows
from tests.conftest import SettableClock


def test_one_start_key_is_one_job(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.team(tx)
        assert rows.session(tx, "job-1", start_key="file:abc:0")
        assert not rows.session(tx, "job-2", start_key="file:abc:0")
        found = sessions.find_by_start_key(tx, "file:abc:0")
        assert found is not None
        assert found.id == "job-1"
        assert sessions.find_by_start_key(tx, "file:abc:1") is None
        with pytest.raises(NotFound, match="no row 'job-2' in sessions"):
            sessions.get(tx, "job-2")


def test_a_new_job_is_pending_whatever_its_row_says(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.team(tx)
        rows.session(tx, "job-1", status="completed", depends_on=["job-0"])
        job = sessions.get(tx, "job-1")
    assert job.status is JobStatus.PENDING
    assert job.depends_on == ("job-0",)
    assert job.created_at == job.updated_at == "2026-11-25T09:00:00.000Z"


def test_the_same_content_is_found_by_its_digest_within_a_window(
    store: Store, rows: Rows, clock: SettableClock
) -> None:
    with store.transaction() as tx:
        rows.team(tx)
        rows.session(tx, "job-1", start_key="file:abc:0")
    clock.advance(seconds=30)
    with store.transaction() as tx:
        rows.session(tx, "job-2", start_key="file:abc:1")
        rows.session(tx, "job-3", start_key="file:abcd:0")
        newest = sessions.find_newest_by_start_key(tx, "file:abc:", "2026-11-25T09:00:00.000Z")
        assert newest is not None
        assert newest.id == "job-2"
        assert sessions.find_newest_by_start_key(tx, "file:abc:", "2026-11-25T09:00:30.001Z") is None
        assert sessions.count_by_start_key(tx, "file:abc:") == 2
        assert sessions.count_by_start_key(tx, "file:ab:") == 0


MOVES = st.lists(st.sampled_from([one for one in JobStatus if one is not JobStatus.PENDING]), max_size=6)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(moves=MOVES)
def test_no_path_leaves_a_final_status(store: Store, moves: list[JobStatus]) -> None:
    """Whatever is asked for, the row's status is what the rules make of it."""
    rows = Rows()
    with store.transaction() as tx:
        tx.execute("DELETE FROM sessions")
        rows.company(tx)
        status = JobStatus.PENDING
        for wanted in moves:
            moved = sessions.move(tx, "job-1", wanted)
            assert moved == may_follow(status, wanted)
            status = wanted if moved else status
            job = sessions.get(tx, "job-1")
            assert job.status is status
            has_ended = status not in (JobStatus.PENDING, JobStatus.IN_PROGRESS)
            assert (job.completed_at is not None) == has_ended
            assert job.exit_code == (EXIT_CODE[status] if has_ended else None)


def test_moves_note_when_and_how_long(store: Store, rows: Rows, clock: SettableClock) -> None:
    def job() -> sessions.Session:
        with store.reading() as tx:
            return sessions.get(tx, "job-1")

    def move(wanted: JobStatus, **changes: Any) -> bool:
        with store.transaction() as tx:
            return sessions.move(tx, "job-1", wanted, **changes)

    with store.transaction() as tx:
        rows.company(tx)
    clock.advance(seconds=10)
    assert move(JobStatus.IN_PROGRESS)
    assert job().started_at == "2026-11-25T09:00:10.000Z"
    clock.advance(seconds=20)
    assert move(JobStatus.BLOCKED, outcome="a question is open")
    assert (job().duration_seconds, job().outcome, job().exit_code) == (20.0, "a question is open", 2)
    clock.advance(seconds=5)
    assert move(JobStatus.IN_PROGRESS)
    assert (job().started_at, job().outcome, job().completed_at) == ("2026-11-25T09:00:10.000Z", None, None)
    assert move(JobStatus.COMPLETED, exit_code=7, phase="closed")
    assert (job().duration_seconds, job().exit_code, job().phase) == (25.0, 7, "closed")
    assert not move(JobStatus.STOPPED)


def test_a_job_that_never_started_took_no_time(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        assert sessions.move(tx, "job-1", JobStatus.STOPPED)
        job = sessions.get(tx, "job-1")
    assert (job.started_at, job.duration_seconds, job.exit_code) == (None, None, 3)


def test_a_phase_belongs_to_a_job_in_progress_and_a_status_to_move(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        assert not sessions.set_phase(tx, "job-1", "working")
        assert sessions.annotate(tx, "job-1", thread_ts="1.2")
        assert not sessions.annotate(tx, "job-9", thread_ts="1.2")
        sessions.move(tx, "job-1", JobStatus.IN_PROGRESS)
        assert sessions.set_phase(tx, "job-1", "working", branch_name="agent/x")
        job = sessions.get(tx, "job-1")
        assert (job.phase, job.branch_name, job.thread_ts) == ("working", "agent/x", "1.2")
        with pytest.raises(ValueError, match="a status changes by move"):
            sessions.annotate(tx, "job-1", status=JobStatus.FAILED)
        with pytest.raises(ValueError, match="a status changes by move"):
            sessions.set_phase(tx, "job-1", "working", status=JobStatus.FAILED)


def test_a_stop_is_asked_for_once_and_only_of_a_job_in_progress(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        assert not sessions.request_stop(tx, "job-1", "U1")
        sessions.move(tx, "job-1", JobStatus.IN_PROGRESS)
        assert sessions.request_stop(tx, "job-1", "U1")
        assert not sessions.request_stop(tx, "job-1", "U2")
        assert sessions.get(tx, "job-1").stop_requested_by == "U1"


def test_jobs_are_listed_newest_first_page_by_page(store: Store, rows: Rows, clock: SettableClock) -> None:
    for number in range(5):
        with store.transaction() as tx:
            rows.team(tx)
            rows.session(tx, f"job-{number}")
        if number % 2:  # 1 and 2, 3 and 4 have the same time: the id decides
            clock.advance(seconds=1)
    with store.reading() as tx:
        seen: list[str] = []
        before: tuple[str, str] | None = None
        while page := sessions.list_sessions(tx, limit=2, before=before):
            seen += [job.id for job in page]
            before = (page[-1].created_at, page[-1].id)
    assert seen == ["job-4", "job-3", "job-2", "job-1", "job-0"]


def test_jobs_are_listed_by_status(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.company(tx)
        rows.session(tx, "job-2")
        rows.session(tx, "job-3")
        sessions.move(tx, "job-2", JobStatus.IN_PROGRESS)
        sessions.move(tx, "job-3", JobStatus.FAILED)
        assert [job.id for job in sessions.list_sessions(tx, JobStatus.FAILED)] == ["job-3"]
        both = sessions.list_sessions(tx, (JobStatus.PENDING, JobStatus.IN_PROGRESS))
        assert [job.id for job in both] == ["job-2", "job-1"]


def test_what_waits_comes_in_the_order_it_should_start(store: Store, rows: Rows) -> None:
    with store.transaction() as tx:
        rows.team(tx)
        for key, priority in (("job-b", 2), ("job-a", 2), ("job-u", 0), ("job-l", 3), ("job-r", 1)):
            rows.session(tx, key, priority=priority)
        sessions.move(tx, "job-r", JobStatus.IN_PROGRESS)
        pending, running = sessions.pending_and_running(tx)
    assert [job.id for job in pending] == ["job-u", "job-a", "job-b", "job-l"]
    assert [job.id for job in running] == ["job-r"]
