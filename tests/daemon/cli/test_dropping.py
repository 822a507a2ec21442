"""drop and plan: a file goes into the inbox whole, and what would be made of it is shown without a trace."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.errors import PriorityFileError
from company.orders import jobs
from company.orders.office import Actor, Office
from company.store import sessions
from company.store.sessions import Session
from company.work.job import JobStatus
from daemon.cli.desk import Desk
from daemon.cli.dropping import await_job, inbox_name, place_in_inbox
from daemon.intake.inbox import Inbox
from daemon.intake.names import is_ignored, refuse_name
from tests.daemon.cli.conftest import Run

TEXT = "# Add login\n\nPeople should be able to log in.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "add-login.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def taking(
    office: Office, eventually: Callable[..., None]
) -> Iterator[Callable[[Callable[[Session], None]], None]]:
    """Take what is dropped as the daemon does, in the background, and do something with its job."""
    threads: list[threading.Thread] = []

    def begin(then: Callable[[Session], None]) -> None:
        thread = threading.Thread(target=take, args=(then,))
        threads.append(thread)
        thread.start()

    def take(then: Callable[[Session], None]) -> None:
        inbox = Inbox(lambda: office)
        inbox.lay_out()

        def dropped() -> list[str]:
            return [one.name for one in inbox.folder.iterdir() if one.is_file() and not is_ignored(one.name)]

        eventually(dropped)
        inbox.take(dropped()[0])
        with office.store.reading() as tx:
            for session in sessions.list_sessions(tx):
                found = session
                break
            else:
                return
        then(found)

    yield begin
    for thread in threads:
        thread.join()


def end(office: Office, session: Session, *statuses: JobStatus) -> None:
    for status in statuses:
        with office.store.transaction() as tx:
            assert sessions.move(tx, session.id, status, outcome="it ended")


def test_a_dropped_file_lies_in_the_inbox_as_it_was(run: Run, file: Path, company: Path) -> None:
    ran = run("drop", file)
    assert (ran.code, ran.out) == (0, "dropped priorities/add-login.md\n")
    assert (company / "priorities" / "add-login.md").read_text(encoding="utf-8") == TEXT
    assert sorted(one.name for one in (company / "priorities").iterdir()) == ["README.md", "add-login.md"]


def test_where_no_service_runs_it_says_what_starts_one(run: Run, file: Path, company: Path) -> None:
    assert (
        "the service is not running: it takes the file when it is → agent-service up" in run("drop", file).err
    )
    (company / ".compound-state" / "daemon.lock").write_text(f"{os.getpid()}\n", encoding="ascii")
    assert run("drop", file).err == ""


def test_a_file_that_waits_is_never_replaced(run: Run, file: Path, company: Path) -> None:
    run("drop", file)
    file.write_text("# Another\n", encoding="utf-8")
    assert run("drop", file, "--json").facts == {"path": str(company / "priorities" / "add-login-2.md")}
    assert (company / "priorities" / "add-login.md").read_text(encoding="utf-8") == TEXT


def test_many_who_drop_the_same_name_at_once_lose_nothing(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(lambda n: place_in_inbox(inbox, "a.md", str(n).encode()), range(40)))
    assert len(set(placed)) == 40
    assert {path.read_bytes() for path in placed} == {str(number).encode() for number in range(40)}
    assert len(list(inbox.iterdir())) == 40


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"\xff\xfe", "UTF-16"),
        (b"---\nteem: x\n---\n# X\n", "add-login.md:2"),
        (b"# X\n" + b"x" * 1_048_576, "larger than 1048576 bytes"),
    ],
)
def test_what_cannot_be_taken_is_refused_before_it_is_dropped(
    run: Run, file: Path, company: Path, content: bytes, words: str
) -> None:
    file.write_bytes(content)
    ran = run("drop", file)
    assert ran.code == 1
    assert words in ran.err
    assert "→" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert [one.name for one in (company / "priorities").iterdir()] == ["README.md"]


def test_a_file_that_is_not_there_is_one_line(run: Run) -> None:
    ran = run("drop", "nosuch.md")
    assert (ran.code, ran.err) == (
        1,
        "agent-service: nosuch.md: No such file or directory → check the path\n",
    )


@pytest.mark.parametrize(
    ("name", "made"),
    [("a.md", "a.md"), ("notes", "notes"), ("README.md", "priority-readme.md"), (".a.md", "priority-a.md"),
     ("a.md~", "priority-a-md.md"), ("a.pdf", "priority-a-pdf.md"), ("a\nb.md", "priority-a-b-md.md")],
)  # fmt: skip
def test_a_name_the_inbox_would_pass_over_is_changed(name: str, made: str) -> None:
    assert inbox_name(name) == made


@given(st.text(min_size=1, max_size=200).filter(lambda name: "/" not in name and "\0" not in name))
def test_the_inbox_takes_every_name_that_is_given_to_it(name: str) -> None:
    made = inbox_name(name)
    refuse_name(made)
    assert not is_ignored(made)


@pytest.mark.parametrize(("status", "code"), [(JobStatus.COMPLETED, 0), (JobStatus.FAILED, 4)])
def test_waiting_shows_the_job_until_it_ends_and_tells_how(
    run: Run,
    file: Path,
    office: Office,
    taking: Callable[[Callable[[Session], None]], None],
    status: JobStatus,
    code: int,
) -> None:
    taking(lambda session: end(office, session, JobStatus.IN_PROGRESS, status))
    ran = run("drop", file, "--wait")
    assert ran.code == code
    assert ran.out.splitlines()[0] == "dropped priorities/add-login.md"
    assert f"{status}: it ended" in ran.out


def test_waiting_in_json_prints_the_story_at_the_end(
    run: Run, file: Path, office: Office, taking: Callable[[Callable[[Session], None]], None]
) -> None:
    taking(lambda session: end(office, session, JobStatus.IN_PROGRESS, JobStatus.COMPLETED))
    assert run("drop", file, "--wait", "--json").facts["status"] == "completed"


def test_waiting_for_a_file_that_is_rejected_reads_out_the_cause(
    run: Run, file: Path, taking: Callable[[Callable[[Session], None]], None]
) -> None:
    file.write_text("---\nteam: nosuch\n---\n# X\n\nText.\n", encoding="utf-8")
    taking(lambda _session: None)
    ran = run("drop", file, "--wait")
    assert ran.code == 1
    assert "no team is called 'nosuch'" in ran.err
    assert "→ use one of:" in ran.err


def test_a_file_that_was_rejected_before_anybody_looked_is_still_reported(
    office: Office, folder_actor: Actor
) -> None:
    inbox = Inbox(lambda: office)
    inbox.lay_out()
    data = b"---\nteam: nosuch\n---\n# X\n\nText.\n"
    for _ in range(2):  # the second one is kept under another name
        dropped_at = office.clock.now()
        placed = place_in_inbox(inbox.folder, "x.md", data)
        inbox.take(placed.name)
        with pytest.raises(PriorityFileError, match="no team is called 'nosuch'"):
            await_job(Desk(office, folder_actor), placed, data, dropped_at)


def test_what_starts_by_a_schedule_is_not_waited_for(run: Run, file: Path) -> None:
    file.write_text("---\nschedule: every weekday 09:00\n---\n# News\n\nText.\n", encoding="utf-8")
    ran = run("drop", file, "--wait")
    assert ran.code == 0
    assert "it starts every weekday 09:00" in ran.err


class TestPlan:
    def test_a_job_that_is_not_there_to_be_waited_for_is_named_with_the_one_that_is_meant(
        self, run: Run, tmp_path: Path, office: Office, folder_actor: Actor
    ) -> None:
        jobs.start(office, folder_actor, jobs.StartRequest(content=b"# First\n", name="first.md"))
        file = tmp_path / "second.md"
        file.write_text("---\nrepo: sample\ndepends_on: [frist.md, first.md]\n---\n# Second\n")
        out = run("plan", file).out
        assert "after    frist.md (no such job yet) did you mean first.md?" in out
        assert "after    first.md\n" in out

    def test_a_plan_shows_agents_order_and_checks(self, run: Run, file: Path) -> None:
        file.write_text(
            "---\nrunner: claude\nchecks: ['make test']\n---\n# Add a table\n\n- [ ] a database migration\n"
            "- [ ] a page in react\n",
            encoding="utf-8",
        )
        ran = run("plan", file)
        assert ran.code == 0
        for words in ("Add a table", "backend → frontend", "keyword: ", "make test", "nothing was touched"):
            assert words in ran.out
        facts = run("plan", file, "--json").facts
        assert facts["waves"] == [["agent-backend"], ["agent-frontend"]]
        assert facts["checks"][0]["must_be_green"]

    def test_drop_with_plan_is_the_same_and_drops_nothing(self, run: Run, file: Path, company: Path) -> None:
        file.write_text("---\nrunner: claude\n---\n# Add a table\n", encoding="utf-8")
        assert run("drop", file, "--plan").out == run("plan", file).out
        assert [one.name for one in (company / "priorities").iterdir()] == ["README.md"]

    def test_a_plan_leaves_no_trace(self, run: Run, file: Path, company: Path) -> None:
        before = {path: path.stat().st_mtime_ns for path in company.rglob("*")}
        run("plan", file)
        assert {path: path.stat().st_mtime_ns for path in company.rglob("*")} == before

    def test_where_no_plan_can_be_made_it_says_why(self, run: Run, file: Path) -> None:
        ran = run("plan", file)
        assert ran.code == 1
        assert "names no repository" in ran.err
        assert "repo: sample" in ran.err
        assert run("plan", file, "--json").code == 1
