"""The command line as a whole: help, errors, exit codes, completion."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from typer.testing import CliRunner

from company.orders import jobs
from company.orders.jobs import StartRequest
from company.orders.office import Actor, Office
from daemon.cli import staff
from daemon.cli.main import app, main
from tests.daemon.cli.conftest import Run

COMMANDS = (
    "up", "bot", "once", "doctor", "init", "audit", "drop", "plan", "jobs", "show", "logs", "stop", "retry", "pause",
    "resume", "schedules", "agents", "hire", "edit", "fire", "rehire", "praise", "reject", "proposals", "approve",
    "dismiss", "evaluate", "experiments",
)  # fmt: skip


def program(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a shell would."""
    argv = [sys.executable, "-m", "daemon.cli.main", *arguments]
    repository = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": str(repository), **environment}
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=60)


def in_terminal(*arguments: str, cwd: Path, **environment: str) -> str:
    """Run the program in a terminal of 100 columns; return what it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    repository = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": str(repository), "TERM": "xterm-256color", **environment}
    argv = [sys.executable, "-m", "daemon.cli.main", *arguments]
    with subprocess.Popen(argv, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        written = b""
        while data := _read_terminal(ours):
            written += data
    os.close(ours)
    return written.decode()


def _read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the last program has left
        return b""


def test_help_names_every_command_and_every_exit_code(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in ran.out
    for code in ("0", "1", "2", "3", "4", "130"):
        assert f"\n    {code} " in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_does_in_a_whole_sentence(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    listed = CliRunner().invoke(app, ["--help"]).output
    [line] = [line for line in listed.splitlines() if line.startswith(f"  {command} ")]
    assert line.endswith("."), "cut off in the list of commands"


def test_every_command_that_prints_takes_json() -> None:
    for command in COMMANDS:
        if command in ("up", "bot", "once", "audit"):
            continue
        assert "--json" in CliRunner().invoke(app, [command, "--help"]).output, command


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuch"], "No such command 'nosuch'"),
        (["jobz"], "Did you mean 'jobs'?"),
        (["jobs", "--nosuch"], "agent-service jobs --help"),
        (["stop"], "Missing argument 'JOB'"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(run: Run, arguments: list[str], words: str) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_a_company_it_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["jobs"]) == 1
    assert "agent-service init DIR makes one" in capsys.readouterr().err


def test_a_company_elsewhere_is_named_by_an_option_or_the_environment(
    run: Run, company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("jobs").code == 1
    assert run("--config", company, "jobs").code == 0
    monkeypatch.setenv("AGENT_SERVICE_CONFIG", str(company / "config.yaml"))
    assert run("jobs").code == 0


def test_no_crash_shows_a_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ["planted-value-of-the-environment", "ghp_" + "a1B2" * 6]

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError(f"cannot log in with {' and '.join(secrets)}")

    monkeypatch.setenv("SHOP_API_KEY", secrets[0])
    monkeypatch.setenv("AGENT_SERVICE_TRACEBACK", "1")
    monkeypatch.setattr(staff, "_print_agents", crash)
    monkeypatch.setattr(staff, "print_json", crash)
    for ran in (run("agents"), run("agents", "--json")):
        assert ran.code == 3
        assert "Traceback" in ran.err
        assert ran.err.count("cannot log in with [redacted] and [redacted]") == 2
        assert not any(one in ran.err + ran.out for one in secrets)


def test_a_fault_of_ours_is_exit_code_3_with_the_traceback_on_request(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(staff, "_print_agents", fail)
    ran = run("agents")
    assert ran.code == 3
    assert ran.err.startswith("agent-service: a fault of the service: ZeroDivisionError: by zero → ")
    monkeypatch.setenv("AGENT_SERVICE_TRACEBACK", "1")
    assert "Traceback" in run("agents").err


def test_an_interrupt_is_exit_code_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(staff, "_print_agents", interrupt)
    assert run("agents").code == 130


def test_a_broken_database_is_one_line(run: Run, company: Path) -> None:
    run("agents")
    database = company / ".compound-state" / "agent-service.db"
    for path in database.parent.glob("agent-service.db*"):
        path.unlink()
    database.write_bytes(b"this is no database at all" * 100)
    ran = run("jobs")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1


def test_jobs_and_agents_are_completed_by_the_shell(
    office: Office, folder_actor: Actor, company: Path
) -> None:
    job = jobs.start(office, folder_actor, StartRequest(content=b"# Add login", name="a.md")).job_id

    def completed(line: str) -> str:
        words = {
            "COMP_WORDS": line,
            "COMP_CWORD": str(line.count(" ")),
            "_AGENT_SERVICE_COMPLETE": "complete_bash",
        }
        return CliRunner().invoke(app, [], prog_name="agent-service", env=words).output

    assert completed("agent-service stop ").split() == ["last", job]
    assert completed("agent-service show job-").split() == [job]
    assert completed("agent-service fire b").split() == ["backend"]
    (company / "config.yaml").write_text("broken: [", encoding="utf-8")
    assert completed("agent-service stop ").split() == []


class TestAsAProgram:
    @pytest.fixture(autouse=True)
    def _seeded(self, run: Run) -> None:
        """Make the database here: a program that only looks then reads it the quick way."""
        run("agents")

    def test_exit_codes_and_streams(self, company: Path) -> None:
        listed = program("jobs", "--json", cwd=company)
        assert (listed.returncode, listed.stderr) == (0, "")
        assert json.loads(listed.stdout)["jobs"] == []
        refused = program("show", "nosuch", cwd=company)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith("agent-service: no job is called 'nosuch' → ")

    def test_a_reader_that_leaves_is_no_error(self, company: Path) -> None:
        command = f"{sys.executable} -m daemon.cli.main agents | head -n 1"
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
        ran = subprocess.run(
            command, shell=True, cwd=company, env=env, capture_output=True, text=True, check=True, timeout=60
        )
        assert ran.stdout.startswith("AGENT")
        assert ran.stderr == ""

    def test_in_a_terminal_it_is_drawn_in_place_and_in_colour_unless_that_is_not_wanted(
        self, company: Path, office: Office, folder_actor: Actor
    ) -> None:
        job = jobs.start(office, folder_actor, StartRequest(content=b"# Add login", name="a.md")).job_id
        jobs.stop(office, folder_actor, job)
        drawn = in_terminal("show", job, "--follow", cwd=company)
        assert "Add login" in drawn
        assert "stopped by priorities" in drawn
        assert "\x1b[35m" in drawn
        assert "\x1b[?25h" in drawn, "the cursor must come back"
        assert "\x1b[35m" not in in_terminal("show", job, "--follow", cwd=company, NO_COLOR="1")

    def test_a_terminal_that_knows_no_marks_gets_others(self, company: Path) -> None:
        ran = program("agents", cwd=company, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "? Jarvis" in ran.stdout

    def test_help_and_looking_import_nothing_heavy(self, company: Path) -> None:
        code = (
            "import sys; from daemon.cli.main import main; "
            "codes = [main(words.split()) for words in ('--help', 'jobs', 'agents', 'schedules', 'audit log')]; "
            "heavy = {'dbos', 'dataset', 'sqlalchemy', 'apscheduler', 'watchdog'} & set(sys.modules); "
            "sys.exit(f'imported: {heavy}, {codes}' if heavy or any(codes) else 0)"
        )
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
        ran = subprocess.run(
            [sys.executable, "-c", code],
            cwd=company, env=env, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
