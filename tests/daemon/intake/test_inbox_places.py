"""The inbox after a crash, and a file's way from folder to folder as its job moves on."""

from pathlib import Path

import pytest

from company.orders import jobs, schedules
from company.orders.office import Actor, Office, Role
from company.store import audit
from company.store.gate import Store
from company.store.opening import open_store
from company.work.job import FOLDER, JobStatus
from daemon.intake.inbox import Inbox, Taken
from daemon.intake.scheduled import ScheduledFolder
from tests.conftest import SettableClock
from tests.daemon.intake.dropping import CEO, TASK, Sessions, drop, move, names, note


class StopWatch:
    """Seconds that pass when a test says so."""

    now_s = 100.0


@pytest.fixture
def watch(inbox: Inbox) -> StopWatch:
    """Let the inbox tell by this how long a file has been gone."""
    made = StopWatch()
    inbox.scheduled = ScheduledFolder(inbox.folder, monotonic=lambda: made.now_s)
    return made


@pytest.fixture
def folder_actor() -> Actor:
    return Actor("priorities", Role.OPERATOR, "file")


class TestCrashes:
    """What a process that ended left behind, at each boundary."""

    def test_after_the_claim_the_file_is_taken_by_the_next_process(
        self, inbox: Inbox, office: Office, all_sessions: Sessions
    ) -> None:
        folder = inbox.folder / ".taking" / "1795597200000-00000000"
        folder.mkdir()
        (inbox.folder / drop(inbox)).rename(folder / "add-login.md")

        assert Inbox(lambda: office).take_up_again() == 0

        [session] = all_sessions()
        assert names(inbox, "queued") == [session.priority_file]
        assert names(inbox, ".taking") == []

    @pytest.mark.parametrize("hours", [0, 48])
    @pytest.mark.parametrize("was_placed", [False, True])
    def test_after_the_commit_the_file_is_moved_and_nothing_starts_twice(
        self,
        inbox: Inbox,
        office: Office,
        all_sessions: Sessions,
        clock: SettableClock,
        hours: int,
        was_placed: bool,
    ) -> None:
        milliseconds = int(clock.now().timestamp() * 1000)
        folder = inbox.folder / ".taking" / f"{milliseconds}-00000000"
        folder.mkdir()
        (inbox.folder / drop(inbox)).rename(folder / "add-login.md")
        clock.advance(milliseconds=5)
        request = jobs.StartRequest(content=TASK.encode(), name="add-login.md")
        started = jobs.start(office, Actor("priorities", Role.OPERATOR, "file"), request)
        clock.advance(hours=hours)
        fresh = Inbox(lambda: office)
        if was_placed:  # the next process looked after the jobs' files before it came to the claim
            fresh.put_in_order()

        assert fresh.take_up_again() == 0

        [session] = all_sessions()
        assert session.id == started.job_id
        assert names(inbox, "queued") == [session.priority_file]
        assert (names(inbox, ".taking"), names(inbox, "rejected")) == ([], [])

    def test_a_rejection_repeated_after_a_crash_is_told_once(
        self, inbox: Inbox, office: Office, store: Store
    ) -> None:
        for _ in range(2):
            folder = inbox.folder / ".taking" / "1795597200000-00000000"
            folder.mkdir(exist_ok=True)
            (folder / "bad.md").write_bytes(b"\0")
            Inbox(lambda: office).take_up_again()

        with store.reading() as tx:
            assert tx.value("SELECT count(*) FROM outbox WHERE kind = 'rejected'") == 1

    def test_an_empty_claim_is_tidied_away(self, inbox: Inbox) -> None:
        (inbox.folder / ".taking" / "1795597200000-00000000").mkdir()
        assert inbox.take_up_again() == 0
        assert names(inbox, ".taking") == []

    def test_a_locked_store_keeps_the_file_claimed_and_it_is_taken_later(
        self, office: Office, store: Store, database_url: str, tmp_path: Path, all_sessions: Sessions
    ) -> None:
        impatient = open_store(
            database_url, sqlite_path=tmp_path / "agent-service.db", clock=office.clock, busy_timeout_ms=50
        )
        inbox = Inbox(lambda: Office(impatient, office.config, office.clock))
        inbox.lay_out()
        with store.transaction() as tx:
            tx.update("teams", {"description": "locked"}, {"id": "team-engineering"})
            assert inbox.take(drop(inbox)) is Taken.WAITS
            assert inbox.take_up_again() == 1

        assert inbox.take_up_again() == 0
        assert names(inbox, "queued") == [all_sessions()[0].priority_file]
        impatient.close()

    def test_a_missing_folder_is_made_again_and_the_file_waits_for_it(
        self, inbox: Inbox, all_sessions: Sessions
    ) -> None:
        (inbox.folder / "queued").rmdir()
        assert inbox.take(drop(inbox)) is Taken.WAITS
        assert inbox.take_up_again() == 0

        [session] = all_sessions()
        assert names(inbox, "queued") == [session.priority_file]


