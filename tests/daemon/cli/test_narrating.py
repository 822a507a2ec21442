"""The service's terminal: a line for what came and one for how it ended, each once, whichever door ordered it."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from company.orders import jobs, schedules
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from company.orders.schedules import ScheduleRequest
from company.orders.telling import tell_job
from company.store import sessions
from company.work.job import JobStatus
from daemon.cli.making import make_company
from daemon.cli.narrating import Narrator, farewell
from daemon.intake.inbox import Inbox
from tests.conftest import Eventually

LOGIN = b"# Add login\n"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def narrator(office: Office, said: list[str]) -> Narrator:
    """One that begins now; what it says has no times of day."""
    made = Narrator(lambda: office, say=lambda line: said.append(re.sub(r"^\d\d:\d\d:\d\d ", "", line)))
    made.begin()
    return made


def order(office: Office, actor: Actor, content: bytes = LOGIN, name: str = "add-login.md") -> str:
    return jobs.start(office, actor, StartRequest(content=content, name=name)).job_id


def move(office: Office, job_id: str, *statuses: JobStatus, outcome: str | None = None) -> None:
    for status in statuses:
        with office.store.transaction() as tx:
            assert sessions.move(tx, job_id, status, outcome=outcome)
            tell_job(tx, job_id, "closed" if status is not JobStatus.IN_PROGRESS else "working")


def test_a_job_is_told_when_it_is_taken_and_when_it_ended(
    office: Office, folder_actor: Actor, narrator: Narrator, said: list[str]
) -> None:
    job = order(office, folder_actor)
    narrator.look()
    assert said == [f"● Add login: taken from add-login.md (Engineering) as {job}"]
    move(office, job, JobStatus.IN_PROGRESS)
    narrator.look()
    assert len(said) == 1
    move(office, job, JobStatus.COMPLETED, outcome="1 file changed")
    narrator.look()
    narrator.look()
    [ended] = said[1:]
    assert re.fullmatch(
        rf"✓ Add login: completed in \d\.\d s: 1 file changed → agent-service show {job}", ended
    )


def test_one_that_came_and_ended_between_two_looks_is_told_whole(
    office: Office, folder_actor: Actor, narrator: Narrator, said: list[str]
) -> None:
    job = order(office, folder_actor)
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.BLOCKED, outcome="an agent asks")
    narrator.look()
    assert [line.split(":")[0] for line in said] == ["● Add login", "■ Add login"]
    with office.store.transaction() as tx:
        sessions.move(tx, job, JobStatus.IN_PROGRESS)
        tell_job(tx, job, "answered:q-1")
    narrator.look()
    assert said[2] == f"● Add login: goes on ({job})"


def test_what_was_left_is_told_in_one_line_and_news_of_old_jobs_in_none(
    office: Office, folder_actor: Actor, said: list[str]
) -> None:
    old, left = order(office, folder_actor), order(office, folder_actor, b"# Other\n")
    move(office, old, JobStatus.IN_PROGRESS, JobStatus.COMPLETED)
    narrator = Narrator(lambda: office, say=said.append)
    narrator.begin()
    assert said == ["1 job waits: left by the last run, and taken up again"]
    with office.store.transaction() as tx:
        tell_job(tx, old, "merged")
    narrator.look()
    assert len(said) == 1
    jobs.stop(office, folder_actor, left)
    narrator.look()
    assert "■ Other: stopped: stopped by priorities" in said[1]


def test_a_file_that_is_not_taken_is_told_with_its_mend(
    office: Office, narrator: Narrator, said: list[str]
) -> None:
    inbox = Inbox(lambda: office)
    inbox.lay_out()
    (inbox.folder / "bad.md").write_text("---\nteem: x\n---\n# Bad\n")
    inbox.take("bad.md")
    narrator.look()
    assert said == ["✗ bad.md: not taken: line 2: no such key: 'teem' → did you mean team? (rejected/bad.md)"]


def test_the_same_words_twice_are_known_and_not_called_rejected(
    office: Office, narrator: Narrator, said: list[str]
) -> None:
    inbox = Inbox(lambda: office)
    inbox.lay_out()
    for name in ("one.md", "two.md"):
        (inbox.folder / name).write_bytes(LOGIN)
        inbox.take(name)
    narrator.look()
    assert any(line.startswith("· two.md: taken before: already job-") for line in said)
    assert (inbox.folder / "rejected" / "two.md.reason.md").read_text().startswith("# Taken before: two.md\n")


def test_schedules_that_come_and_go_are_told(
    office: Office, folder_actor: Actor, narrator: Narrator, said: list[str]
) -> None:
    schedules.add(office, folder_actor, ScheduleRequest(name="news", when="every day 09:00", text="# News\n"))
    narrator.look()
    assert said[0].startswith("○ news: is a schedule now: every day 09:00, next ")
    schedules.remove(office, folder_actor, "news")
    narrator.look()
    assert said[1] == "○ news: starts no more"


def test_whoever_stops_the_service_hears_what_goes_on_without_it(
    office: Office, folder_actor: Actor, said: list[str]
) -> None:
    farewell(office, say=said.append)
    assert said == []
    job = order(office, folder_actor)
    farewell(office, say=said.append)
    assert said == ["The service stops; 1 job waits for the next start: agent-service up"]
    order(office, folder_actor, b"# Other\n")
    move(office, job, JobStatus.IN_PROGRESS)
    farewell(office, say=said.append)
    assert said[1].startswith(
        "The service stops; 1 job is under way, 1 job waits. Agents at work go on in the"
    )
    assert said[1].endswith("agent-service up")


SLOW = """
  - name: slow
    path: {bare}
    commands:
      backend: ["{{python}}", -c, "import pathlib, time; pathlib.Path({marker!r}).touch(); time.sleep(600)"]
