"""Stop, retry, answer: one of many does it, the others read what is."""

import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

from company.errors import NotFound, NotPermitted, OrderRefused
from company.orders import jobs
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office, Role
from company.orders.references import find_job
from company.store import audit, outbox, questions, sessions
from company.store.sessions import Session
from company.work.job import JobStatus
from tests.conftest import SettableClock

Result = TypeVar("Result")


@pytest.fixture
def job(office: Office, otto: Actor) -> str:
    """A pending job."""
    return jobs.start(
        office, otto, StartRequest(content=b"# Add login\n\nText.\n", name="add-login.md")
    ).job_id


def move(office: Office, job_id: str, *statuses: JobStatus) -> None:
    for status in statuses:
        with office.store.transaction() as tx:
            assert sessions.move(tx, job_id, status)


def session_of(office: Office, job_id: str) -> Session:
    with office.store.reading() as tx:
        return sessions.get(tx, job_id)


def ask(office: Office, job_id: str, question_id: str = "q-1") -> None:
    with office.store.transaction() as tx:
        row = {"id": question_id, "session_id": job_id, "agent_id": "agent-backend", "question": "Which?"}
        assert questions.ask(tx, row)


def at_once(order: Callable[[Actor], Result], count: int = 8) -> list[Result]:
    results: list[Result] = []
    barrier = threading.Barrier(count)

    def give(number: int) -> None:
        barrier.wait()
        results.append(order(Actor(f"U{number}", Role.CEO, "slack")))

    threads = [threading.Thread(target=give, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_job_that_waits_is_stopped_at_once(office: Office, otto: Actor, job: str) -> None:
    stopped = jobs.stop(office, otto, job)
    session = session_of(office, job)
    assert (stopped.is_changed, stopped.status, stopped.by) == (True, JobStatus.STOPPED, "U-OTTO")
    assert (session.exit_code, session.outcome, session.phase) == (3, "stopped by U-OTTO", "closed")
    with office.store.reading() as tx:
        assert outbox.of_subject(tx, job)[-1].payload["status"] == "stopped"


def test_a_job_at_work_is_asked_to_stop_and_the_daemon_acts(office: Office, otto: Actor, job: str) -> None:
    move(office, job, JobStatus.IN_PROGRESS)
    stopped = jobs.stop(office, otto, job)
    session = session_of(office, job)
    assert (stopped.is_changed, stopped.status, stopped.by) == (True, JobStatus.IN_PROGRESS, "U-OTTO")
    assert session.status is JobStatus.IN_PROGRESS
    assert session.stop_requested_at is not None


def test_a_blocked_job_is_stopped_with_its_questions(office: Office, otto: Actor, job: str) -> None:
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.BLOCKED)
    ask(office, job)
    assert jobs.stop(office, otto, job).status is JobStatus.STOPPED
    with office.store.reading() as tx:
        assert questions.get(tx, "q-1").status == "expired"


@pytest.mark.parametrize("end", [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED])
def test_stopping_a_job_that_ended_changes_nothing_and_says_how_it_ended(
    office: Office, otto: Actor, job: str, end: JobStatus
) -> None:
    move(office, job, JobStatus.IN_PROGRESS, end)
    before = session_of(office, job)
    stopped = jobs.stop(office, otto, job)
    assert (stopped.is_changed, stopped.status) == (False, end)
    assert session_of(office, job) == before
    with office.store.reading() as tx:
        assert audit.of_entity(tx, "session", job)[-1].outcome == "nothing_to_do"


@pytest.mark.parametrize("at_work", [False, True])
def test_of_eight_who_stop_a_job_one_has_done_it_and_all_read_who(
    office: Office, job: str, at_work: bool
) -> None:
    if at_work:
        move(office, job, JobStatus.IN_PROGRESS)
    results = at_once(lambda actor: jobs.stop(office, actor, job))
    winners = [one for one in results if one.is_changed]
    assert len(winners) == 1
    assert {one.by for one in results} == {winners[0].by}
    with office.store.reading() as tx:
        outcomes = [one.outcome for one in audit.of_entity(tx, "session", job)]
    assert sorted(outcomes) == sorted(["done", "done", *["nothing_to_do"] * 7])


def test_a_viewer_stops_nothing(office: Office, vera: Actor, job: str) -> None:
    with pytest.raises(NotPermitted):
        jobs.stop(office, vera, job)
    assert session_of(office, job).status is JobStatus.PENDING
    with office.store.reading() as tx:
        refused = audit.of_entity(tx, "session", job)[-1]
    assert (refused.actor_id, refused.outcome) == ("U-VERA", "refused")


@pytest.mark.parametrize("end", [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.BLOCKED, JobStatus.STOPPED])
def test_a_finished_job_is_tried_again_as_a_new_one(
    office: Office, otto: Actor, job: str, end: JobStatus, clock: SettableClock
) -> None:
    move(office, job, JobStatus.IN_PROGRESS, end)
    clock.advance(seconds=5)
    again = jobs.retry(office, otto, job)
    old, new = session_of(office, job), session_of(office, again.job_id)
    assert again.is_new
    assert (new.retry_of, new.status, new.priority_text) == (job, JobStatus.PENDING, old.priority_text)
    assert new.priority_file == f"add-login.{new.id}.md"
    assert old.status is end


def test_a_job_that_has_not_ended_is_not_tried_again(office: Office, otto: Actor, job: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        jobs.retry(office, otto, job)
    assert refused.value.code == "not_finished"
    assert job in refused.value.mend


def test_of_eight_who_retry_a_job_one_makes_the_new_one(office: Office, job: str) -> None:
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.FAILED)
    results = at_once(lambda actor: jobs.retry(office, actor, job))
    assert len({one.job_id for one in results}) == 1
    assert sum(one.is_new for one in results) == 1


def test_when_the_retry_ended_there_can_be_another_but_not_for_the_same_delivery(
    office: Office, otto: Actor, job: str
) -> None:
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.FAILED)
    first = jobs.retry(office, otto, job, delivery_id="Ev1")
    move(office, first.job_id, JobStatus.IN_PROGRESS, JobStatus.FAILED)
    assert jobs.retry(office, otto, job, delivery_id="Ev1").job_id == first.job_id
    assert jobs.retry(office, otto, job, delivery_id="Ev2").is_new


