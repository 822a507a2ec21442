"""Words to a job: notes, answers, too late; muted threads; what a job should know from its beginning."""

import pytest

from company.errors import NotPermitted
from company.orders import jobs, threads
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from company.orders.threads import Context, Heard
from company.store import notes, questions
from company.work.job import JobStatus


def started(office: Office, actor: Actor, **more: object) -> str:
    request = StartRequest(content=b"do it", team="engineering", **more)  # type: ignore[arg-type] # a shorthand
    return jobs.start(office, actor, request).job_id


def test_what_is_said_to_a_job_is_kept_once_a_delivery(office: Office, otto: Actor) -> None:
    job_id = started(office, otto)
    first = threads.tell(office, otto, job_id, "use blue", delivery_id="message:C1:1")
    again = threads.tell(office, otto, job_id, "use blue", delivery_id="message:C1:1")
    assert (first.heard, first.is_new, again.is_new) == (Heard.NOTED, True, False)
    with office.store.reading() as tx:
        assert [one.body for one in notes.of_session(tx, job_id)] == ["use blue"]


def test_where_an_answer_is_awaited_the_words_are_the_answer(office: Office, otto: Actor) -> None:
    job_id = started(office, otto)
    with office.store.transaction() as tx:
        questions.ask(
            tx, {"id": "q1", "session_id": job_id, "agent_id": "agent-backend", "question": "which?"}
        )
    told = threads.tell(office, otto, job_id, "the second")
    assert told.heard is Heard.ANSWERED
    with office.store.reading() as tx:
        assert questions.get(tx, "q1").answer == "the second"
        assert notes.of_session(tx, job_id) == []


def test_in_a_muted_thread_only_what_is_addressed_is_heard(office: Office, otto: Actor) -> None:
    job_id = started(office, otto)
    assert threads.mute(office, otto, job_id).is_changed
    assert not threads.mute(office, otto, job_id).is_changed
    assert threads.tell(office, otto, job_id, "lunch?", is_addressed=False).heard is Heard.MUTED
    assert threads.tell(office, otto, job_id, "use blue").heard is Heard.NOTED
    assert threads.unmute(office, otto, job_id).is_changed
    assert threads.tell(office, otto, job_id, "and green", is_addressed=False).heard is Heard.NOTED
    with office.store.reading() as tx:
        assert [one.body for one in notes.of_session(tx, job_id)] == ["use blue", "and green"]


def test_a_job_that_has_ended_hears_nothing(office: Office, otto: Actor) -> None:
    job_id = started(office, otto)
    assert jobs.stop(office, otto, job_id).status is JobStatus.STOPPED
    assert threads.tell(office, otto, job_id, "use blue").heard is Heard.TOO_LATE


def test_a_viewer_tells_agents_nothing(office: Office, otto: Actor, vera: Actor) -> None:
    job_id = started(office, otto)
    with pytest.raises(NotPermitted):
        threads.tell(office, vera, job_id, "delete everything")


def test_what_stood_before_is_kept_from_the_start_and_given_to_a_retry(office: Office, otto: Actor) -> None:
    before = Context(kind="before", author="U1", body="the footer is blue on Mondays")
    job_id = started(office, otto, context=(before, Context(kind="file", author="a.txt", body="x")))
    threads.tell(office, otto, job_id, "hurry")
    jobs.stop(office, otto, job_id)
    again = jobs.retry(office, otto, job_id).job_id
    with office.store.reading() as tx:
        assert [(one.kind, one.author, one.body) for one in notes.of_session(tx, again)] == [
            ("before", "U1", "the footer is blue on Mondays"),
            ("file", "a.txt", "x"),
            ("note", "U-OTTO", "hurry"),
        ]
