"""The inbox on a real folder and a real store: what is taken, what is refused, and that nothing is lost."""

import os
import socket
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from company.config import RepositoryConfig
from company.orders.office import Office
from company.store import outbox
from company.store.gate import Store
from company.work.job import JobStatus
from daemon.intake.inbox import Inbox, Taken
from tests.conftest import SettableClock
from tests.daemon.intake.dropping import TASK, Sessions, drop, move, names, note


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
    def test_the_note_of_a_file_that_was_mended_and_moved_back_is_gone(
        self, inbox: Inbox, all_sessions: Sessions
    ) -> None:
        inbox.take(drop(inbox, "bad.md", "---\nteem: x\n---\n# Bad\n"))
        (inbox.folder / "rejected" / "bad.md").unlink()
        assert inbox.take(drop(inbox, "bad.md", "# Good\n")) is Taken.STARTED
        assert names(inbox, "rejected") == []

    def test_the_note_of_a_file_that_still_lies_there_stays(self, inbox: Inbox) -> None:
        inbox.take(drop(inbox, "bad.md", "---\nteem: x\n---\n# Bad\n"))
        assert inbox.take(drop(inbox, "bad.md", "# Good\n")) is Taken.STARTED
        assert names(inbox, "rejected") == ["bad.md", "bad.md.reason.md"]

    def test_a_slip_in_a_name_is_told_at_once(self, inbox: Inbox) -> None:
        inbox.take(drop(inbox, "slip.md", "---\nagents: [bakend]\n---\n# Slip\n"))
        assert "did you mean backend?" in note(inbox, "slip.md")
        inbox.take(drop(inbox, "duty.md", "---\nagents: [verification]\n---\n# Duty\n"))
        assert "its duty is to verify" in note(inbox, "duty.md")

    def test_that_config_yaml_is_not_in_use_is_said_where_it_may_be_the_cause(self, office: Office) -> None:
        inbox = Inbox(lambda: office, lambda: "line 3: no such key")
        inbox.lay_out()
        inbox.take(drop(inbox, "lost.md", "---\nrepo: late\n---\n# Lost\n"))
        assert "config.yaml was changed and is not in use: line 3: no such key" in note(inbox, "lost.md")
        inbox.take(drop(inbox, "bad.md", "---\nteem: x\n---\n# Bad\n"))
        assert "config.yaml" not in note(inbox, "bad.md")

    def test_a_repository_that_config_yaml_has_got_this_moment_is_known(
        self, office: Office, store: Store, all_sessions: Sessions
    ) -> None:
        offices = [office]
        late = RepositoryConfig(name="late", path="/srv/late.git")

        def reread() -> str:
            repositories = (*office.config.repositories, late)
            changed = office.config.model_copy(update={"repositories": repositories})
            offices.append(Office(store, changed, office.clock))
            return ""

        inbox = Inbox(lambda: offices[-1], reread)
        inbox.lay_out()
        assert inbox.take(drop(inbox, "late.md", "---\nrepo: late\n---\n# Late\n")) is Taken.STARTED
        assert all_sessions()[0].target_repo == "late"

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