"""


@pytest.mark.sqlite_only
class TestAsAProcess:
    @pytest.fixture
    def config(self, tmp_path: Path) -> Path:
        config = make_company(tmp_path / "company")
        first = subprocess.run(
            [sys.executable, "-m", "daemon.cli.main", "-c", str(config), "once"],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        assert "taken" not in first.stdout  # the sample is shown in whole
        return config

    def test_once_tells_of_what_waited_and_of_what_was_not_taken(self, config: Path) -> None:
        inbox = config.parent / "priorities"
        (inbox / "prices.md").write_text("---\nrepo: sample\nagents: [backend]\n---\n# Prices again\n")
        (inbox / "bad.md").write_text("---\nrepo: smaple\n---\n# Bad\n")
        ran = subprocess.run(
            [sys.executable, "-m", "daemon.cli.main", "-c", str(config), "once"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        told = [line.partition(" ")[2] for line in ran.stdout.splitlines()]
        assert any(line.startswith("● Prices again: taken from prices.md") for line in told)
        assert any(line.startswith("✓ Prices again: completed in ") for line in told)
        [bad] = [line for line in told if "bad.md" in line]
        assert "did you mean sample?" in bad
        assert ran.stderr == ""

    def test_ctrl_c_in_mid_job_says_what_goes_on_and_once_says_it_was_interrupted(
        self, config: Path, tmp_path: Path, eventually: Eventually
    ) -> None:
        marker = tmp_path / "at-work"
        bare = config.parent / ".compound-state" / "sample" / "remote.git"
        text = config.read_text()
        config.write_text(
            text.replace("repositories:", "repositories:" + SLOW.format(bare=bare, marker=str(marker)), 1)
        )
        (config.parent / "priorities" / "slow.md").write_text(
            "---\nrepo: slow\nagents: [backend]\n---\n# Slow\n"
        )
        service = subprocess.Popen(
            [sys.executable, "-m", "daemon.cli.main", "-c", str(config), "once"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            eventually(marker.exists, within_s=60)
            service.send_signal(signal.SIGINT)
            out, err = service.communicate(timeout=30)
        finally:
            service.kill()
            self.stop_everything(config)
        assert service.returncode == 130
        assert "● Slow: taken from slow.md" in out
        assert "1 job is under way. Agents at work go on in the background" in err

    @staticmethod
    def stop_everything(config: Path) -> None:
        """Order the stop and let the next start carry it out, so that nothing of this test outlives it."""
        common = [sys.executable, "-m", "daemon.cli.main", "-c", str(config)]
        subprocess.run([*common, "stop", "last"], check=True, capture_output=True, timeout=60)
        ended = subprocess.run([*common, "once"], capture_output=True, text=True, check=False, timeout=60)
        assert ended.returncode == 4
        assert "■ Slow: stopped" in ended.stdout
