"""logs: the end of a job's log or of the service's own, and what is yet to come of it."""

from pathlib import Path

import pytest

from company.orders import jobs
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from company.work.job import JobStatus
from daemon.cli.logs import follow_file, read_tail
from tests.daemon.cli.conftest import Run
from tests.daemon.cli.test_jobs_commands import move


@pytest.fixture
def job(office: Office, folder_actor: Actor) -> str:
    return jobs.start(office, folder_actor, StartRequest(content=b"# X", name="x.md")).job_id


def log(office: Office, job: str, text: str) -> Path:
    path = office.config.folders.logs / "running-jobs" / f"{job}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_last_lines_are_printed(run: Run, job: str, office: Office) -> None:
    log(office, job, "".join(f"line {number}\n" for number in range(300)))
    assert run("logs", job).out.splitlines() == [f"line {number}" for number in range(200, 300)]
    assert run("logs", job, "-n", "2").out == "line 298\nline 299\n"
    assert len(run("logs", job, "-n", "0").out.splitlines()) == 300
    assert run("logs", job, "-n", "1", "--json").facts["lines"] == ["line 299"]


def test_a_job_that_has_not_started_has_none(run: Run, job: str) -> None:
    ran = run("logs", job)
    assert (ran.code, ran.out) == (0, "")
    assert "it has not started" in ran.err


def test_following_a_finished_job_ends_at_once(run: Run, job: str, office: Office) -> None:
    log(office, job, "a\nb\nno newline")
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.COMPLETED)
    assert run("logs", job, "-f").out == "a\nb\nno newline"


@pytest.mark.parametrize("text", ["", "\n", "one", "one\n", "\n\n\n", "a\nb", "ä\n" * 70_000 + "end"])
@pytest.mark.parametrize("lines", [1, 2, 3, 100])
def test_a_tail_is_what_splitting_gives(tmp_path: Path, text: str, lines: int) -> None:
    path = tmp_path / "log"
    path.write_text(text, encoding="utf-8")
    tail, end = read_tail(path, lines)
    assert tail.splitlines() == text.splitlines()[-lines:]
    assert end == len(text.encode())


def test_following_yields_whole_lines_as_they_come_and_the_rest_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    written = ["half a", " line\nand a", "nother\nlast"]
    looks = 0

    def pause(_seconds: float) -> None:
        nonlocal looks
        with path.open("a", encoding="utf-8") as file:
            file.write(written[looks])
        looks += 1

    got = list(follow_file(path, 0, lambda: looks == len(written), pause=pause))
    assert got == ["half a line\n", "and another\n", "last\n"]


def test_following_goes_on_in_the_new_file_when_the_log_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\n", encoding="utf-8")
    looks = 0

    def pause(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            with path.open("a", encoding="utf-8") as file:
                file.write("last of the old\n")
            path.rename(tmp_path / "log.1")
        elif looks == 2:
            path.write_text("first of the new\n", encoding="utf-8")

    got = "".join(follow_file(path, 0, lambda: looks == 3, pause=pause))
    assert got == "one\nlast of the old\nfirst of the new\n"


def test_without_a_job_the_service_itself_is_meant(run: Run, office: Office) -> None:
    ran = run("logs")
    assert (ran.code, ran.out, "has never run here" in ran.err) == (0, "", True)
    logs = office.config.folders.logs
    logs.mkdir(exist_ok=True)
    (logs / "service.log").write_text("a\nup, pid 7\n", encoding="utf-8")
    (logs / "bot.log").write_text("connected\n", encoding="utf-8")
    assert run("logs", "-n", "1").out == "up, pid 7\n"
    assert run("logs", "--bot").out == "connected\n"
    assert run("logs", "--json").facts == {
        "program": "daemon",
        "path": str(logs / "service.log"),
        "lines": ["a", "up, pid 7"],
    }


def test_a_job_and_the_bot_are_not_one_log(run: Run, job: str) -> None:
    assert run("logs", job, "--bot").code == 2