class TestPlacing:
    def test_a_file_follows_its_job(self, inbox: Inbox, store: Store, all_sessions: Sessions) -> None:
        inbox.take(drop(inbox))
        [session] = all_sessions()
        for status in (JobStatus.IN_PROGRESS, JobStatus.BLOCKED, JobStatus.IN_PROGRESS, JobStatus.COMPLETED):
            assert inbox.place(move(store, session.id, status)) == (
                inbox.folder / FOLDER[status] / session.priority_file
            )
            found = list(inbox.folder.rglob(session.priority_file))
            assert [path.parent.name for path in found] == [FOLDER[status]]

    def test_an_old_record_never_moves_a_file_back(
        self, inbox: Inbox, store: Store, all_sessions: Sessions
    ) -> None:
        inbox.take(drop(inbox))
        [old] = all_sessions()
        inbox.place(move(store, old.id, JobStatus.IN_PROGRESS, JobStatus.COMPLETED))

        assert inbox.place(old).parent.name == "done"

    def test_a_job_that_was_ordered_gets_its_file_and_a_lost_one_is_written_again(
        self, inbox: Inbox, office: Office
    ) -> None:
        started = jobs.start(office, CEO, jobs.StartRequest(content=b"Write a blog post", delivery_id="1"))
        for _ in range(2):
            inbox.put_in_order()
            assert (inbox.folder / "queued" / started.priority_file).read_text() == "Write a blog post"
            (inbox.folder / "queued" / started.priority_file).unlink()

    def test_every_file_is_put_in_order_after_any_order(
        self, inbox: Inbox, office: Office, store: Store, all_sessions: Sessions
    ) -> None:
        for number in range(4):
            inbox.take(drop(inbox, f"{number}.md", f"# Task {number}\n\nText.\n"))
        first, second, third, fourth = all_sessions()
        move(store, first.id, JobStatus.IN_PROGRESS)
        move(store, second.id, JobStatus.IN_PROGRESS, JobStatus.FAILED)
        jobs.stop(office, CEO, third.id)
        strange = "theirs.job-1764061200000-abcdefg.md"
        (inbox.folder / "queued" / strange).write_text("of another database")

        for _ in range(2):
            inbox.put_in_order()

        assert names(inbox, "running") == [first.priority_file]
        assert names(inbox, "failed") == [second.priority_file]
        assert names(inbox, "stopped") == [third.priority_file]
        assert names(inbox, "queued") == sorted([fourth.priority_file, strange])


