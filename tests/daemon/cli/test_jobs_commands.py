"""jobs, show, stop, retry: what a person reads, and what a program does."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from company.one_per_folder import hold_folder
from company.orders import jobs
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from company.store import questions, sessions, tasks
from company.work.job import JobStatus
from company.work.task import TaskStatus
from company.work.verification import NOT_JUDGED
from daemon.cli.following import await_end, follow
from daemon.job.settling import settle_session
from daemon.job.state_files import StateFolder
from tests.daemon.cli.conftest import Run

TEXT = b"# Add login\n\nPeople should be able to log in.\n"


@pytest.fixture
def job(office: Office, folder_actor: Actor) -> str:
    return jobs.start(office, folder_actor, StartRequest(content=TEXT, name="add-login.md")).job_id


def move(office: Office, job_id: str, *statuses: JobStatus, outcome: str | None = None) -> None:
    for status in statuses:
        with office.store.transaction() as tx:
            assert sessions.move(tx, job_id, status, outcome=outcome)


def work(office: Office, job_id: str) -> None:
    """Leave behind what a job leaves that got as far as its first verdict."""
    move(office, job_id, JobStatus.IN_PROGRESS)
    with office.store.transaction() as tx:
        row = {"session_id": job_id, "agent_id": "agent-backend", "task_description": "Add the table"}
        assert tasks.insert_new(tx, {"id": "task-1", **row})
        assert tasks.move(tx, "task-1", TaskStatus.IN_PROGRESS)
        sessions.set_phase(tx, job_id, "verifying, iteration 1", iteration_count=1, branch_name="agent/x")
    state = StateFolder(office.config.folders.state / f"session-{job_id}")
    state.write(
        "orchestrator",
        {"waves": [["agent-backend"]], "max_iterations": 3, "left_out": {"agent-frontend": "no command"}},
    )
    state.write("session", {"baseline": [{"name": "unit tests", "is_green": False}]})
    state.write(
        "backend",
        {
            "iteration": 1,
            "status": "waits for the verdict",
            "files": ["schema.sql"],
            "last_lines": ["created"],
        },
    )
    check = {"name": "unit tests", "before": False, "after": False, "verdict": "still red", "is_fault": True}
    finding = {"agent_id": "agent-backend", "source": "check: unit tests", "text": "1 test failed"}
    state.write("verification", {"iterations": [{"iteration": 1, "checks": [check], "findings": [finding]}]})


def test_an_empty_company_says_how_to_begin(run: Run) -> None:
    assert run("jobs").out == "no jobs yet: agent-service drop FILE starts one\n"
    assert run("jobs", "--json").facts == {"jobs": [], "is_service_running": False}
    refused = run("show", "last")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == "agent-service: there is no job yet → agent-service drop FILE\n"


def test_jobs_are_listed_newest_first_in_whole_lines(
    run: Run, job: str, office: Office, folder_actor: Actor
) -> None:
    other = jobs.start(
        office, folder_actor, StartRequest(content=b"# " + b"long " * 40, name="long.md")
    ).job_id
    lines = run("jobs").out.splitlines()
    assert lines[0].split()[:3] == ["JOB", "STATUS", "TITLE"]
    assert [line.split()[0] for line in lines[1:]] == sorted([job, other], reverse=True)
    assert any("long " * 39 in line for line in lines)


def test_jobs_are_picked_by_status_and_number(
    run: Run, job: str, office: Office, folder_actor: Actor
) -> None:
    jobs.start(office, folder_actor, StartRequest(content=b"# Other", name="o.md"))
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.FAILED)
    assert [one["id"] for one in run("jobs", "--status", "failed", "--json").facts["jobs"]] == [job]
    assert len(run("jobs", "-n", "1", "--json").facts["jobs"]) == 1
    wrong = run("jobs", "--status", "lost")
    assert wrong.code == 2
    assert "no status" in wrong.err


def test_the_json_of_a_job_has_its_keys_whatever_its_status(run: Run, job: str) -> None:
    [facts] = run("jobs", "--json").facts["jobs"]
    assert facts["status"] == "pending"
    assert set(facts) == {
        "id", "status", "phase", "title", "team", "repository", "priority", "priority_file", "requested_by",
        "surface", "branch", "commit", "pr_url", "outcome", "exit_code", "iteration", "cost_usd", "retry_of",
        "stop_requested_by", "created_at", "started_at", "completed_at", "duration_s", "waits_for",
    }  # fmt: skip
    shown = run("show", job, "--json").facts
    assert {key: shown[key] for key in facts} == facts


def test_who_looks_is_told_that_no_service_runs(run: Run, job: str, office: Office) -> None:
    for command in (("jobs",), ("show", job)):
        assert "the service is not running" in run(*command).err
        assert run(*command, "--json").facts["is_service_running"] is False
    hold_folder(office.config.folders.state)  # as this process' own service would
    for command in (("jobs",), ("show", job)):
        assert run(*command).err == ""
        assert run(*command, "--json").facts["is_service_running"] is True


def test_a_job_that_ended_needs_no_service(run: Run, job: str, office: Office) -> None:
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.FAILED)
    assert (run("jobs").err, run("show", job).err) == ("", "")


def test_show_says_why_a_job_waits(run: Run, job: str, office: Office, folder_actor: Actor) -> None:
    assert "it starts at the service's next look" in run("show", job).out
    text = b"---\ndepends_on: [add-login.md]\n---\n# After it\n"
    second = jobs.start(office, folder_actor, StartRequest(content=text, name="after.md")).job_id
    assert f"waits: waits for {job}, which is pending" in run("show", second).out
    run("pause")
    assert "waits: paused" in run("show", job).out
    listed = {one["id"]: one["waits_for"] for one in run("jobs", "--json").facts["jobs"]}
    assert listed == {job: "paused", second: "paused"}


def test_a_status_is_called_the_same_everywhere(run: Run, job: str, office: Office) -> None:
    work(office, job)
    assert "in_progress: verifying, iteration 1" in run("jobs").out
    assert "in_progress: verifying, iteration 1" in run("show", job).out
    assert run("jobs", "--json").facts["jobs"][0]["status"] == "in_progress"
    with office.store.transaction() as tx:
        settle_session(tx, job, JobStatus.STOPPED, "stopped by ana")
    [agent] = run("show", job, "--json").facts["agents"]
    assert agent["state"] == "stopped"


def test_a_completed_job_whose_only_check_was_red_all_along_says_so_in_its_first_line(
    run: Run, job: str, office: Office
) -> None:
    work(office, job)
    check = {"name": "unit tests", "before": False, "after": False, "verdict": NOT_JUDGED, "is_fault": False}
    state = StateFolder(office.config.folders.state / f"session-{job}")
    state.write("verification", {"iterations": [{"iteration": 1, "checks": [check], "findings": []}]})
    with office.store.transaction() as tx:
        sessions.annotate(tx, job, target_repo="sample")
    move(office, job, JobStatus.COMPLETED, outcome="done")
    first = run("show", job).out.splitlines()[0]
    assert "completed" in first
    assert "not verified: unit tests is red before and after" in first
    assert run("show", job, "--json").facts["doubt"].startswith("not verified")


class TestWithABrokenConfiguration:
    """A slip in config.yaml takes away nothing that one needs while it is mended."""

    @pytest.fixture(params=["agents: [", "limits: {jobs_at_wonce: 4}", "nosuch: 1", "\t- tab"])
    def broken(self, request: pytest.FixtureRequest, company: Path, job: str) -> str:
        config = company / "config.yaml"
        text = config.read_text(encoding="utf-8").replace("limits:", "limit_s:", 1)
        config.write_text(f"{text}\n{request.param}\n", encoding="utf-8")
        return job

    def test_jobs_show_logs_and_stop_go_on(self, run: Run, broken: str) -> None:
        assert run("agents", "--json").code == 0
        for command in (("jobs",), ("show", broken), ("logs", broken), ("audit",), ("schedules", "list")):
            ran = run(*command)
            assert ran.code == 0, ran.err
            assert ran.err.startswith("config.yaml cannot be used: ")
            assert "no service starts until it is mended" in ran.err
        assert run("jobs", "--json").facts["jobs"][0]["id"] == broken
        assert run("stop", broken).out.startswith(f"stopped {broken}")

    def test_a_file_can_still_be_dropped(self, run: Run, broken: str, company: Path, tmp_path: Path) -> None:
        (tmp_path / "next.md").write_bytes(b"# Next\n")
        assert run("drop", tmp_path / "next.md").out == "dropped priorities/next.md\n"
        assert (company / "priorities" / "next.md").is_file()

    def test_it_is_said_that_the_running_service_keeps_the_old_one(
        self, run: Run, broken: str, office: Office
    ) -> None:
        hold_folder(office.config.folders.state)
        assert "the running service keeps the configuration it had" in run("jobs").err

    def test_what_starts_work_still_needs_it(self, run: Run, broken: str) -> None:
        for command in (("retry", broken), ("evaluate",), ("up",)):
            assert run(*command).code == 1

    @pytest.mark.parametrize("section", ["folders", "database"])
    def test_where_the_books_are_must_be_certain(self, run: Run, company: Path, section: str) -> None:
        run("agents")
        config = company / "config.yaml"
        text = config.read_text(encoding="utf-8").replace(f"\n{section}:", f"\n{section}:\n  nosuch: 1", 1)
        config.write_text(text, encoding="utf-8")
        assert (run("jobs").code, run("jobs").out) == (1, "")

    def test_unreadable_roles_leave_a_terminal_to_look(self, run: Run, company: Path, job: str) -> None:
        config = company / "config.yaml"
        text = config.read_text(encoding="utf-8").replace("terminal_role: ceo", "terminal_role: [", 1)
        config.write_text(text, encoding="utf-8")
        assert run("jobs").code == 0
        refused = run("stop", job)
        assert refused.code == 1
        assert "viewer" in refused.err

    def test_no_database_is_made_of_a_guess(self, run: Run, company: Path) -> None:
        (company / "config.yaml").write_text("nosuch: 1\n", encoding="utf-8")
        shutil.rmtree(company / ".compound-state")
        assert run("jobs").code == 1
        assert not (company / ".compound-state").exists()


def test_show_tells_the_story_so_far(run: Run, job: str, office: Office) -> None:
    work(office, job)
    out = run("show", job[-6:]).out
    for words in (
        "Add login",
        "verifying, iteration 1",
        "Backend",
        "waits for the verdict",
        "schema.sql",
        "still red",
    ):
        assert words in out
    facts = run("show", job, "--json").facts
    assert facts["agents"][0]["state"] == "waits for the verdict"
    assert facts["checks"] == [
        {"name": "unit tests", "before": False, "after": False, "verdict": "still red", "iteration": 1}
    ]
    assert facts["findings"] == ["backend: check: unit tests: 1 test failed"]
    assert facts["left_out"] == [["frontend", "no command"]]


def test_show_of_a_blocked_job_has_its_open_question(run: Run, job: str, office: Office) -> None:
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.BLOCKED, outcome="an agent asks")
    with office.store.transaction() as tx:
        row = {"id": "q-1", "session_id": job, "agent_id": "agent-backend", "question": "Which database?"}
        questions.ask(tx, row)
    out = run("show", job).out
    assert "? Which database?" in out
    assert "an agent asks" in out


@pytest.mark.parametrize(
    "text",
    [
        '{"waves": [["ag',
        "[]",
        '{"waves": 3, "left_out": [1], "baseline": [2], "delivered": "x", "iterations": [7], "files": 8}',
        '{"waves": [4], "iterations": [{"checks": [5], "findings": [6]}], "iteration": 1, "last_lines": {}}',
    ],
)
def test_a_broken_state_file_leaves_a_gap_and_no_error(run: Run, job: str, office: Office, text: str) -> None:
    work(office, job)
    folder = office.config.folders.state / f"session-{job}"
    for name in ("orchestrator", "session", "backend", "verification"):
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    ran = run("show", job)
    assert ran.code == 0
    assert "Add login" in ran.out


def test_following_prints_each_new_line_once_until_the_end(
    job: str, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    work(office, job)
    looks = iter(range(10))

    def pause(_seconds: float) -> None:
        if next(looks) == 5:
            move(office, job, JobStatus.COMPLETED, outcome="1 file changed")

    assert follow(office, job, pause=pause).status == "completed"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{job}: Add login (Engineering, a workspace of its own)"
    assert "phase: verifying, iteration 1" in lines
    assert "completed: 1 file changed" in lines
    assert len(lines) == len(set(lines))


def test_following_a_finished_job_tells_it_whole(run: Run, job: str, office: Office) -> None:
    work(office, job)
    move(office, job, JobStatus.FAILED, outcome="it did not work")
    ran = run("show", job, "-f")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "failed: it did not work"


def test_waiting_ends_with_the_job_and_looks_again_only_when_something_was_committed(
    job: str, office: Office
) -> None:
    looks = 0

    def pause(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            move(office, job, JobStatus.STOPPED)

    assert await_end(office, job, pause=pause).status == "stopped"
    assert looks == 3


def test_a_job_is_stopped_once_and_then_says_who_did(run: Run, job: str) -> None:
    assert run("stop", "last").out == f"stopped {job}: Add login\n"
    again = run("stop", "last")
    assert (again.code, again.out) == (0, f"{job} has ended before: stopped\n")
    facts = run("stop", job, "--json").facts
    assert (facts["job"], facts["is_changed"], facts["status"]) == (job, False, "stopped")


def test_a_running_job_is_stopping_until_the_daemon_has_done_it(run: Run, job: str, office: Office) -> None:
    move(office, job, JobStatus.IN_PROGRESS)
    assert run("stop", job).out == f"stopping {job}: Add login\n"
    assert "is stopping already" in run("stop", job).out
    assert "stopping" in run("jobs").out


def test_a_finished_job_is_tried_again(run: Run, job: str, office: Office) -> None:
    refused = run("retry", job)
    assert (refused.code, "is pending" in refused.err) == (1, True)
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.FAILED)
    first = run("retry", job, "--json").facts
    assert first["is_new"]
    assert run("retry", job, "--json").facts == {**first, "is_new": False}


@pytest.mark.parametrize(("end", "code"), [("completed", 0), ("failed", 4), ("blocked", 4), ("stopped", 4)])
def test_waiting_for_a_retry_tells_by_its_exit_code_how_it_ended(
    run: Run, job: str, office: Office, end: str, code: int, eventually: Callable[..., None]
) -> None:
    move(office, job, JobStatus.IN_PROGRESS, JobStatus.FAILED)

    def daemon() -> None:
        found: list[sessions.Session] = []

        def is_there() -> bool:
            with office.store.reading() as tx:
                found[:] = sessions.list_sessions(tx, JobStatus.PENDING)
            return bool(found)

        eventually(is_there)
        move(office, found[0].id, JobStatus.IN_PROGRESS, JobStatus(end), outcome="it ended")

    thread = threading.Thread(target=daemon)
    thread.start()
    ran = run("retry", job, "--wait")
    thread.join()
    assert ran.code == code
    assert f"{end}: it ended" in ran.out
