"""What starts by itself, as people order it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from company.errors import NotPermitted, OrderRefused, PriorityFileError
from company.orders import schedules
from company.orders.office import Actor, Office
from company.orders.schedules import ScheduleRequest, ScheduleView
from company.store import audit
from tests.conftest import SettableClock

TEXT = "# Write the news\n\nText.\n"
NEWS = ScheduleRequest(name="news", when="every weekday 09:00", text=TEXT, time_zone="Europe/Berlin")


def view_of(office: Office, name: str) -> ScheduleView:
    return next(one for one in schedules.list_schedules(office, include_removed=True) if one.row.name == name)


def test_a_schedule_is_listed_with_its_next_slot(office: Office, otto: Actor) -> None:
    added = schedules.add(office, otto, NEWS)
    view = view_of(office, "news")
    assert added.schedule_id == view.row.id
    assert added.is_changed
    assert (view.words, view.next_at) == ("every weekday 09:00", "2026-11-26T08:00:00.000Z")
    assert (view.row.created_by, view.row.priority_text) == ("U-OTTO", TEXT)


def test_an_evaluation_has_no_file(office: Office, otto: Actor) -> None:
    schedules.add(office, otto, ScheduleRequest(name="judge", when="every day 6:00", action="evaluation"))
    assert view_of(office, "judge").row.priority_text is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (ScheduleRequest(name="x", when="whenever", text=TEXT), "bad_schedule"),
        (ScheduleRequest(name="x", when="every day 9:00", text=TEXT, time_zone="Mars/Base"), "bad_schedule"),
        (ScheduleRequest(name="x", when="every day 9:00"), "bad_schedule"),
        (ScheduleRequest(name="x", when="every day 9:00", text=TEXT, action="evaluation"), "bad_schedule"),
        (ScheduleRequest(name="x", when="every day 9:00", text=TEXT, action="dance"), "unknown_action"),
        (ScheduleRequest(name=" ", when="every day 9:00", text=TEXT), "bad_name"),
        (ScheduleRequest(name="x", when="every day 9:00", text=TEXT, agent="nosuch"), "unknown_agent"),
    ],
)
def test_what_is_no_schedule_is_refused(
    office: Office, otto: Actor, request_: ScheduleRequest, code: str
) -> None:
    with pytest.raises(OrderRefused) as refused:
        schedules.add(office, otto, request_)
    assert refused.value.code == code


def test_a_file_that_could_not_be_started_is_not_scheduled(office: Office, otto: Actor) -> None:
    with pytest.raises(PriorityFileError):
        schedules.add(
            office, otto, ScheduleRequest(name="x", when="every day 9:00", text="---\nteem: x\n---\n# X\n")
        )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("repo: smaple", "did you mean sample?"),
        ("team: enginering", "did you mean engineering?"),
        ("agents: [bakend]", "did you mean backend?"),
        ("model: nosuch", "there is no model"),
        ("depends_on: [job-1764061200000-abcdefg]", "there is no job job-1764061200000-abcdefg"),
    ],
)
def test_what_would_be_refused_at_each_of_its_times_is_refused_now(
    office: Office, otto: Actor, settings: str, words: str
) -> None:
    text = f"---\n{settings}\n---\n# X\n"
    with pytest.raises((PriorityFileError, OrderRefused)) as refused:
        schedules.add(office, otto, ScheduleRequest(name="x", when="every day 9:00", text=text))
    assert words in f"{refused.value}; {refused.value.mend}"


def test_a_name_is_taken_until_its_schedule_is_removed(office: Office, otto: Actor) -> None:
    first = schedules.add(office, otto, NEWS)
    with pytest.raises(OrderRefused) as refused:
        schedules.add(office, otto, NEWS)
    assert refused.value.code == "name_taken"
    assert schedules.remove(office, otto, "news").is_changed
    again = schedules.add(office, otto, NEWS)
    assert (again.schedule_id, again.next_at) == (first.schedule_id, first.next_at)


def test_a_paused_schedule_has_no_next_slot_and_catches_nothing_up(
    office: Office, otto: Actor, clock: SettableClock
) -> None:
    schedules.add(office, otto, NEWS)
    assert schedules.pause(office, otto, "news").next_at is None
    clock.advance(days=30)
    resumed = schedules.resume(office, otto, "news")
    assert resumed.next_at == "2026-12-28T08:00:00.000Z"
    assert view_of(office, "news").row.last_slot_at == "2026-12-25T09:00:00.000Z"


def test_pausing_twice_and_resuming_what_runs_change_nothing(office: Office, otto: Actor) -> None:
    schedules.add(office, otto, NEWS)
    assert not schedules.resume(office, otto, "news").is_changed
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: schedules.pause(office, otto, "news"), range(8)))
    assert sum(one.is_changed for one in results) == 1


def test_a_removed_schedule_is_neither_paused_nor_removed_again(office: Office, otto: Actor) -> None:
    schedules.add(office, otto, NEWS)
    schedules.remove(office, otto, "news")
    assert not schedules.remove(office, otto, "news").is_changed
    with pytest.raises(OrderRefused) as refused:
        schedules.pause(office, otto, "news")
    assert refused.value.code == "removed"
    assert "news" not in [one.row.name for one in schedules.list_schedules(office)]


def test_a_viewer_changes_no_schedule_and_the_audit_knows(office: Office, otto: Actor, vera: Actor) -> None:
    schedules.add(office, otto, NEWS)
    for order in (schedules.pause, schedules.resume, schedules.remove):
        with pytest.raises(NotPermitted):
            order(office, vera, "news")
    with office.store.reading() as tx:
        assert [one.outcome for one in audit.newest(tx, limit=3)] == ["refused"] * 3


def test_a_schedule_whose_words_are_not_understood_any_more_says_so(office: Office, otto: Actor) -> None:
    added = schedules.add(office, otto, NEWS)
    with office.store.transaction() as tx:
        tx.update("schedules", {"expression": "at dawn"}, {"id": added.schedule_id})
    view = view_of(office, "news")
    assert view.next_at is None
    assert "at dawn" in view.problem
