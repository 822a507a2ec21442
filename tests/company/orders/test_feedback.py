import pytest

from company.errors import NotPermitted, OrderRefused
from company.orders.feedback import praise, reject
from company.orders.office import Actor, Office
from company.store import audit, outbox, rewards
from company.work.job import JobStatus
from tests.company.at_once import at_once
from tests.company.history import History
from tests.conftest import SettableClock


@pytest.fixture
def history(office: Office, clock: SettableClock) -> History:
    return History(office, clock)


def paid(office: Office, job_id: str) -> list[tuple[str, float]]:
    with office.store.reading() as tx:
        return [(one.cause, one.reward_value) for one in rewards.of_entity(tx, "session", job_id)]


def test_praise_is_100_points_and_is_heard(office: Office, history: History, otto: Actor) -> None:
    job_id = history.job()
    given = praise(office, otto, job_id, "clean work")
    assert (given.job_id, given.is_new, given.points) == (job_id, True, 100)
    assert given.reason == "praised by U-OTTO: clean work"
    assert paid(office, job_id) == [("feedback:U-OTTO", 100)]
    with office.store.reading() as tx:
        (word,) = outbox.of_subject(tx, job_id, "feedback")
        assert (word.payload["word"], word.channel_id, word.thread_ts) == ("praised", "C1", "1.2")
        (entry,) = audit.of_entity(tx, "session", job_id)
        assert (entry.action, entry.outcome) == ("feedback.praise", "done")


def test_a_rejection_costs_100_points_and_needs_its_reason(
    office: Office, history: History, otto: Actor
) -> None:
    job_id = history.job()
    with pytest.raises(OrderRefused, match="needs its reason"):
        reject(office, otto, job_id, "  ")
    assert paid(office, job_id) == []
    assert reject(office, otto, job_id, "it breaks the login").points == -100
    assert paid(office, job_id) == [("feedback:U-OTTO", -100)]


def test_a_person_has_one_word_on_a_job_and_the_first_stands(
    office: Office, history: History, otto: Actor
) -> None:
    job_id = history.job()
    praise(office, otto, job_id)
    again, other = praise(office, otto, job_id), reject(office, otto, job_id, "on second thoughts")
    assert [(one.is_new, one.points) for one in (again, other)] == [(False, 100), (False, 100)]
    assert paid(office, job_id) == [("feedback:U-OTTO", 100)]
    with office.store.reading() as tx:
        outcomes = [entry.outcome for entry in audit.of_entity(tx, "session", job_id)]
        assert outcomes == ["done", "nothing_to_do", "nothing_to_do"]
        assert len(outbox.of_subject(tx, job_id, "feedback")) == 1


def test_each_person_and_each_job_counts(office: Office, history: History, otto: Actor, ana: Actor) -> None:
    one, other = history.job(), history.job(JobStatus.FAILED)
    praise(office, otto, one)
    reject(office, ana, one, "no")
    praise(office, otto, other)
    assert paid(office, one) == [("feedback:U-OTTO", 100), ("feedback:U-ANA", -100)]
    assert paid(office, other) == [("feedback:U-OTTO", 100)]


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.IN_PROGRESS])
def test_what_is_not_finished_is_not_judged(
    office: Office, history: History, otto: Actor, status: JobStatus
) -> None:
    job_id = history.job(status)
    with pytest.raises(OrderRefused, match="nothing to judge yet"):
        praise(office, otto, job_id)
    assert paid(office, job_id) == []


def test_who_only_looks_may_not_judge(office: Office, history: History, vera: Actor) -> None:
    job_id = history.job()
    with pytest.raises(NotPermitted):
        praise(office, vera, job_id)
    with office.store.reading() as tx:
        assert [entry.outcome for entry in audit.of_entity(tx, "session", job_id)] == ["refused"]


def test_both_buttons_pressed_eight_times_at_once_are_one_word(
    office: Office, history: History, otto: Actor
) -> None:
    job_id = history.job()
    given = at_once(
        *[lambda: praise(office, otto, job_id)] * 4, *[lambda: reject(office, otto, job_id, "no")] * 4
    )
    assert sum(one.is_new for one in given) == 1
    assert len({one.points for one in given}) == 1
    assert len(paid(office, job_id)) == 1