class TestSchedules:
    TEXT = "---\nschedule: every weekday 09:00\n---\n# Write the news\n\nText.\n"

    def test_a_file_with_a_schedule_starts_nothing_now_and_stands_in_scheduled(
        self, inbox: Inbox, office: Office, all_sessions: Sessions
    ) -> None:
        assert inbox.take(drop(inbox, "news.md", self.TEXT)) is Taken.SCHEDULED

        [view] = [one for one in schedules.list_schedules(office) if one.row.name == "write-the-news"]
        assert (view.words, view.row.priority_text) == ("every weekday 09:00", self.TEXT)
        assert names(inbox, "scheduled") == [f"news.{view.row.id}.md"]
        assert all_sessions() == []

    def test_a_schedule_that_is_not_understood_is_refused(self, inbox: Inbox) -> None:
        inbox.take(drop(inbox, "news.md", self.TEXT.replace("weekday", "full moon")))
        assert "full" in note(inbox, "news.md")

    def test_a_second_schedule_of_one_name_is_refused_with_the_way_out(self, inbox: Inbox) -> None:
        inbox.take(drop(inbox, "news.md", self.TEXT))
        assert inbox.take(drop(inbox, "news.md", self.TEXT)) is Taken.REJECTED
        assert "agent-service schedules remove write-the-news" in note(inbox, "news.md")

    def test_after_a_crash_behind_the_commit_the_file_is_moved_and_not_refused(
        self, inbox: Inbox, office: Office, clock: SettableClock
    ) -> None:
        folder = inbox.folder / ".taking" / f"{int(clock.now().timestamp() * 1000)}-00000000"
        folder.mkdir()
        (inbox.folder / drop(inbox, "news.md", self.TEXT)).rename(folder / "news.md")
        request = schedules.ScheduleRequest(name="write-the-news", when="every weekday 09:00", text=self.TEXT)
        change = schedules.add(office, CEO, request)
        clock.advance(hours=5)

        assert Inbox(lambda: office).take_up_again() == 0
        assert names(inbox, "scheduled") == [f"news.{change.schedule_id}.md"]

    def test_the_file_of_a_removed_schedule_goes_to_stopped(self, inbox: Inbox, office: Office) -> None:
        inbox.take(drop(inbox, "news.md", self.TEXT))
        [name] = names(inbox, "scheduled")
        inbox.put_in_order()
        assert names(inbox, "scheduled") == [name]

        schedules.remove(office, CEO, "write-the-news")
        inbox.put_in_order()
        assert (names(inbox, "scheduled"), names(inbox, "stopped")) == ([], [name])

    def test_a_file_that_was_taken_out_ends_its_schedule_after_a_while(
        self, inbox: Inbox, office: Office, store: Store, watch: "StopWatch"
    ) -> None:
        inbox.take(drop(inbox, "news.md", self.TEXT))
        [name] = names(inbox, "scheduled")
        (inbox.folder / "scheduled" / name).unlink()
        inbox.put_in_order()
        watch.now_s += 1.9
        inbox.put_in_order()
        assert self.active(office) == ["write-the-news"]

        watch.now_s += 0.2
        inbox.put_in_order()
        assert self.active(office) == []
        with store.reading() as tx:
            newest = audit.newest(tx, limit=1)[0]
        assert (newest.action, newest.actor_id, newest.surface) == ("schedule.remove", "priorities", "file")

    def test_a_file_that_an_editor_saves_ends_nothing(
        self, inbox: Inbox, office: Office, watch: "StopWatch"
    ) -> None:
        inbox.take(drop(inbox, "news.md", self.TEXT))
        [name] = names(inbox, "scheduled")
        file = inbox.folder / "scheduled" / name
        for _ in range(3):
            file.rename(file.with_suffix(".bak"))
            inbox.put_in_order()
            file.with_suffix(".bak").rename(file)
            watch.now_s += 60
            inbox.put_in_order()
        assert self.active(office) == ["write-the-news"]

    def test_what_never_had_a_file_does_not_miss_one(
        self, inbox: Inbox, office: Office, watch: "StopWatch"
    ) -> None:
        schedules.add(
            office, CEO, schedules.ScheduleRequest(name="ordered", when="every day 09:00", text="# Order\n")
        )
        for _ in range(3):
            watch.now_s += 60
            inbox.put_in_order()
        assert self.active(office) == ["ordered"]

    def test_a_file_on_its_way_is_not_missed(
        self, inbox: Inbox, office: Office, watch: "StopWatch", folder_actor: Actor
    ) -> None:
        """The schedule is committed and its file is still claimed, as after a crash between the two."""
        request = schedules.ScheduleRequest(name="write-the-news", when="every weekday 09:00", text=self.TEXT)
        schedules.add(office, folder_actor, request)
        (inbox.folder / ".taking" / "1795597200000-00000000").mkdir()
        for _ in range(3):
            watch.now_s += 60
            inbox.put_in_order()
        assert self.active(office) == ["write-the-news"]

    def test_a_file_moved_back_and_changed_replaces_its_schedule(
        self, inbox: Inbox, office: Office, watch: "StopWatch"
    ) -> None:
        inbox.take(drop(inbox, "news.md", self.TEXT))
        [name] = names(inbox, "scheduled")
        (inbox.folder / "scheduled" / name).unlink()
        drop(inbox, name, self.TEXT.replace("weekday", "Monday"))
        assert inbox.take(name) is Taken.SCHEDULED
        watch.now_s += 60
        inbox.put_in_order()
        [view] = [one for one in schedules.list_schedules(office) if one.row.name == "write-the-news"]
        assert view.words == "every Monday 09:00"
        assert names(inbox, "scheduled") == [f"news.{view.row.id}.md"]

    @staticmethod
    def active(office: Office) -> list[str]:
        return [one.row.name for one in schedules.list_schedules(office) if one.row.action == "priority"]
