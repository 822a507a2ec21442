"""Looking: for viewers and up, changes nothing; which job a pronoun means; what was spent."""

import pytest

from company.errors import NotPermitted, OrderRefused
from company.orders import costs, jobs, listing, looking
from company.orders.costs import CostPeriod
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office, Role
from company.store import audit, sessions, tasks, usage
from tests.conftest import SettableClock

STRANGER = Actor("U-X", Role.NOBODY, "slack")


def started(office: Office, actor: Actor, text: str = "do it", **more: object) -> str:
    request = StartRequest(content=text.encode(), team="engineering", **more)  # type: ignore[arg-type] # a shorthand
    return jobs.start(office, actor, request).job_id


def test_strangers_see_nothing_and_looking_leaves_no_trace(office: Office, otto: Actor, vera: Actor) -> None:
    started(office, otto)
    with office.store.reading() as tx:
        before = len(audit.newest(tx, limit=100))
    for look in (looking.list_jobs, costs.spent, listing.agents_of, listing.leads, listing.schedules_of):
        with pytest.raises(NotPermitted):
            look(office, STRANGER)
        look(office, vera)
    with office.store.reading() as tx:
        assert len(audit.newest(tx, limit=100)) == before


def test_it_is_the_threads_job_else_the_only_one_under_way(
    office: Office, otto: Actor, clock: SettableClock
) -> None:
    with pytest.raises(OrderRefused, match="no job"):
        looking.find_job_meant(office, otto, "it", None, is_order=True)
    first = started(office, otto)
    assert looking.find_job_meant(office, otto, "it", None, is_order=True) == first
    clock.advance(seconds=1)
    second = started(office, otto)
    assert looking.find_job_meant(office, otto, "it", first, is_order=True) == first
    assert looking.find_job_meant(office, otto, first[-7:], second, is_order=True) == first
    with pytest.raises(OrderRefused, match="several jobs"):
        looking.find_job_meant(office, otto, "it", None, is_order=True)
    assert looking.find_job_meant(office, otto, "it", None, is_order=False) == second


def test_what_is_retried_without_a_name_is_the_last_that_did_not_make_it(office: Office, otto: Actor) -> None:
    with pytest.raises(OrderRefused):
        looking.find_ended_job(office, otto, "it", None, is_failed=True)
    first = started(office, otto)
    jobs.stop(office, otto, first)
    started(office, otto)
    assert looking.find_ended_job(office, otto, "it", None, is_failed=True) == first


def test_a_job_is_found_by_its_thread_and_its_message(office: Office, otto: Actor) -> None:
    job_id = started(office, otto, channel_id="C1", thread_ts="1.1")
    assert looking.job_of_thread(office, "C1", "1.1") == job_id
    assert looking.job_of_message(office, "C1", "1.1") == job_id
    assert looking.job_of_thread(office, "C2", "1.1") is None
    with office.store.transaction() as tx:
        tx.execute("UPDATE outbox SET status = 'sent', message_ts = '1.2' WHERE subject_id = :id", id=job_id)
    assert looking.job_of_message(office, "C1", "1.2") == job_id


def test_a_log_is_read_from_its_end_by_the_jobs_id(office: Office, otto: Actor, vera: Actor) -> None:
    job_id = started(office, otto)
    assert looking.log_tail(office, vera, job_id)[1] == ()
    path = looking.log_path(office, job_id)
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"line {number}\n" for number in range(100_000)), encoding="utf-8")
    assert looking.log_tail(office, vera, job_id, lines=2)[1] == ("line 99998", "line 99999")
    with pytest.raises(OrderRefused):
        looking.log_tail(office, vera, "../../etc/passwd")


def test_costs_are_summed_by_agent_model_and_day_against_the_time_before(
    office: Office, otto: Actor, vera: Actor, clock: SettableClock
) -> None:
    job_id = started(office, otto)

    def spend(usd: float, task: str) -> None:
        with office.store.transaction() as tx:
            row = {"id": task, "session_id": job_id, "agent_id": f"agent-{task}", "task_description": "x"}
            tasks.insert_new(tx, row)
            usage.record(tx, {"task_id": task, "model": "sonnet", "cost_usd": usd, "is_estimate": 1})

    spend(1.0, "backend")
    clock.advance(days=1)
    spend(0.25, "backend")
    spend(0.5, "frontend")
    today = costs.spent(office, vera)
    assert (today.total_usd, today.before_usd, today.is_estimate) == (0.75, 1.0, True)
    assert [(one.name, one.cost_usd) for one in today.agents] == [("Frontend", 0.5), ("Backend", 0.25)]
    week = costs.spent(office, vera, CostPeriod.WEEK)
    assert (week.total_usd, len(week.days)) == (1.75, 7)
    assert [one.cost_usd for one in week.days[-2:]] == [1.0, 0.75]


def test_a_word_after_agents_is_a_team_or_an_agent(office: Office, vera: Actor) -> None:
    assert {one.team for one in listing.agents_of(office, vera, "marketing")} == {"Marketing"}
    assert [one.name for one in listing.agents_of(office, vera, "backend")] == ["Backend"]
    with pytest.raises(OrderRefused):
        listing.agents_of(office, vera, "nosuch")


def test_a_job_shows_the_newest_run_of_each_agent(office: Office, otto: Actor, vera: Actor) -> None:
    job_id = started(office, otto)
    with office.store.transaction() as tx:
        for number, error in enumerate(("first", "second")):
            tasks.insert(
                tx,
                {
                    "id": f"t{number}", "session_id": job_id, "agent_id": "agent-backend", "task_description": "x",
                    "retry_count": number, "error_message": error,
                },
            )  # fmt: skip
        assert sessions.get(tx, job_id).title == "do it"
    [part] = looking.job_facts(office, vera, job_id).parts
    assert (part.name, part.error) == ("Backend", "second")
