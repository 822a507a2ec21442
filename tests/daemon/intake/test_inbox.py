"""The inbox on a real folder and a real store: what is taken, what is refused, and that nothing is lost."""

import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from company.orders import jobs, schedules
from company.orders.office import Actor, Office, Role
from company.store import outbox, sessions
from company.store.gate import Store
from company.store.opening import open_store
from company.store.sessions import Session
from company.work.job import FOLDER, JobStatus
from daemon.intake.inbox import Inbox, Taken
from tests.conftest import SettableClock

TASK = "# Add login\n\nLet people log in.\n"
CEO = Actor("ana", Role.CEO, "terminal")
Sessions = Callable[[], list[Session]]


def drop(inbox: Inbox, name: str = "add-login.md", text: str | bytes = TASK) -> str:
    (inbox.folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def names(inbox: Inbox, folder: str) -> list[str]:
    return sorted(os.listdir(inbox.folder / folder))  # noqa: PTH208  names may be anything, also no text


def note(inbox: Inbox, name: str) -> str:
    return (inbox.folder / "rejected" / f"{name}.reason.md").read_text()


def move(store: Store, job_id: str, *statuses: JobStatus) -> Session:
    with store.transaction() as tx:
        for status in statuses:
            assert sessions.move(tx, job_id, status)
        return sessions.get(tx, job_id)


class TestTaking:
    def test_a_file_becomes_a_pending_job_and_stands_in_queued(
        self, inbox: Inbox, all_sessions: Sessions
    ) -> None:
        assert inbox.take(drop(inbox)) is Taken.STARTED

        [session] = all_sessions()
        assert (session.title, session.status, session.surface) == ("Add login", "pending", "file")
        assert session.priority_file == f"add-login.{session.id}.md"
        assert (inbox.folder / "queued" / session.priority_file).read_text() == TASK
        assert names(inbox, ".taking") == []

    def test_a_file_that_is_gone_is_nobodys_fault(self, inbox: Inbox, all_sessions: Sessions) -> None:
        assert inbox.take("never-there.md") is Taken.GONE
        assert (all_sessions(), names(inbox, ".taking")) == ([], [])

    def test_the_same_words_within_a_minute_are_the_same_job(
        self, inbox: Inbox, all_sessions: Sessions, clock: SettableClock
    ) -> None:
        inbox.take(drop(inbox))
        clock.advance(seconds=59)
        assert inbox.take(drop(inbox, "again.md")) is Taken.REJECTED

        [session] = all_sessions()
        assert (inbox.folder / "rejected" / "again.md").read_text() == TASK
        assert f"already {session.id}" in note(inbox, "again.md")

    def test_the_same_words_after_a_minute_are_a_new_job(
        self, inbox: Inbox, all_sessions: Sessions, clock: SettableClock
    ) -> None:
        inbox.take(drop(inbox))
        clock.advance(seconds=61)
        assert inbox.take(drop(inbox)) is Taken.STARTED

        assert len(names(inbox, "queued")) == len(all_sessions()) == 2

    def test_a_file_moved_back_to_the_inbox_is_done_again_under_its_own_name(
        self, inbox: Inbox, store: Store, all_sessions: Sessions, clock: SettableClock
    ) -> None:
        inbox.take(drop(inbox))
        failed = inbox.place(move(store, all_sessions()[0].id, JobStatus.IN_PROGRESS, JobStatus.FAILED))
        clock.advance(minutes=5)
        failed.rename(inbox.folder / failed.name)

        assert inbox.take(failed.name) is Taken.STARTED
        again = all_sessions()[1]
        assert names(inbox, "queued") == [f"add-login.{again.id}.md"]

    def test_a_name_of_255_bytes_is_taken(self, inbox: Inbox, all_sessions: Sessions) -> None:
        assert inbox.take(drop(inbox, "ä" * 126 + ".md")) is Taken.STARTED

        [session] = all_sessions()
        assert names(inbox, "queued") == [session.priority_file]

    def test_a_file_that_is_being_written_is_left_until_its_writer_closes_it(
        self, inbox: Inbox, all_sessions: Sessions
    ) -> None:
        with (inbox.folder / "slow.md").open("w") as writer:
            writer.write("# Add lo")
            writer.flush()
            assert inbox.take("slow.md") is Taken.UNFINISHED
            assert (all_sessions(), names(inbox, ".taking")) == ([], [])
            writer.write("gin\n\nText.\n")

        assert inbox.take("slow.md") is Taken.STARTED
        assert all_sessions()[0].title == "Add login"

    def test_a_file_replaced_by_another_is_taken_as_what_it_is_now(
        self, inbox: Inbox, all_sessions: Sessions
    ) -> None:
        drop(inbox, "a.md", "# Old\n\nText.\n")
        drop(inbox, "b.md", "# New\n\nText.\n")
        (inbox.folder / "b.md").rename(inbox.folder / "a.md")

        inbox.take("a.md")

        [session] = all_sessions()
        assert session.title == "New"
        assert (inbox.folder / "queued" / session.priority_file).read_text() == session.priority_text

    def test_files_replaced_while_they_are_taken_end_as_what_their_job_says(
        self, inbox: Inbox, all_sessions: Sessions
    ) -> None:
        ended = threading.Event()

        def keep_replacing() -> None:
            number = 0
            while not ended.is_set():
                number += 1
                drop(inbox, ".next.tmp", f"# Task {number}\n\nText.\n")
                (inbox.folder / ".next.tmp").rename(inbox.folder / "a.md")

        replacing = threading.Thread(target=keep_replacing)
        replacing.start()
        while len(all_sessions()) < 20:
            inbox.take("a.md")
        ended.set()
        replacing.join()

        taken = all_sessions()
        assert {one.priority_file: one.priority_text for one in taken} == {
            path.name: path.read_text() for path in (inbox.folder / "queued").iterdir()
        }


class TestRefusing:
    def test_what_cannot_be_read_is_kept_with_line_cause_and_mend(
        self, inbox: Inbox, store: Store, all_sessions: Sessions
    ) -> None:
        text = "---\nteam: engineering\nmodle: opus\n---\n# Add login\n\nText.\n"
        assert inbox.take(drop(inbox, text=text)) is Taken.REJECTED

        assert all_sessions() == []
        assert (inbox.folder / "rejected" / "add-login.md").read_text() == text
        said = note(inbox, "add-login.md")
        assert "**Line:** 3" in said
        assert "modle" in said
        assert "**Mend:** " in said
        with store.reading() as tx:
            words = tx.all("SELECT subject_id, payload FROM outbox WHERE kind = 'rejected'")
            [word] = outbox.of_subject(tx, words[0]["subject_id"], "rejected")
        assert word.payload["line"] == 3
        assert word.payload["kept_as"] == "rejected/add-login.md"

    def test_rejected_files_of_one_name_are_all_kept(self, inbox: Inbox) -> None:
        for number in range(3):
            inbox.take(drop(inbox, "bad.md", f"\0{number}"))

        assert names(inbox, "rejected") == [
            "bad-2.md", "bad-2.md.reason.md", "bad-3.md", "bad-3.md.reason.md", "bad.md", "bad.md.reason.md",
        ]  # fmt: skip
        assert (inbox.folder / "rejected" / "bad-3.md").read_bytes() == b"\x002"

    def test_a_file_taken_back_to_be_mended_gets_a_new_note_when_it_is_rejected_again(
        self, inbox: Inbox
    ) -> None:
        inbox.take(drop(inbox, "bad.md", b""))
        (inbox.folder / "rejected" / "bad.md").rename(inbox.folder / "bad.md")
        inbox.take(drop(inbox, "bad.md", b"\xff\xfe#\0"))

        assert names(inbox, "rejected") == ["bad.md", "bad.md.reason.md"]
        assert "UTF-16" in note(inbox, "bad.md")

    def test_a_file_above_the_limit_is_refused(self, inbox: Inbox, office: Office) -> None:
        limit = office.config.intake.max_file_bytes
        assert inbox.take(drop(inbox, "big.md", b"# x\n" + b"a" * limit)) is Taken.REJECTED
        assert f"larger than {limit} bytes" in note(inbox, "big.md")

    def test_fifty_megabytes_are_refused_without_being_read(self, inbox: Inbox) -> None:
        with (inbox.folder / "huge.md").open("wb") as file:
            file.truncate(50 << 20)
        assert inbox.take("huge.md") is Taken.REJECTED
        assert (inbox.folder / "rejected" / "huge.md").stat().st_size == 50 << 20

    @pytest.mark.parametrize("target", ["/etc/passwd", "nowhere", "loop.md", "queued"])
    def test_a_symbolic_link_is_moved_itself_and_not_followed(
        self, inbox: Inbox, all_sessions: Sessions, target: str
    ) -> None:
        (inbox.folder / "loop.md").symlink_to(target)

        assert inbox.take("loop.md") is Taken.REJECTED
        assert str((inbox.folder / "rejected" / "loop.md").readlink()) == target
        assert "a symbolic link" in note(inbox, "loop.md")
        assert all_sessions() == []

    def test_a_named_pipe_never_blocks(self, inbox: Inbox) -> None:
        os.mkfifo(inbox.folder / "pipe.md")
        assert inbox.take("pipe.md") is Taken.REJECTED
        assert stat.S_ISFIFO((inbox.folder / "rejected" / "pipe.md").lstat().st_mode)
        assert "a named pipe" in note(inbox, "pipe.md")

    def test_a_socket_is_refused(self, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(inbox.folder)  # a socket's path holds 107 bytes at most
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.md")
            assert inbox.take("socket.md") is Taken.REJECTED

    def test_a_folder_is_refused_when_it_is_given_as_a_file(self, inbox: Inbox) -> None:
        (inbox.folder / "drafts.md").mkdir()
        assert inbox.take("drafts.md") is Taken.REJECTED
        assert (inbox.folder / "rejected" / "drafts.md").is_dir()

    def test_a_hard_link_is_refused_and_the_other_name_stays(self, inbox: Inbox, tmp_path: Path) -> None:
        (tmp_path / "mine.md").write_text(TASK)
        (inbox.folder / "link.md").hardlink_to(tmp_path / "mine.md")

        assert inbox.take("link.md") is Taken.REJECTED
        assert "hard link" in note(inbox, "link.md")
        assert (tmp_path / "mine.md").read_text() == TASK

    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("two\nlines.md", "two_lines.md"),
            ("turned\u202edm.exe.md", "turned_dm.exe.md"),
            ("-rf *.md\t", "-rf _.md_"),
            ("picture.png", "picture.png"),
            ("n" * 247 + ".sh", "n" * 237 + ".sh"),
        ],
    )
    def test_a_name_that_no_order_has_is_refused(self, inbox: Inbox, name: str, kept: str) -> None:
        assert inbox.take(drop(inbox, name)) is Taken.REJECTED
        assert names(inbox, "rejected") == sorted([kept, f"{kept}.reason.md"])

    def test_a_name_that_is_not_utf8_is_refused(self, inbox: Inbox) -> None:
        name = os.fsdecode(b"caf\xe9.md")
        assert inbox.take(drop(inbox, name)) is Taken.REJECTED
        assert names(inbox, "rejected") == ["caf_.md", "caf_.md.reason.md"]
        assert "not UTF-8" in note(inbox, "caf_.md")

    def test_what_the_company_does_not_know_is_refused_with_what_it_knows(self, inbox: Inbox) -> None:
        inbox.take(drop(inbox, "a.md", "---\nteam: astrology\n---\n# Stars\n\nRead them.\n"))
        assert "use one of: engineering, marketing" in note(inbox, "a.md")


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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))
    )
)
def test_every_byte_dropped_ends_in_exactly_one_folder(inbox: Inbox, content: bytes) -> None:
    before = {path for path in inbox.folder.rglob("*") if path.is_file()}
    drop(inbox, "any.md", content)

    taken = inbox.take("any.md")

    new = [path for path in inbox.folder.rglob("*") if path.is_file() and path not in before]
    kept = [path for path in new if not path.name.endswith(".reason.md")]
    assert [path.read_bytes() for path in kept] == [content]
    assert kept[0].parent.name == {Taken.STARTED: "queued", Taken.REJECTED: "rejected"}.get(
        taken, "scheduled"
    )