def test_a_retry_stays_in_the_thread_of_its_job_unless_it_is_asked_for_elsewhere(
    office: Office, otto: Actor
) -> None:
    request = StartRequest(content=b"Tidy up", channel_id="C1", thread_ts="1.2")
    first = jobs.start(office, otto, request).job_id
    move(office, first, JobStatus.IN_PROGRESS, JobStatus.FAILED)
    second = session_of(office, jobs.retry(office, otto, first).job_id)
    assert (second.channel_id, second.thread_ts) == ("C1", "1.2")
    move(office, second.id, JobStatus.IN_PROGRESS, JobStatus.FAILED)
    third = session_of(office, jobs.retry(office, otto, second.id, channel_id="C2", thread_ts="3.4").job_id)
    assert (third.channel_id, third.thread_ts) == ("C2", "3.4")


def test_the_first_answer_counts(office: Office, otto: Actor, job: str) -> None:
    ask(office, job)
    results = at_once(lambda actor: jobs.answer(office, actor, "q-1", f"take {actor.id}"))
    [winner] = [one for one in results if one.is_changed]
    assert {one.answer for one in results} == {winner.answer} == {f"take {winner.by}"}


def test_an_empty_answer_and_an_unknown_question_are_refused(office: Office, otto: Actor, job: str) -> None:
    ask(office, job)
    with pytest.raises(OrderRefused):
        jobs.answer(office, otto, "q-1", "  ")
    with pytest.raises(NotFound):
        jobs.answer(office, otto, "q-nosuch", "yes")
    with office.store.reading() as tx:
        assert audit.newest(tx)[0].outcome == "refused"
        assert questions.get(tx, "q-1").status == "open"


class TestNamingAJob:
    def test_by_its_id_a_unique_beginning_or_its_last_characters(self, office: Office, job: str) -> None:
        with office.store.reading() as tx:
            for word in (
                job,
                job.upper(),
                job[:-3],
                job.removeprefix("job-")[:10],
                job[-7:],
                job[-4:],
                "last",
            ):
                assert find_job(tx, word).id == job

    def test_an_ambiguous_word_names_the_candidates(self, office: Office, otto: Actor, job: str) -> None:
        other = jobs.start(office, otto, StartRequest(content=b"Another")).job_id
        with office.store.reading() as tx:
            assert find_job(tx, "last").id == max(job, other)
            with pytest.raises(OrderRefused) as refused:
                find_job(tx, "job-")
        assert refused.value.code == "ambiguous"
        assert job in refused.value.reason
        assert other in refused.value.reason

    @pytest.mark.parametrize("word", ["", "%", "_", "nosuch", "job-0000000000000-aaaaaaa", "' OR 1=1 --"])
    def test_what_names_no_job_is_refused(self, office: Office, job: str, word: str) -> None:
        with office.store.reading() as tx, pytest.raises(OrderRefused) as refused:
            find_job(tx, word)
        assert refused.value.code == "unknown_job"

    def test_last_in_an_empty_company(self, office: Office) -> None:
        with office.store.reading() as tx, pytest.raises(OrderRefused, match="no job yet"):
            find_job(tx, "last")
